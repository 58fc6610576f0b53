"""Starts one capability in a Python interpreter that was started with -I -S.

Cold starts execute this file; zygotes import it and call run() in each forked child, so both behave the same.
It reads its orders (JSON) from descriptor 3, closes it, restores what -S leaves out, and runs the script as if by
`python script.py` or calls the declared function. It keeps the standard library in front of the script's own
directory, so that a `json.py` beside a script cannot replace the library's. It imports as little as it can:
what it imports is paid for by every cold start. Python 3.8 and later.
"""

import builtins
import sys

RUNTIME_LIB = "/opt/execgov/lib"
SPEC_FD = 3


def parse_json(text):
    """json.loads without importing json, which would import re."""
    try:
        from _json import make_scanner
    except ImportError:
        import json

        return json.loads(text)

    class Context:
        strict = True
        object_hook = None
        object_pairs_hook = None
        parse_float = float
        parse_int = int
        parse_constant = None
        memo = {}

    return make_scanner(Context)(text, 0)[0]


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


def restore_site(spec):
    """What site.py would have done, as far as scripts notice."""
    import os

    import _sitebuiltins

    eof = "Ctrl-D (i.e. EOF)"
    builtins.quit = _sitebuiltins.Quitter("quit", eof)
    builtins.exit = _sitebuiltins.Quitter("exit", eof)
    builtins.help = _sitebuiltins._Helper()
    builtins.copyright = _sitebuiltins._Printer("copyright", sys.copyright)
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
    entry_dir = os.path.dirname(spec["entry"])
    places = [entry_dir, "/app"] + packages + [RUNTIME_LIB]
    for place in places:
        if place not in sys.path and os.path.isdir(place):
            sys.path.append(place)


def without_bootstrap(traceback):
    while traceback is not None and traceback.tb_frame.f_globals.get("RUNTIME_LIB") is RUNTIME_LIB:
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
    from importlib.machinery import SourceFileLoader

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
    from importlib.machinery import ModuleSpec

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


def arguments(function, inputs):
    inner = getattr(function, "__wrapped__", function)
    notes = getattr(inner, "__annotations__", {})
    scope = getattr(inner, "__globals__", {})
    named = {name: convert(notes.get(name), value, scope) for name, value in inputs.items()}
    code = getattr(inner, "__code__", None)
    positional = []
    if code is not None:
        for name in code.co_varnames[: code.co_posonlyargcount]:
            if name not in named:
                break
            positional.append(named.pop(name))
    return positional, named


def convert(note, value, scope):
    """The JSON value as what the annotation asks for; unchanged when the annotation says nothing we know."""
    if isinstance(note, str):
        try:
            note = eval(note, scope)
        except Exception:
            return value
    if note is None or value is None:
        return value
    metadata = getattr(note, "__metadata__", None)
    if metadata is not None:
        return convert(note.__origin__, value, scope)
    supertype = getattr(note, "__supertype__", None)
    if supertype is not None:
        return convert(supertype, value, scope)
    origin = getattr(note, "__origin__", None)
    options = getattr(note, "__args__", None) or ()
    if origin is None and type(note).__name__ == "UnionType" or str(origin) == "typing.Union":
        return convert_union(options, value, scope)
    if str(origin) == "typing.Literal":
        return value
    if origin is not None:
        return convert_container(origin, options, value, scope)
    return convert_scalar(note, value) if isinstance(note, type) else value


def convert_union(options, value, scope):
    for option in options:
        if isinstance(option, type) and type(value) is option:
            return value
    for option in options:
        if option is type(None):
            continue
        try:
            return convert(option, value, scope)
        except (ValueError, TypeError, KeyError, ArithmeticError):
            continue
    return value


def convert_container(origin, options, value, scope):
    if isinstance(value, list) and isinstance(origin, type):
        if issubclass(origin, tuple) and options and not (len(options) == 2 and options[1] is Ellipsis):
            return tuple(convert(note, item, scope) for note, item in zip(options, value))
        item_note = options[0] if options else None
        items = [convert(item_note, item, scope) for item in value]
        if issubclass(origin, (tuple, set, frozenset)):
            return origin(items)
        return items
    if isinstance(value, dict) and isinstance(origin, type) and len(options) == 2:
        return {convert(options[0], key, scope): convert(options[1], item, scope) for key, item in value.items()}
    return value


def convert_scalar(note, value):
    if note in (str, bool, object, dict, list):
        return value
    if note is int:
        return int(value) if isinstance(value, float) and value.is_integer() else value
    if note is float:
        return float(value) if isinstance(value, int) and not isinstance(value, bool) else value
    if note in (tuple, set, frozenset):
        return note(value) if isinstance(value, list) else value
    if isinstance(value, note):
        return value
    names = {base.__name__ for base in note.__mro__}
    if "Enum" in names and hasattr(note, "__members__"):
        try:
            return note(value)
        except ValueError:
            if isinstance(value, str) and value in note.__members__:
                return note[value]
            raise
    if not isinstance(value, (str, int, float)):
        return value
    if note.__module__ == "datetime" and isinstance(value, str):
        if note.__name__ == "timedelta":
            return value
        if value.endswith(("Z", "z")) and note.__name__ != "date":
            value = value[:-1] + "+00:00"
        return note.fromisoformat(value)
    if "PurePath" in names or note.__module__ in ("decimal", "_decimal", "uuid", "fractions", "ipaddress"):
        return note(str(value))
    if note is bytes:
        return value.encode("utf-8") if isinstance(value, str) else value
    return value


def to_json(value):
    """What json.dumps calls for a value it does not know."""
    kind = type(value)
    names = {base.__name__ for base in kind.__mro__}
    if "Enum" in names and hasattr(kind, "__members__"):
        return value.value
    if "PurePath" in names or kind.__module__ in ("uuid", "ipaddress"):
        return str(value)
    if kind.__module__ == "datetime":
        return value.isoformat() if hasattr(value, "isoformat") else value.total_seconds()
    if kind.__module__ in ("decimal", "_decimal", "fractions"):
        whole = value == int(value) if value == value and abs(value) != float("inf") else False
        return int(value) if whole else float(value)
    if hasattr(kind, "__dataclass_fields__"):
        return {name: getattr(value, name) for name in kind.__dataclass_fields__}
    if isinstance(value, (set, frozenset)):
        return sorted(value, key=repr)
    if isinstance(value, (bytes, bytearray)):
        return bytes(value).decode("utf-8", "replace")
    for method in ("model_dump", "_asdict", "item", "tolist", "isoformat"):
        if hasattr(value, method):
            return getattr(value, method)()
    raise TypeError("the result has a value of type %s, which has no JSON form" % kind.__name__)


def write_result(path, value):
    import json

    text = json.dumps(value, default=to_json, ensure_ascii=False, allow_nan=False)
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)


def run(spec):
    """Runs the capability and returns its exit status."""
    restore_site(spec)
    sys.stdout.reconfigure(line_buffering=True)
    sys.argv = [spec["entry"]] + spec.get("argv", [])
    return guarded(lambda: run_function(spec) if spec["binding"] == "function" else run_script(spec)) or 0


if __name__ == "__main__":
    sys.modules["_execgov_bootstrap"] = sys.modules["__main__"]
    sys.exit(run(read_spec()))
