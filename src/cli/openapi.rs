//! `execgov register --openapi`: operations of a document become capabilities on a resource.

use std::path::Path;

use super::exit::Exit;
use super::failure::{Failure, LOCAL_FILE, USAGE};
use super::invocation::{Done, Invocation};
use super::table::{Cell, Column, Tone, column, wide};
use crate::wire::openapi::{ImportedOperation, OpenApiDocument, OpenApiOperation, OperationsRequest};

/// What is wished of a document.
pub struct Wish<'a> {
    pub document: &'a Path,
    pub resource: Option<&'a str>,
    pub operations: &'a [String],
    pub prefix: Option<&'a str>,
    pub comment: Option<&'a str>,
}

const OPERATIONS: [Column<OpenApiOperation>; 4] = [
    column("OPERATION", |row, _| row.id.clone().into()),
    column("REQUEST", |row, _| format!("{} {}", row.method, row.path).into()),
    column("ABOUT", |row, _| if row.deprecated { Cell::toned("deprecated", Tone::Faint) } else { row.summary.clone().into() }),
    wide("WRITES", |row, _| if row.writes { "yes" } else { "" }.into()),
];

const IMPORTED: [Column<ImportedOperation>; 4] = [
    column("CAPABILITY", |row, _| format!("{}@{}", row.capability, row.version).into()),
    column("REQUEST", |row, _| format!("{} {}", row.method, row.path).into()),
    column("WHITELIST", |row, _| if row.permitted { Cell::toned("passes", Tone::Good) } else { Cell::toned("not listed", Tone::Bad) }),
    wide("NOTES", |row, _| row.notes.join("; ").into()),
];

/// Lists the operations, or registers those that are named.
pub async fn import(invocation: &Invocation<'_>, wish: &Wish<'_>) -> Done {
    let fail = |error: std::io::Error| {
        Failure::from(LOCAL_FILE.fault(format!("{}: {error}", wish.document.display())).hint("name an OpenAPI 3 document in JSON"))
    };
    let document = std::fs::read_to_string(wish.document).map_err(fail)?;
    let (client, out) = (invocation.client()?, &invocation.out);
    if wish.operations.is_empty() {
        let found = client.openapi_operations(&OpenApiDocument { document }).await?;
        out.rows(&found.items, &OPERATIONS)?;
        out.note(&format!("{} operations; pick some: --operation ID --resource NAME", found.items.len()));
        return Ok(Exit::Ok);
    }
    let resource = wish.resource.ok_or_else(|| {
        Failure::from(
            USAGE.fault("the requests have no resource").hint("add --resource NAME; `execgov resource list` shows those there are"),
        )
    })?;
    let request = OperationsRequest {
        document,
        resource: resource.to_owned(),
        operations: wish.operations.to_vec(),
        prefix: wish.prefix.map(str::to_owned),
        comment: wish.comment.map(str::to_owned),
    };
    let made = client.import_openapi(&request).await?;
    out.rows(&made.items, &IMPORTED)?;
    for row in made.items.iter().filter(|row| !row.permitted) {
        out.note(&format!(
            "{} writes: an administrator lists it: execgov resource update {resource} --write '{} {}'",
            row.capability,
            row.method,
            listed(&row.path)
        ));
    }
    Ok(Exit::Ok)
}

/// The path as a whitelist says it.
fn listed(path: &str) -> String {
    path.split('/').map(|segment| if segment.contains('{') { "*" } else { segment }).collect::<Vec<_>>().join("/")
}
