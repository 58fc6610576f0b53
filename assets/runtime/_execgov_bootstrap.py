"""Starts one capability in a Python interpreter that was started with -I -S.

Cold starts import this module and call start(); zygotes import it and call run() in each forked child, so both behave
the same. It restores what -S leaves out and runs the script as if by `python script.py`, or calls the declared
function. The standard library stays in front of the script's own directory, so that a `json.py` beside a script cannot
replace the library's. It imports as little as it can: what it imports is paid for by every cold start. What only the
`function` binding needs is in _execgov_values. Python 3.8 and later.
"""

import builtins
import sys

RUNTIME_DIR = "/opt/execgov"
# The name by which the module that began is kept; what came after it is the script's.
START = "_execgov_start"
SPEC_FD = 3
# So many lines in so short a time are many: seconds between two looks, each after so many lines.
LOOK_LINES = 128
LOOK_SECONDS = 0.05
# How long what was printed may wait while much is printed.
FLUSH_SECONDS = 0.1


def json_parser():
    """json.loads without importing json, which would import re."""
    try:
        from _json import make_scanner
    except ImportError:
        from json import loads

        return loads

    class Context:
        strict = True
        object_hook = None
        object_pairs_hook = None
        parse_float = float
        parse_int = int
        parse_constant = None
        memo = {}

    scan = make_scanner(Context)
    return lambda text: scan(text, 0)[0]


# Made once, so that a zygote's children find it ready.
parse_json = json_parser()


def read_spec():
    import posix

    parts = []
    while True:
        part = posix.read(SPEC_FD, 1 << 20)
        if not part:
            break
        parts.append(part)
    posix.close(SPEC_FD)
    return parse_json(b"".join(parts).decode("utf-8"))


def restore_builtins():
    """The names that site.py adds to the builtins, but for those that print who owns Python: making them imports os."""
    import _sitebuiltins

    eof = "Ctrl-D (i.e. EOF)"
    builtins.quit = _sitebuiltins.Quitter("quit", eof)
    builtins.exit = _sitebuiltins.Quitter("exit", eof)
    builtins.help = _sitebuiltins._Helper()


def restore_site(spec):
    """What site.py would have done, as far as scripts notice."""
    from posix import stat

    if not hasattr(builtins, "quit"):
        restore_builtins()
    venv = spec.get("venv")
    minor = "python%d.%d" % sys.version_info[:2]
    if venv:
        sys.prefix = sys.exec_prefix = venv
        sys.executable = venv + "/bin/python"
        packages = [venv + "/lib/" + minor + "/site-packages", venv + "/lib64/" + minor + "/site-packages"]
    else:
        base = sys.base_prefix
        packages = [base + "/lib/" + minor + "/site-packages"]
        if base == "/usr":
            packages += ["/usr/local/lib/" + minor + "/dist-packages", "/usr/lib/python3/dist-packages"]
    for place in [spec["entry"].rsplit("/", 1)[0], "/app"] + packages + [RUNTIME_DIR]:
        if place not in sys.path:
            try:
                stat(place)
            except OSError:
                continue
            sys.path.append(place)


def stdout_opener():
    """Gives what opens standard output, so that a zygote can make its classes once for all its children.

    Standard output shows each line at once, and blocks of lines while there are very many. Line by line costs a
    system call and a wake-up of the reader for each line. When lines come fast, sys.stdout is replaced by a
    block-buffered twin that a thread flushes; the thread ends when the flood does.
    """
    import _thread
    import io
    from time import monotonic, sleep

    line = block = None

    class Line(io.FileIO):
        count = 0
        looked = monotonic()
        flooded = False

        def write(self, data):
            if self.flooded:
                block.flush()
            else:
                self.count += 1
                if self.count >= LOOK_LINES:
                    now = monotonic()
                    if now - self.looked < LOOK_SECONDS and sys.stdout is line:
                        self.flood()
                    self.count = 0
                    self.looked = now
            return super().write(data)

        def flood(self):
            nonlocal block
            if block is None:
                block = over(Block, 65536, False)
            try:
                _thread.start_new_thread(self.flush_often, ())
            except RuntimeError:
                return
            block.reconfigure(encoding=line.encoding, errors=line.errors)
            self.flooded = True
            sys.stdout = block

        def flush_often(self):
            calm = 0
            while calm < 2:
                blocks = Block.blocks
                sleep(FLUSH_SECONDS)
                try:
                    block.flush()
                except (OSError, ValueError):
                    return
                # One block is what this flush has written.
                calm = calm + 1 if Block.blocks - blocks <= 1 else 0
            if sys.stdout is block:
                sys.stdout = line
            self.flooded = False
            try:
                block.flush()
            except (OSError, ValueError):
                pass

    class Block(io.FileIO):
        blocks = 0

        def write(self, data):
            Block.blocks += 1
            return super().write(data)

    def over(kind, size, by_line):
        raw = kind(1, "w", closefd=False)
        raw.name = "<stdout>"
        text = io.TextIOWrapper(io.BufferedWriter(raw, size), sys.stdout.encoding, sys.stdout.errors, "\n", by_line)
        text.mode = "w"
        return text

    def open_stdout():
        nonlocal line
        line = over(Line, 8192, True)
        sys.stdout = sys.__stdout__ = line

    return open_stdout


# Made before the fork by a zygote.
open_stdout = None


def without_bootstrap(traceback):
    while traceback is not None and traceback.tb_frame.f_globals.get("__name__") == __name__:
        traceback = traceback.tb_next
    return traceback


def guarded(action):
    """Runs `action` as the interpreter runs a main program: its exit status, or None when it returned."""
    try:
        action()
    except SystemExit as wish:
        return exit_status(wish.code)
    except BaseException as error:
        error.__traceback__ = without_bootstrap(error.__traceback__)
        sys.excepthook(type(error), error, error.__traceback__)
        return 130 if isinstance(error, KeyboardInterrupt) else 1
    return None


def exit_status(code):
    if code is None:
        return 0
    if isinstance(code, int):
        return code & 0xFF
    try:
        sys.stdout.flush()
    except (OSError, ValueError, AttributeError):
        pass
    print(code, file=sys.stderr)
    return 1


def load(path, name):
    """A module for the script, its code not yet run."""
    from _frozen_importlib_external import SourceFileLoader

    loader = SourceFileLoader(name, path)
    module = type(sys)(name)
    module.__file__ = path
    module.__loader__ = loader
    module.__builtins__ = builtins
    sys.modules[name] = module
    return module, loader


def execute(module, loader, path):
    code = compile(loader.get_data(path), path, "exec", dont_inherit=True)
    exec(code, module.__dict__)


def run_script(spec):
    module, loader = load(spec["entry"], "__main__")
    module.__spec__ = None
    module.__cached__ = None
    execute(module, loader, spec["entry"])


def run_function(spec):
    # Multiprocessing looks at __main__; it must not find this file there.
    sys.modules["__main__"] = type(sys)("__main__")
    path = spec["entry"]
    stem = path.rsplit("/", 1)[-1].rsplit(".", 1)[0]
    name = stem if stem.isidentifier() and stem not in sys.modules else "capability"
    module, loader = load(path, name)
    from _frozen_importlib import ModuleSpec

    from _execgov_values import arguments, write_result

    module.__spec__ = ModuleSpec(name, loader, origin=path)
    module.__package__ = ""
    execute(module, loader, path)
    wanted = spec.get("function") or "main"
    function = module
    for part in wanted.split("."):
        function = getattr(function, part)
    positional, named = arguments(function, spec["inputs"])
    value = function(*positional, **named)
    if hasattr(value, "__await__"):
        import asyncio

        async def wait():
            return await value

        value = asyncio.run(wait())
    if value is not None:
        write_result(spec["result"], value)


def run(spec):
    """Runs the capability and returns its exit status."""
    restore_site(spec)
    (open_stdout or stdout_opener())()
    sys.argv = [spec["entry"]] + spec.get("argv", [])
    return guarded(lambda: run_function(spec) if spec["binding"] == "function" else run_script(spec)) or 0


def finish(status, callbacks=0, last=None):
    """Ends as the interpreter would, without tearing down what nobody sees any more.

    `callbacks` were registered before the script began; `last` is called in their place. What nobody has used is left
    untouched: in a zygote's child each page that is touched is copied.
    """
    import atexit
    from _thread import _count
    from posix import _exit

    threading = sys.modules.get("threading")
    try:
        if threading is not None and (_count() or getattr(threading, "_threading_atexits", None)):
            threading._shutdown()
        if atexit._ncallbacks() > callbacks:
            atexit._run_exitfuncs()
        if last is not None:
            last()
        forget(threading)
    finally:
        for stream in (sys.stdout, sys.stderr):
            try:
                stream.flush()
            except (OSError, ValueError, AttributeError):
                status = status or 120
        _exit(status)


def forget(threading):
    """Lets go of the script's own objects, so that files left open are written and finalizers run."""
    import gc

    if threading is not None and threading.active_count() > 1:
        # Daemon threads still use those objects: write what is pending and leave the rest alone.
        import io

        for thing in gc.get_objects():
            if isinstance(thing, (io.BufferedWriter, io.TextIOWrapper)) and not thing.closed:
                try:
                    thing.flush()
                except (OSError, ValueError):
                    pass
        return
    modules = sys.modules
    clear(modules.get("__main__"))
    # Newest first: what was there before is left untouched.
    for name in list(reversed(modules)):
        if name == START:
            break
        module = modules[name]
        if str(getattr(module, "__file__", "")).startswith("/app/"):
            clear(module)
    gc.collect()


def clear(module):
    names = getattr(module, "__dict__", None)
    if isinstance(names, dict) and module is not sys.modules.get(START):
        for key in list(names):
            if key != "__builtins__":
                names[key] = None


def start():
    """A cold start: the orders are at descriptor 3."""
    import gc

    # The module that __main__ was must outlive its replacement.
    sys.modules[START] = sys.modules["__main__"]
    spec = read_spec()
    # What is here now need not be looked through at the end.
    if hasattr(gc, "freeze"):
        gc.freeze()
    finish(run(spec))
