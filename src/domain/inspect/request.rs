//! Versions of the kind `http`: a manifest that declares a request, and no code.

use serde_json::{Map, Value, json};

use super::declared::Declaration;
use super::entry::Entry;
use super::fault::InspectError;
use super::found::{Effect, Found, Input, Signal};
use super::report::{Origin, Source};
use crate::domain::capability::package::PackagePath;
use crate::domain::capability::{Binding, Kind, Manifest};
use crate::domain::http::{HttpCall, Method, template};

/// What a declared request shows.
///
/// # Errors
/// When the manifest declares code too, or no request.
pub fn inspect(declared: &Declaration) -> Result<(Entry, Found), InspectError> {
    let refuse = |key: &str, why: &str| InspectError::Manifest {
        file: declared.file.clone(),
        line: declared.lines.get(key).copied(),
        why: why.to_owned(),
    };
    if declared.kind.is_some_and(|kind| kind != Kind::Http) {
        return Err(refuse("kind", "`[http]` is for kind = \"http\""));
    }
    let call =
        declared.http.as_ref().ok_or_else(|| refuse("kind", "kind = \"http\" needs the table `[http]` with resource, method and path"))?;
    let code = [
        ("entry", declared.entry.is_some()),
        ("function", declared.function.is_some()),
        ("venv", declared.venv.is_some()),
        ("requires_python", declared.requires_python.is_some()),
        ("dependencies", declared.dependencies.is_some()),
        ("env", declared.env.is_some()),
    ];
    if let Some((key, _)) = code.iter().find(|(_, present)| *present) {
        return Err(refuse(key, &format!("`{key}` is for scripts; a request runs no code")));
    }
    if declared.binding.is_some_and(|binding| binding != Binding::Request) {
        return Err(refuse("binding", "the inputs of a request go into its placeholders: leave `binding` out"));
    }
    let path = PackagePath::parse("capability.toml").map_err(|error| refuse("kind", error.why))?;
    let mut found = Found::new(Kind::Http);
    found.binding = Binding::Request;
    found.has_timeout = true;
    let origin = Origin::at(Source::Manifest, &declared.file, declared.lines.get("http").copied());
    found.inputs = placeholders(call)
        .map_err(|why| refuse("http", &why))?
        .into_iter()
        .map(|(name, schema, required)| Input::new(name, schema, required, origin.clone()))
        .collect();
    found.signals.push(Signal {
        effect: match call.method {
            method if method.is_safe() => Effect::Reads,
            Method::Delete => Effect::Removes,
            _ => Effect::Changes,
        },
        file: declared.file.clone(),
        line: declared.lines.get("http").copied().unwrap_or(1),
        what: format!("{} {}", call.method.word(), call.path),
    });
    Ok((Entry { path, kind: Kind::Http }, found))
}

/// The name of an input, its schema, and whether it must be given.
type Placeholder = (String, Map<String, Value>, bool);

/// The inputs that the placeholders stand for: those of the path must be given.
fn placeholders(call: &HttpCall) -> Result<Vec<Placeholder>, String> {
    let mut needed = Vec::new();
    template::names(&Value::String(call.path.clone()), &mut needed)?;
    let text = Map::from_iter([("type".to_owned(), json!("string"))]);
    Ok(call.inputs()?.into_iter().map(|name| (name.clone(), text.clone(), needed.contains(&name))).collect())
}

/// What has to hold between a request and its inputs.
///
/// # Errors
/// A placeholder that no input fills.
pub fn check(manifest: &Manifest) -> Result<(), String> {
    let Some(call) = &manifest.http else { return Ok(()) };
    let properties = manifest.inputs.get("properties").and_then(Value::as_object);
    let exists = |name: &String| properties.is_some_and(|all| all.contains_key(name));
    match call.inputs()?.iter().find(|name| !exists(name)) {
        Some(name) => Err(format!("`http` has the placeholder {{{name}}}, and there is no input `{name}`")),
        None => Ok(()),
    }
}
