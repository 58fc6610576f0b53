//! How inputs reach a program and what comes back, the same for cold and warm starts.

use execgov::domain::run::{IsolationLevel, StartMode};
use execgov::exec::{ExitCause, StartWish};
use serde_json::{Value, json};

use super::{Script, warm_up, with_spawner};

/// One row: what runs, and the output, result and exit code that are expected.
struct Row {
    what: &'static str,
    script: Script,
    out: &'static str,
    result: Option<Value>,
    code: i32,
}

fn row(what: &'static str, script: Script, out: &'static str, result: Option<Value>, code: i32) -> Row {
    Row { what, script, out, result, code }
}

fn function(source: &str) -> Script {
    Script::python(source).binding("function")
}

#[expect(clippy::too_many_lines, reason = "a table")]
fn table() -> Vec<Row> {
    let argv = json!([{"input": "n", "flag": "--n", "style": "value"}, {"input": "name", "style": "value"}]);
    vec![
        row("prints", Script::python("print('hello')"), "hello\n", None, 0),
        row(
            "is the main module",
            Script::python("import sys\nprint(__name__, __file__, sys.argv, __spec__)"),
            "__main__ /app/main.py ['/app/main.py'] None\n",
            None,
            0,
        ),
        row("exit code", Script::python("import sys; sys.exit(7)"), "", None, 7),
        row("exit text", Script::python("exit('sorry')"), "", None, 1),
        row("exception", Script::python("1/0"), "", None, 1),
        row("os._exit", Script::python("import os; os._exit(9)"), "", None, 9),
        row(
            "argv",
            Script::python("import sys; print(sys.argv[1:])")
                .set("argv", argv.clone())
                .input("n", json!(3))
                .input("name", json!("a b; $(id)")),
            "['--n=3', 'a b; $(id)']\n",
            None,
            0,
        ),
        row(
            "env",
            Script::python("import os; print(os.environ['COUNT'], os.environ['FLAG'])")
                .binding("env")
                .input("COUNT", json!(4))
                .input("FLAG", json!(true)),
            "4 true\n",
            None,
            0,
        ),
        row(
            "stdin",
            Script::python("import sys, json; print(json.load(sys.stdin)['x'])").binding("stdin").input("x", json!("ü")),
            "ü\n",
            None,
            0,
        ),
        row("empty stdin", Script::python("import sys; print(repr(sys.stdin.read()))"), "''\n", None, 0),
        row(
            "function",
            function("def main(a: int, b: str = 'x'):\n    return {'a': a, 'b': b}").input("a", json!(1)),
            "",
            Some(json!({"a": 1, "b": "x"})),
            0,
        ),
        row("no result", function("def main():\n    print('done')"), "done\n", None, 0),
        row(
            "named function",
            function("class A:\n    @staticmethod\n    def go():\n        return 5").set("function", json!("A.go")),
            "",
            Some(json!(5)),
            0,
        ),
        row(
            "main guard is not entered",
            function("def main():\n    return __name__\nif __name__ == '__main__':\n    raise SystemExit(3)"),
            "",
            Some(json!("main")),
            0,
        ),
        row("coroutine", function("async def main(n: int):\n    return n + 1").input("n", json!(1)), "", Some(json!(2)), 0),
        row("function fails", function("def main():\n    raise ValueError('no')"), "", None, 1),
        row(
            "result file",
            Script::python("import os, json\nopen(os.environ['EXECGOV_RESULT'], 'w').write(json.dumps([1]))"),
            "",
            Some(json!([1])),
            0,
        ),
        row(
            "helper",
            Script::python("import execgov\nexecgov.progress(42, 'half way')\nexecgov.result(execgov.inputs())").input("k", json!(1)),
            "##[progress 42] half way\n",
            Some(json!({"k": 1})),
            0,
        ),
        row(
            "siblings",
            Script::python("import tool.part\nprint(tool.part.X)").file("tool/__init__.py", "").file("tool/part.py", "X = 3"),
            "3\n",
            None,
            0,
        ),
        row(
            "data beside the script",
            Script::python("print(open('data.txt').read(), open(__file__.replace('main.py', 'data.txt')).read())").file("data.txt", "d"),
            "d d\n",
            None,
            0,
        ),
        row(
            "work directory",
            Script::python("import os; print(os.getcwd(), sorted(os.listdir('.')))"),
            "/work ['inputs', 'outputs']\n",
            None,
            0,
        ),
        row("input files", Script::python("print(open('inputs/a.csv').read())").input_file("a.csv", "1,2"), "1,2\n", None, 0),
        row(
            "subprocess",
            Script::python(
                "import subprocess, sys\nprint(subprocess.run([sys.executable, '-c', 'print(1)'], capture_output=True, text=True).stdout + subprocess.getoutput('echo sub'))",
            ),
            "1\nsub\n",
            None,
            0,
        ),
        row(
            "multiprocessing",
            Script::python(
                "import multiprocessing\ndef f(x): return x * 2\nif __name__ == '__main__':\n    with multiprocessing.Pool(2) as pool:\n        print(pool.map(f, [1, 2]))",
            ),
            "[2, 4]\n",
            None,
            0,
        ),
        row(
            "threads",
            Script::python("import threading\nt = threading.Thread(target=lambda: print('t')); t.start(); t.join()"),
            "t\n",
            None,
            0,
        ),
        row(
            "temporary files",
            Script::python("import tempfile, os\nwith tempfile.NamedTemporaryFile() as f: print(os.path.dirname(f.name))"),
            "/tmp\n",
            None,
            0,
        ),
        row(
            "user and time zone",
            Script::python("import getpass, os, time; print(getpass.getuser(), os.getuid(), os.path.expanduser('~'), bool(time.tzname))"),
            "runner 1000 /work True\n",
            None,
            0,
        ),
        row(
            "shell argv",
            Script::shell("#!/bin/sh\necho \"$0\" \"$@\"").set("argv", argv).input("n", json!(3)),
            "/app/main.sh --n=3\n",
            None,
            0,
        ),
        row("shell env", Script::shell("echo \"$NAME\"").binding("env").input("NAME", json!("x y")), "x y\n", None, 0),
        row("shell stdin", Script::shell("cat").binding("stdin").input("a", json!(1)), "{\"a\":1}", None, 0),
        row("bash by shebang", Script::shell("#!/usr/bin/env bash\nx=(1 2); echo ${#x[@]} $PWD; exit 4"), "2 /work\n", None, 4),
        row("shell options", Script::shell("#!/bin/bash -e\nfalse\necho no"), "", None, 1),
        row("shell helper file", Script::shell("#!/bin/bash\n. ./lib.sh\ngreet").file("lib.sh", "greet() { echo hi; }"), "hi\n", None, 0),
        row("pipeline", Script::shell("#!/bin/bash\nprintf 'b\\na\\n' | sort | tr 'a-z' 'A-Z'"), "A\nB\n", None, 0),
    ]
}

pub async fn check(spawner: &execgov::exec::Spawner, wish: StartWish) {
    let mut wrong = Vec::new();
    for Row { what, script, out, result, code } in table() {
        let python = script.is_python();
        let ran = script.start(wish).run(spawner).await;
        let got = (ran.out.as_str(), ran.exit.code, ran.exit.cause, ran.result());
        if got != (out, Some(code), ExitCause::Normal, result) {
            wrong.push(format!("{what}: {got:?}\n{}", ran.err));
        }
        if python && (ran.start == StartMode::Warm) != (wish == StartWish::Fastest) {
            wrong.push(format!("{what}: started {:?}", ran.start));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn cold_starts_pass_the_table() {
    with_spawner(|spawner| async move {
        check(&spawner, StartWish::Cold).await;
        assert_eq!(spawner.survey().isolation.level, IsolationLevel::Full);
    });
}

#[test]
fn warm_starts_pass_the_same_table() {
    with_spawner(|spawner| async move {
        warm_up(&spawner).await;
        check(&spawner, StartWish::Fastest).await;
    });
}

#[test]
fn what_a_script_leaves_open_is_written_and_ended() {
    let source = "
import atexit, threading, time
f = open('outputs/open.txt', 'w'); f.write('kept')
class Last:
    def __del__(self): print('finalised', flush=True)
last = Last()
atexit.register(lambda: print('at exit'))
threading.Thread(target=lambda: (time.sleep(0.05), print('thread'))).start()
print('end', end='')
";
    with_spawner(|spawner| async move {
        warm_up(&spawner).await;
        for wish in [StartWish::Cold, StartWish::Fastest] {
            let ran = Script::python(source).start(wish).run(&spawner).await.ok();
            assert_eq!(ran.out, "endthread\nat exit\nfinalised\n", "{wish:?}");
            assert_eq!(ran.outputs().get("open.txt").map(String::as_str), Some("kept"), "{wish:?}");
        }
    });
}

#[test]
fn warm_runs_share_nothing() {
    with_spawner(|spawner| async move {
        warm_up(&spawner).await;
        let source = "import random, uuid, json\nprint(random.random(), uuid.uuid4(), hasattr(json, 'mark'))\njson.mark = 1";
        let mut seen = std::collections::BTreeSet::new();
        for _ in 0..3 {
            let ran = Script::python(source).start(StartWish::Fastest).run(&spawner).await.ok();
            assert_eq!(ran.start, StartMode::Warm);
            assert!(ran.out.ends_with("False\n"), "{}", ran.out);
            assert!(seen.insert(ran.out), "random numbers repeat");
        }
    });
}

#[test]
fn critical_runs_never_start_warm() {
    with_spawner(|spawner| async move {
        warm_up(&spawner).await;
        let ran = Script::python("pass").set("risk", json!("critical")).start(StartWish::Fastest).run(&spawner).await.ok();
        assert_eq!(ran.start, StartMode::Cold);
    });
}

#[test]
fn values_are_converted_to_what_annotations_ask() {
    let source = "
import datetime, enum, pathlib
from decimal import Decimal
from typing import Literal, Optional, List, Union
class Colour(enum.Enum):
    RED = 'red'
def main(p: pathlib.Path, d: datetime.date, t: datetime.datetime, c: Colour, l: List[datetime.date], o: Optional[datetime.date] = None,
         m: Literal['a', 'b'] = 'a', f: float = 1.0, u: Union[int, str] = 0, s: 'pathlib.Path' = None, n: Decimal = None):
    return [repr(p), repr(d), t.isoformat(), c.name, [x.day for x in l], o, m, repr(f), u, str(s), repr(n), {'when': d, 'path': p, 'colour': c}]
";
    let script = function(source)
        .input("p", json!("inputs/a.csv"))
        .input("d", json!("2026-11-22"))
        .input("t", json!("2026-11-22T10:00:00Z"))
        .input("c", json!("red"))
        .input("l", json!(["2026-01-02"]))
        .input("f", json!(2))
        .input("u", json!("x"))
        .input("s", json!("q"))
        .input("n", json!(1.5));
    let expected = json!([
        "PosixPath('inputs/a.csv')", "datetime.date(2026, 11, 22)", "2026-11-22T10:00:00+00:00", "RED", [2], null, "a", "2.0", "x", "q", "Decimal('1.5')",
        {"when": "2026-11-22", "path": "inputs/a.csv", "colour": "red"}
    ]);
    with_spawner(|spawner| async move {
        assert_eq!(script.run(&spawner).await.ok().result(), Some(expected));
    });
}

#[test]
fn tracebacks_show_the_script_alone() {
    with_spawner(|spawner| async move {
        let ran = Script::python("def f():\n    raise KeyError('gone')\nf()").run(&spawner).await;
        let expected = "Traceback (most recent call last):\n  File \"/app/main.py\", line 3, in <module>\n    f()\n  File \"/app/main.py\", line 2, in f\n    raise KeyError('gone')\nKeyError: 'gone'\n";
        assert_eq!(ran.err, expected);
        let ran = Script::python("def f(:").run(&spawner).await;
        assert!(ran.err.starts_with("  File \"/app/main.py\", line 1\n"), "{}", ran.err);
    });
}

#[test]
fn outputs_become_artifacts() {
    with_spawner(|spawner| async move {
        let ran =
            Script::python("import os\nos.mkdir('outputs/d')\nopen('outputs/d/x.txt','w').write('x')\nopen('stray.txt','w').write('y')")
                .run(&spawner)
                .await
                .ok();
        assert_eq!(ran.start, StartMode::Cold);
        assert_eq!(ran.outputs().into_iter().collect::<Vec<_>>(), [("d/x.txt".to_owned(), "x".to_owned())]);
    });
}
