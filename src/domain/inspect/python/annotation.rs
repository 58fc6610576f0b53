//! Type hints as JSON Schema.

use ruff_python_ast::{Expr, ExprSubscript, Operator, Stmt};
use ruff_python_parser::parse_expression;
use serde_json::{Map, Value, json};

use super::depth;
use super::literal;
use super::module::Module;
use crate::domain::schema::FILE_FORMAT;

/// What a type hint says.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Hint {
    pub schema: Map<String, Value>,
    /// `None` is accepted.
    pub nullable: bool,
    pub description: Option<String>,
    /// The hint, when nothing is known of it.
    pub unknown: Option<String>,
}

/// Hints inside hints, at most.
const DEPTH: usize = 12;

/// Reads a type hint.
#[must_use]
pub fn read(module: &Module<'_>, expr: &Expr) -> Hint {
    module.refill_hint();
    let mut hint = hint(module, expr, DEPTH);
    if let Some(description) = &hint.description {
        hint.schema.insert("description".to_owned(), Value::String(description.clone()));
    }
    hint
}

fn hint(module: &Module<'_>, expr: &Expr, depth: usize) -> Hint {
    let (Some(depth), Some(())) = (depth.checked_sub(1), module.spend_hint()) else { return unknown("a very long type") };
    match expr {
        // A hint in quotes, or any hint under `from __future__ import annotations` written so.
        Expr::StringLiteral(text) => match parse_quoted(text.value.to_str()) {
            Some(parsed) => hint(module, parsed.expr(), depth),
            None => unknown(text.value.to_str()),
        },
        Expr::NoneLiteral(_) => Hint { nullable: true, ..Hint::default() },
        Expr::BinOp(binary) if binary.op == Operator::BitOr => {
            union(vec![hint(module, &binary.left, depth), hint(module, &binary.right, depth)])
        }
        Expr::Subscript(subscript) => subscripted(module, subscript, depth),
        Expr::Name(_) | Expr::Attribute(_) => named(module, expr, depth),
        _ => unknown("an expression"),
    }
}

fn parse_quoted(text: &str) -> Option<ruff_python_parser::Parsed<ruff_python_ast::ModExpression>> {
    if depth::too_deep(text).is_some() {
        return None;
    }
    parse_expression(text.trim()).ok()
}

fn named(module: &Module<'_>, expr: &Expr, depth: usize) -> Hint {
    let path = module.path(expr).unwrap_or_default();
    if let Some(schema) = simple(&path) {
        return Hint { schema, ..Hint::default() };
    }
    if let Some(members) = literal::enum_members(module, &path) {
        return Hint { schema: choices(members.into_iter().map(|(_, value)| value).collect()), ..Hint::default() };
    }
    if let Some(class) = module.classes.get(path.as_str()) {
        let is_record = class.arguments.as_ref().is_some_and(|arguments| {
            arguments
                .args
                .iter()
                .any(|base| matches!(module.path(base).as_deref(), Some("typing.TypedDict" | "typing_extensions.TypedDict")))
        });
        if is_record {
            return Hint { schema: record(module, &class.body, depth), ..Hint::default() };
        }
        return unknown(&path);
    }
    // An alias: `Mode = Literal["a", "b"]`.
    match module.constant(&path) {
        Some(Expr::Call(call)) if module.path(&call.func).as_deref() == Some("typing.NewType") && call.arguments.args.len() == 2 => {
            hint(module, &call.arguments.args[1], depth)
        }
        Some(alias @ (Expr::Subscript(_) | Expr::BinOp(_) | Expr::Name(_) | Expr::Attribute(_))) => hint(module, alias, depth),
        _ => unknown(&path),
    }
}

/// Types that are one schema, by the path they are imported as.
fn simple(path: &str) -> Option<Map<String, Value>> {
    let schema = match path {
        // Bytes are handed over as the UTF-8 of a text.
        "str" | "typing.AnyStr" | "typing.Text" | "bytes" => json!({"type": "string"}),
        "int" => json!({"type": "integer"}),
        "float" | "decimal.Decimal" | "complex" => json!({"type": "number"}),
        "bool" => json!({"type": "boolean"}),
        "list"
        | "typing.List"
        | "tuple"
        | "typing.Tuple"
        | "typing.Sequence"
        | "collections.abc.Sequence"
        | "typing.Iterable"
        | "collections.abc.Iterable" => {
            json!({"type": "array"})
        }
        "set" | "frozenset" | "typing.Set" => json!({"type": "array", "uniqueItems": true}),
        "dict" | "typing.Dict" | "typing.Mapping" | "collections.abc.Mapping" => json!({"type": "object"}),
        "datetime.date" => json!({"type": "string", "format": "date"}),
        "datetime.datetime" => json!({"type": "string", "format": "date-time"}),
        "datetime.time" => json!({"type": "string", "format": "time"}),
        "uuid.UUID" => json!({"type": "string", "format": "uuid"}),
        "pathlib.Path" | "pathlib.PurePath" | "pathlib.PosixPath" | "os.PathLike" | "typing.TextIO" | "typing.BinaryIO" | "typing.IO" => {
            json!({"type": "string", "format": FILE_FORMAT})
        }
        "typing.Any" | "object" => json!({}),
        _ => return None,
    };
    schema.as_object().cloned()
}

fn subscripted(module: &Module<'_>, subscript: &ExprSubscript, depth: usize) -> Hint {
    let path = module.path(&subscript.value).unwrap_or_default();
    let arguments: Vec<&Expr> = match &*subscript.slice {
        Expr::Tuple(tuple) => tuple.elts.iter().collect(),
        one => vec![one],
    };
    let plain = |value: Value| Hint { schema: value.as_object().cloned().unwrap_or_default(), ..Hint::default() };
    match path.rsplit('.').next().unwrap_or_default() {
        "Optional" => {
            let mut inner = arguments.first().map(|first| hint(module, first, depth)).unwrap_or_default();
            inner.nullable = true;
            inner
        }
        "Union" => union(arguments.iter().map(|argument| hint(module, argument, depth)).collect()),
        "Literal" => {
            let mut values: Vec<Value> = Vec::new();
            let mut nullable = false;
            for argument in &arguments {
                match literal::value(module, argument) {
                    Some(Value::Null) => nullable = true,
                    Some(value) => values.push(value),
                    None => return unknown("Literal"),
                }
            }
            Hint { schema: choices(values), nullable, ..Hint::default() }
        }
        "Annotated" => annotated(module, &arguments, depth),
        "list" | "List" | "Sequence" | "Iterable" | "Collection" | "MutableSequence" => {
            plain(json!({"type": "array", "items": items(module, arguments.first().copied(), depth)}))
        }
        "set" | "Set" | "frozenset" | "FrozenSet" => {
            plain(json!({"type": "array", "uniqueItems": true, "items": items(module, arguments.first().copied(), depth)}))
        }
        "tuple" | "Tuple" => match arguments.as_slice() {
            [first, Expr::EllipsisLiteral(_)] => plain(json!({"type": "array", "items": items(module, Some(first), depth)})),
            fixed => {
                let prefix: Vec<Value> = fixed.iter().map(|item| items(module, Some(item), depth)).collect();
                let count = prefix.len();
                plain(json!({"type": "array", "prefixItems": prefix, "minItems": count, "maxItems": count}))
            }
        },
        "dict" | "Dict" | "Mapping" | "MutableMapping" => {
            plain(json!({"type": "object", "additionalProperties": items(module, arguments.get(1).copied(), depth)}))
        }
        "Final" | "ClassVar" | "Required" | "NotRequired" => arguments.first().map(|first| hint(module, first, depth)).unwrap_or_default(),
        "IO" | "PathLike" => plain(json!({"type": "string", "format": FILE_FORMAT})),
        other => unknown(other),
    }
}

fn items(module: &Module<'_>, argument: Option<&Expr>, depth: usize) -> Value {
    let inner = argument.map(|argument| hint(module, argument, depth)).unwrap_or_default();
    Value::Object(with_null(inner))
}

fn annotated(module: &Module<'_>, arguments: &[&Expr], depth: usize) -> Hint {
    let Some((first, rest)) = arguments.split_first() else { return Hint::default() };
    let mut inner = hint(module, first, depth);
    for extra in rest {
        if let Some(text) = literal::text(module, extra) {
            inner.description.get_or_insert(text);
        }
        if let Expr::Call(call) = extra {
            let name = module.path(&call.func).unwrap_or_default();
            let described =
                call.arguments.find_keyword("help").or_else(|| call.arguments.find_keyword("description")).map(|keyword| &keyword.value);
            let described = described.or_else(|| call.arguments.find_positional(0).filter(|_| name.ends_with("Doc")));
            if let Some(text) = described.and_then(|text| literal::text(module, text)) {
                inner.description.get_or_insert(text);
            }
            for (keyword, rule) in [
                ("ge", "minimum"),
                ("gt", "exclusiveMinimum"),
                ("le", "maximum"),
                ("lt", "exclusiveMaximum"),
                ("min", "minimum"),
                ("max", "maximum"),
                ("min_length", "minLength"),
                ("max_length", "maxLength"),
            ] {
                if let Some(limit) =
                    call.arguments.find_keyword(keyword).and_then(|keyword| literal::value(module, &keyword.value)).filter(Value::is_number)
                {
                    inner.schema.insert(rule.to_owned(), limit);
                }
            }
        }
    }
    inner
}

/// The fields of a `TypedDict`.
fn record(module: &Module<'_>, body: &[Stmt], depth: usize) -> Map<String, Value> {
    let mut properties = Map::new();
    let mut required = Vec::new();
    for statement in body {
        if let Stmt::AnnAssign(field) = statement
            && let Expr::Name(name) = &*field.target
        {
            let optional = matches!(&*field.annotation, Expr::Subscript(subscript) if module.path(&subscript.value).is_some_and(|path| path.ends_with("NotRequired")));
            properties.insert(name.id.to_string(), Value::Object(with_null(hint(module, &field.annotation, depth))));
            if !optional {
                required.push(Value::String(name.id.to_string()));
            }
        }
    }
    json!({"type": "object", "properties": properties, "required": required}).as_object().cloned().unwrap_or_default()
}

fn union(parts: Vec<Hint>) -> Hint {
    let nullable = parts.iter().any(|part| part.nullable);
    let description = parts.iter().find_map(|part| part.description.clone());
    let unknown = parts.iter().find_map(|part| part.unknown.clone());
    let mut branches: Vec<Map<String, Value>> = Vec::new();
    for part in parts {
        let only_none = part.nullable && part.schema.is_empty();
        if only_none || branches.contains(&part.schema) {
            continue;
        }
        match part.schema.get("anyOf").and_then(Value::as_array) {
            Some(inner) => branches.extend(inner.iter().filter_map(Value::as_object).cloned()),
            None => branches.push(part.schema),
        }
    }
    // A path may be given as text: `str | Path` takes a file.
    if let Some(file) = branches.iter().position(|branch| branch.get("format").is_some_and(|format| format == FILE_FORMAT)) {
        branches = vec![branches.swap_remove(file)];
    }
    let schema = match branches.len() {
        0 => Map::new(),
        1 => branches.swap_remove(0),
        _ if branches.iter().any(Map::is_empty) => Map::new(),
        _ => Map::from_iter([("anyOf".to_owned(), Value::from(branches))]),
    };
    Hint { schema, nullable, description, unknown }
}

/// The schema with `null` accepted too, when the hint says so.
#[must_use]
pub fn with_null(hint: Hint) -> Map<String, Value> {
    if !hint.nullable || hint.schema.is_empty() {
        return hint.schema;
    }
    let mut schema = hint.schema;
    if let Some(Value::Array(choices)) = schema.get_mut("enum") {
        choices.push(Value::Null);
    }
    match schema.get_mut("type") {
        Some(kind @ Value::String(_)) => *kind = json!([kind.clone(), "null"]),
        None => {
            if let Some(Value::Array(branches)) = schema.get_mut("anyOf") {
                branches.push(json!({"type": "null"}));
            }
        }
        Some(_) => {}
    }
    schema
}

/// A schema that accepts these values only.
#[must_use]
pub fn choices(values: Vec<Value>) -> Map<String, Value> {
    let kind = |value: &Value| match value {
        Value::String(_) => Some("string"),
        Value::Bool(_) => Some("boolean"),
        Value::Number(number) if number.is_f64() => Some("number"),
        Value::Number(_) => Some("integer"),
        _ => None,
    };
    let mut schema = Map::new();
    if let Some(first) = values.first().and_then(kind).filter(|first| values.iter().all(|value| kind(value) == Some(*first))) {
        schema.insert("type".to_owned(), Value::String(first.to_owned()));
    }
    schema.insert("enum".to_owned(), Value::Array(values));
    schema
}

fn unknown(name: &str) -> Hint {
    Hint { unknown: Some(name.chars().take(60).collect()), ..Hint::default() }
}
