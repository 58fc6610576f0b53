//! The value of an expression when the source alone decides it: literals, module constants, simple arithmetic, enum
//! members, paths and dates built from literals. Nothing is executed.

use ruff_python_ast::{Expr, ExprCall, Number, Operator, Stmt, UnaryOp};
use serde_json::{Map, Value};

use super::module::Module;

/// Constants followed through constants, at most.
const DEPTH: usize = 12;
/// Longest text that arithmetic may make, in bytes.
const TEXT_BYTES: usize = 16 * 1024;
/// Most items of a list that is evaluated.
const ITEMS: usize = 2_000;

/// The value, or `None` when only running the code would tell.
#[must_use]
pub fn value(module: &Module<'_>, expr: &Expr) -> Option<Value> {
    module.refill();
    eval(module, expr, DEPTH)
}

/// The text of a string expression.
#[must_use]
pub fn text(module: &Module<'_>, expr: &Expr) -> Option<String> {
    match value(module, expr)? {
        Value::String(text) => Some(text),
        _ => None,
    }
}

fn eval(module: &Module<'_>, expr: &Expr, depth: usize) -> Option<Value> {
    module.spend()?;
    let depth = depth.checked_sub(1)?;
    match expr {
        Expr::StringLiteral(text) => Some(Value::String(text.value.to_str().to_owned())),
        Expr::BooleanLiteral(literal) => Some(Value::Bool(literal.value)),
        Expr::NoneLiteral(_) => Some(Value::Null),
        Expr::NumberLiteral(literal) => match &literal.value {
            Number::Int(integer) => integer.as_i64().map(Value::from),
            Number::Float(float) => finite(*float),
            Number::Complex { .. } => None,
        },
        Expr::UnaryOp(unary) => match (unary.op, eval(module, &unary.operand, depth)?) {
            (UnaryOp::USub, Value::Number(number)) => match number.as_i64() {
                Some(integer) => integer.checked_neg().map(Value::from),
                None => finite(-number.as_f64()?),
            },
            (UnaryOp::UAdd, number @ Value::Number(_)) => Some(number),
            (UnaryOp::Not, Value::Bool(truth)) => Some(Value::Bool(!truth)),
            _ => None,
        },
        Expr::BinOp(binary) => arithmetic(binary.op, &eval(module, &binary.left, depth)?, &eval(module, &binary.right, depth)?),
        Expr::List(list) => items(module, &list.elts, depth),
        Expr::Tuple(tuple) => items(module, &tuple.elts, depth),
        Expr::Set(set) => items(module, &set.elts, depth),
        Expr::Dict(dict) => {
            let mut fields = Map::new();
            for item in dict.items.iter().take(ITEMS) {
                let key = match eval(module, item.key.as_ref()?, depth)? {
                    Value::String(key) => key,
                    other => other.to_string(),
                };
                // A value that is not constant (a function, say) does not make the keys less so.
                fields.insert(key, eval(module, &item.value, depth).unwrap_or(Value::Null));
            }
            Some(Value::Object(fields))
        }
        Expr::Name(name) if name.id.as_str() == "__doc__" => module.docstring().map(|(text, _)| Value::String(text)),
        Expr::Name(name) => eval(module, module.constant(name.id.as_str())?, depth),
        Expr::Attribute(attribute) => match &*attribute.value {
            Expr::Name(class) => enum_member(module, class.id.as_str(), attribute.attr.as_str()),
            member @ Expr::Attribute(inner) => match (attribute.attr.as_str(), &*inner.value) {
                ("value", Expr::Name(_)) => eval(module, member, depth),
                ("name", Expr::Name(class)) => {
                    enum_member(module, class.id.as_str(), inner.attr.as_str()).map(|_| Value::String(inner.attr.to_string()))
                }
                _ => None,
            },
            _ => None,
        },
        Expr::Subscript(subscript) => match (eval(module, &subscript.value, depth)?, eval(module, &subscript.slice, depth)?) {
            (Value::Array(items), Value::Number(index)) => {
                let index = index.as_i64()?;
                let at = if index < 0 { i64::try_from(items.len()).ok()? + index } else { index };
                items.get(usize::try_from(at).ok()?).cloned()
            }
            (Value::Object(fields), Value::String(key)) => fields.get(&key).cloned(),
            _ => None,
        },
        Expr::Call(call) => called(module, call, depth),
        _ => None,
    }
}

fn items(module: &Module<'_>, elements: &[Expr], depth: usize) -> Option<Value> {
    if elements.len() > ITEMS {
        return None;
    }
    elements.iter().map(|element| eval(module, element, depth)).collect::<Option<Vec<_>>>().map(Value::Array)
}

fn called(module: &Module<'_>, call: &ExprCall, depth: usize) -> Option<Value> {
    let arguments = &call.arguments.args;
    if let Expr::Attribute(method) = &*call.func
        && arguments.is_empty()
        && matches!(method.attr.as_str(), "keys" | "strip" | "lstrip")
    {
        return match (method.attr.as_str(), eval(module, &method.value, depth)?) {
            ("keys", Value::Object(fields)) => Some(fields.keys().cloned().map(Value::String).collect()),
            ("strip" | "lstrip", Value::String(text)) => Some(Value::String(text.trim().to_owned())),
            _ => None,
        };
    }
    let path = module.path(&call.func)?;
    match path.as_str() {
        "pathlib.Path" | "pathlib.PurePath" | "str" if arguments.len() == 1 => match eval(module, &arguments[0], depth)? {
            Value::String(text) => Some(Value::String(text)),
            _ => None,
        },
        "list" | "tuple" | "set" | "frozenset" | "sorted" if arguments.len() == 1 => {
            let mut listed = match eval_choices(module, &arguments[0], depth)? {
                Value::Array(items) => items,
                Value::Object(fields) => fields.keys().cloned().map(Value::String).collect(),
                _ => return None,
            };
            if path == "sorted" {
                listed.sort_by(|a, b| {
                    a.as_str().cmp(&b.as_str()).then(a.as_f64().partial_cmp(&b.as_f64()).unwrap_or(std::cmp::Ordering::Equal))
                });
            }
            Some(Value::Array(listed))
        }
        "range" => range(module, arguments, depth),
        "datetime.date" | "datetime.datetime" => {
            let parts: Vec<i64> = arguments.iter().map(|part| eval(module, part, depth)?.as_i64()).collect::<Option<_>>()?;
            match (path.as_str(), parts.as_slice()) {
                ("datetime.date", [year, month, day]) => Some(Value::String(format!("{year:04}-{month:02}-{day:02}"))),
                _ => None,
            }
        }
        "int" | "float" if arguments.len() == 1 => {
            let number = match eval(module, &arguments[0], depth)? {
                Value::String(text) => text.trim().parse::<f64>().ok()?,
                other => other.as_f64()?,
            };
            if path == "float" { finite(number) } else { whole(number) }
        }
        _ => None,
    }
}

/// A list of choices, where an enum class counts as the list of its values.
#[must_use]
pub fn choices(module: &Module<'_>, expr: &Expr) -> Option<Vec<Value>> {
    module.refill();
    match eval_choices(module, expr, DEPTH)? {
        Value::Array(items) => Some(items),
        Value::Object(fields) => Some(fields.keys().cloned().map(Value::String).collect()),
        Value::String(text) => Some(text.chars().map(|c| Value::String(c.to_string())).collect()),
        _ => None,
    }
}

fn eval_choices(module: &Module<'_>, expr: &Expr, depth: usize) -> Option<Value> {
    if let Expr::Name(name) = expr
        && let Some(members) = members(module, name.id.as_str())
    {
        return Some(members.into_iter().map(|(_, value)| value).collect());
    }
    if let Some(found) = comprehension(module, expr) {
        return Some(Value::Array(found));
    }
    eval(module, expr, depth)
}

/// `[m.value for m in Color]` and `[m.name for m in Color]`.
fn comprehension(module: &Module<'_>, expr: &Expr) -> Option<Vec<Value>> {
    let (element, generators) = match expr {
        Expr::ListComp(list) => (&list.elt, &list.generators),
        Expr::Generator(generator) => (&generator.elt, &generator.generators),
        _ => return None,
    };
    let [only] = generators.as_slice() else { return None };
    let (Expr::Name(variable), Expr::Name(class), true) = (&only.target, &only.iter, only.ifs.is_empty()) else { return None };
    let members = members(module, class.id.as_str())?;
    match &**element {
        Expr::Attribute(attribute) if matches!(&*attribute.value, Expr::Name(name) if name.id == variable.id) => {
            match attribute.attr.as_str() {
                "value" => Some(members.into_iter().map(|(_, value)| value).collect()),
                "name" => Some(members.into_iter().map(|(name, _)| Value::String(name)).collect()),
                _ => None,
            }
        }
        _ => None,
    }
}

fn range(module: &Module<'_>, arguments: &[Expr], depth: usize) -> Option<Value> {
    let bounds: Vec<i64> = arguments.iter().map(|bound| eval(module, bound, depth)?.as_i64()).collect::<Option<_>>()?;
    let (start, stop, step) = match bounds.as_slice() {
        [stop] => (0, *stop, 1),
        [start, stop] => (*start, *stop, 1),
        [start, stop, step] if *step > 0 => (*start, *stop, *step),
        _ => return None,
    };
    let step = usize::try_from(step).ok()?;
    let numbers: Vec<Value> = (start..stop).step_by(step).take(ITEMS + 1).map(Value::from).collect();
    (numbers.len() <= ITEMS).then_some(Value::Array(numbers))
}

/// Whether a class is an enumeration, by the names of its bases.
#[must_use]
pub fn is_enum(module: &Module<'_>, class: &str) -> bool {
    const BASES: [&str; 5] = ["enum.Enum", "enum.StrEnum", "enum.IntEnum", "enum.Flag", "enum.IntFlag"];
    module.classes.get(class).and_then(|class| class.arguments.as_ref()).is_some_and(|arguments| {
        arguments
            .args
            .iter()
            .any(|base| module.path(base).is_some_and(|path| BASES.contains(&path.as_str()) || (path != class && is_enum_name(&path))))
    })
}

fn is_enum_name(path: &str) -> bool {
    matches!(path.rsplit('.').next(), Some("Enum" | "StrEnum" | "IntEnum" | "TextChoices"))
}

/// Names and values of an enumeration's members. A value that is not constant (`auto()`, an object) stands as the name.
#[must_use]
pub fn enum_members(module: &Module<'_>, class: &str) -> Option<Vec<(String, Value)>> {
    module.refill();
    members(module, class)
}

fn members(module: &Module<'_>, class: &str) -> Option<Vec<(String, Value)>> {
    if !is_enum(module, class) {
        return None;
    }
    let mut members = Vec::new();
    let text_values =
        module.classes.get(class)?.arguments.as_ref()?.args.iter().any(|base| module.path(base).as_deref() == Some("enum.StrEnum"));
    for statement in &module.classes.get(class)?.body {
        let Stmt::Assign(assign) = statement else { continue };
        let [Expr::Name(name)] = assign.targets.as_slice() else { continue };
        let name = name.id.to_string();
        if name.starts_with('_') {
            continue;
        }
        let value = match &*assign.value {
            Expr::StringLiteral(text) => Value::String(text.value.to_str().to_owned()),
            other => match eval(module, other, 4) {
                Some(value @ (Value::Number(_) | Value::String(_) | Value::Bool(_))) => value,
                _ if text_values => Value::String(name.to_lowercase()),
                _ => Value::String(name.clone()),
            },
        };
        members.push((name, value));
    }
    (!members.is_empty()).then_some(members)
}

fn enum_member(module: &Module<'_>, class: &str, member: &str) -> Option<Value> {
    members(module, class)?.into_iter().find(|(name, _)| name == member).map(|(_, value)| value)
}

fn arithmetic(op: Operator, left: &Value, right: &Value) -> Option<Value> {
    match (op, left, right) {
        (Operator::Add, Value::String(a), Value::String(b)) if a.len() + b.len() <= TEXT_BYTES => Some(Value::String(format!("{a}{b}"))),
        (Operator::Mult, Value::String(text), Value::Number(times)) => {
            let times = usize::try_from(times.as_i64()?).ok()?;
            (text.len().saturating_mul(times) <= TEXT_BYTES).then(|| Value::String(text.repeat(times)))
        }
        (Operator::Add, Value::Array(a), Value::Array(b)) if a.len() + b.len() <= ITEMS => Some(a.iter().chain(b).cloned().collect()),
        (Operator::Div, Value::String(a), Value::String(b)) => Some(Value::String(format!("{}/{b}", a.trim_end_matches('/')))),
        (_, Value::Number(a), Value::Number(b)) => match (a.as_i64(), b.as_i64()) {
            (Some(a), Some(b)) => integers(op, a, b),
            _ => floats(op, a.as_f64()?, b.as_f64()?),
        },
        _ => None,
    }
}

fn integers(op: Operator, a: i64, b: i64) -> Option<Value> {
    let result = match op {
        Operator::Add => a.checked_add(b),
        Operator::Sub => a.checked_sub(b),
        Operator::Mult => a.checked_mul(b),
        Operator::Pow => a.checked_pow(u32::try_from(b).ok()?),
        Operator::LShift => 2_i64.checked_pow(u32::try_from(b).ok()?).and_then(|factor| a.checked_mul(factor)),
        Operator::FloorDiv => a.checked_div_euclid(b).filter(|_| b > 0),
        Operator::Mod => a.checked_rem_euclid(b).filter(|_| b > 0),
        Operator::BitOr => Some(a | b),
        Operator::BitAnd => Some(a & b),
        #[expect(clippy::cast_precision_loss, reason = "Python divides integers to a float too")]
        Operator::Div => return finite(a as f64 / b as f64),
        Operator::MatMult | Operator::RShift | Operator::BitXor => None,
    };
    result.map(Value::from)
}

fn floats(op: Operator, a: f64, b: f64) -> Option<Value> {
    match op {
        Operator::Add => finite(a + b),
        Operator::Sub => finite(a - b),
        Operator::Mult => finite(a * b),
        Operator::Div => finite(a / b),
        _ => None,
    }
}

fn finite(number: f64) -> Option<Value> {
    serde_json::Number::from_f64(number).map(Value::Number)
}

fn whole(number: f64) -> Option<Value> {
    const EXACT: f64 = 9_007_199_254_740_992.0;
    #[expect(clippy::cast_possible_truncation, reason = "checked to be below 2^53")]
    let integer = number.trunc() as i64;
    (number.is_finite() && number.abs() <= EXACT).then(|| Value::from(integer))
}
