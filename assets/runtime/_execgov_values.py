"""Inputs as arguments of a function, and what it returns as JSON: the `function` binding's part of the bootstrap.

Conversion goes by annotations and never imports what the script has not imported: kinds are told by their names.
"""


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
