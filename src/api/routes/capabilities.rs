//! Capabilities and their versions.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::{CONTENT_TYPE, X_CONTENT_TYPE_OPTIONS};
use axum::response::IntoResponse;

use super::super::described::{Routes, routes};
use crate::api::caller::SignedIn;
use crate::api::upload::{self, Form, Upload};
use crate::api::{AppState, Body, Params, Problem, Query};
use crate::base::limit::PACKAGE_UPLOAD_BYTES;
use crate::service::capabilities;
use crate::wire::capability::{
    AgreeRequest, CapabilityDetail, CapabilityQuery, CapabilitySummary, InspectionReport, Plan, PlanRequest, PublishRequest, Registered,
    RollbackRequest, SubmitRequest, VersionDetail, VersionDiff, VersionSummary,
};
use crate::wire::page::Page;

/// What multipart adds around the file.
const MULTIPART_EXTRA: usize = 64 * 1024;

pub(super) fn router() -> Routes {
    let upload = usize::try_from(PACKAGE_UPLOAD_BYTES).unwrap_or(usize::MAX).saturating_add(MULTIPART_EXTRA);
    Routes::new()
        .routes(routes!(inspect).limited(upload))
        .routes(routes!(list))
        .routes(routes!(register).limited(upload))
        .routes(routes!(show))
        .routes(routes!(versions))
        .routes(routes!(version))
        .routes(routes!(file))
        .routes(routes!(diff))
        .routes(routes!(submit))
        .routes(routes!(give_back))
        .routes(routes!(publish))
        .routes(routes!(deprecate))
        .routes(routes!(retire))
        .routes(routes!(rollback))
        .routes(routes!(plan))
}

/// A script or an archive, as a form.
#[derive(utoipa::ToSchema)]
#[expect(dead_code, reason = "describes the form to readers of the API")]
struct UploadForm {
    /// The script, or a .zip, .tar, .tar.gz or .tar.zst of a package; its file name counts.
    #[schema(value_type = String, format = Binary)]
    file: Vec<u8>,
    /// The name of the capability; from the manifest or the file when absent.
    name: Option<String>,
    /// Why, for the people who read the history.
    comment: Option<String>,
}

async fn read(state: &AppState, form: Form) -> Result<capabilities::Upload, Problem> {
    let Upload { file_name, bytes, mut fields } = upload::read(form, &["name", "comment"], PACKAGE_UPLOAD_BYTES).await?;
    let capabilities = state.capabilities.clone();
    let name = file_name.clone();
    let package = upload::off_thread(move || capabilities.unpack(&name, &bytes)).await?;
    Ok(capabilities::Upload { package, file_name, name: fields.remove("name"), comment: fields.remove("comment") })
}

/// Say what an upload would become; stores nothing.
#[utoipa::path(post, path = "/api/v1/inspections", operation_id = "inspect_upload", tag = "capabilities",
    request_body(content = inline(UploadForm), content_type = "multipart/form-data"), responses((status = 200, body = InspectionReport)))]
async fn inspect(State(state): State<AppState>, SignedIn(caller): SignedIn, form: Form) -> Result<Json<InspectionReport>, Problem> {
    let upload = read(&state, form).await?;
    Ok(Json(state.capabilities.inspect(&caller, &upload).await?))
}

/// Register a capability or a new version of one.
#[utoipa::path(post, path = "/api/v1/capabilities", operation_id = "register_capability", tag = "capabilities",
    request_body(content = inline(UploadForm), content_type = "multipart/form-data"),
    responses((status = 201, body = Registered), (status = 200, description = "Equal to the latest version; nothing was stored", body = Registered)))]
async fn register(
    State(state): State<AppState>,
    SignedIn(caller): SignedIn,
    form: Form,
) -> Result<(StatusCode, Json<Registered>), Problem> {
    let upload = read(&state, form).await?;
    let registered = state.capabilities.register(&caller, upload).await?;
    let status = if registered.created { StatusCode::CREATED } else { StatusCode::OK };
    Ok((status, Json(registered)))
}

/// List capabilities.
#[utoipa::path(get, path = "/api/v1/capabilities", operation_id = "list_capabilities", tag = "capabilities", params(CapabilityQuery),
    responses((status = 200, body = Page<CapabilitySummary>)))]
async fn list(
    State(state): State<AppState>,
    SignedIn(caller): SignedIn,
    Query(query): Query<CapabilityQuery>,
) -> Result<Json<Page<CapabilitySummary>>, Problem> {
    Ok(Json(state.capabilities.list(&caller, &query)?))
}

/// Show a capability with the manifest of its current version.
#[utoipa::path(get, path = "/api/v1/capabilities/{name}", operation_id = "show_capability", tag = "capabilities",
    params(("name" = String, Path)), responses((status = 200, body = CapabilityDetail)))]
async fn show(
    State(state): State<AppState>,
    SignedIn(caller): SignedIn,
    Params(name): Params<String>,
) -> Result<Json<CapabilityDetail>, Problem> {
    Ok(Json(state.capabilities.show(&caller, &name).await?))
}

/// List the versions of a capability, newest first.
#[utoipa::path(get, path = "/api/v1/capabilities/{name}/versions", operation_id = "list_versions", tag = "capabilities",
    params(("name" = String, Path)), responses((status = 200, body = Page<VersionSummary>)))]
async fn versions(
    State(state): State<AppState>,
    SignedIn(caller): SignedIn,
    Params(name): Params<String>,
) -> Result<Json<Page<VersionSummary>>, Problem> {
    Ok(Json(state.capabilities.versions(&caller, &name).await?))
}

/// Show one version.
#[utoipa::path(get, path = "/api/v1/capabilities/{name}/versions/{number}", operation_id = "show_version", tag = "capabilities",
    params(("name" = String, Path), ("number" = u32, Path)), responses((status = 200, body = VersionDetail)))]
async fn version(
    State(state): State<AppState>,
    SignedIn(caller): SignedIn,
    Params((name, number)): Params<(String, u32)>,
) -> Result<Json<VersionDetail>, Problem> {
    Ok(Json(state.capabilities.version(&caller, &name, number).await?))
}

/// Read one file of a version, as plain text.
#[utoipa::path(get, path = "/api/v1/capabilities/{name}/versions/{number}/files/{*path}", operation_id = "read_version_file", tag = "capabilities",
    params(("name" = String, Path), ("number" = u32, Path), ("path" = String, Path)),
    responses((status = 200, body = String, content_type = "text/plain")))]
async fn file(
    State(state): State<AppState>,
    SignedIn(caller): SignedIn,
    Params((name, number, path)): Params<(String, u32, String)>,
) -> Result<impl IntoResponse, Problem> {
    let bytes = state.capabilities.file(&caller, &name, number, &path).await?;
    Ok(([(CONTENT_TYPE, "text/plain; charset=utf-8"), (X_CONTENT_TYPE_OPTIONS, "nosniff")], bytes))
}

/// Which versions to compare.
#[derive(Debug, serde::Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct DiffQuery {
    from: u32,
    to: u32,
}

/// Compare two versions.
#[utoipa::path(get, path = "/api/v1/capabilities/{name}/diff", operation_id = "diff_versions", tag = "capabilities",
    params(("name" = String, Path), DiffQuery), responses((status = 200, body = VersionDiff)))]
async fn diff(
    State(state): State<AppState>,
    SignedIn(caller): SignedIn,
    Params(name): Params<String>,
    Query(query): Query<DiffQuery>,
) -> Result<Json<VersionDiff>, Problem> {
    Ok(Json(state.capabilities.diff(&caller, &name, query.from, query.to).await?))
}

/// Ask for a review of a draft. Its examples are tried in the sandbox first, unless that was done.
#[utoipa::path(post, path = "/api/v1/capabilities/{name}/versions/{number}/submit", operation_id = "submit_version", tag = "capabilities",
    params(("name" = String, Path), ("number" = u32, Path)), request_body = SubmitRequest, responses((status = 200, body = CapabilityDetail)))]
async fn submit(
    State(state): State<AppState>,
    SignedIn(caller): SignedIn,
    Params((name, number)): Params<(String, u32)>,
    Body(request): Body<SubmitRequest>,
) -> Result<Json<CapabilityDetail>, Problem> {
    state.runs.ensure_checked(&caller, &name, number).await?;
    let wish = (request.changelog.as_str(), request.publish_at.as_deref());
    Ok(Json(state.capabilities.submit(&caller, &name, number, wish).await?))
}

/// Give a version that is in review back to its author.
#[utoipa::path(post, path = "/api/v1/capabilities/{name}/versions/{number}/return", operation_id = "return_version", tag = "capabilities",
    params(("name" = String, Path), ("number" = u32, Path)), request_body = PublishRequest, responses((status = 200, body = CapabilityDetail)))]
async fn give_back(
    State(state): State<AppState>,
    SignedIn(caller): SignedIn,
    Params((name, number)): Params<(String, u32)>,
    Body(request): Body<PublishRequest>,
) -> Result<Json<CapabilityDetail>, Problem> {
    Ok(Json(state.capabilities.give_back(&caller, &name, number, request.comment).await?))
}

/// Publish a version. Where it is in review, this agrees to the review; with enough consents it becomes the current one.
#[utoipa::path(post, path = "/api/v1/capabilities/{name}/versions/{number}/publish", operation_id = "publish_version", tag = "capabilities",
    params(("name" = String, Path), ("number" = u32, Path)), request_body = AgreeRequest, responses((status = 200, body = CapabilityDetail)))]
async fn publish(
    State(state): State<AppState>,
    SignedIn(caller): SignedIn,
    Params((name, number)): Params<(String, u32)>,
    Body(request): Body<AgreeRequest>,
) -> Result<Json<CapabilityDetail>, Problem> {
    Ok(Json(state.approvals.publish(&caller, &name, number, (request.comment, request.password)).await?))
}

/// Deprecate a version; it stays runnable by its number.
#[utoipa::path(post, path = "/api/v1/capabilities/{name}/versions/{number}/deprecate", operation_id = "deprecate_version", tag = "capabilities",
    params(("name" = String, Path), ("number" = u32, Path)), request_body = PublishRequest, responses((status = 200, body = CapabilityDetail)))]
async fn deprecate(
    State(state): State<AppState>,
    SignedIn(caller): SignedIn,
    Params((name, number)): Params<(String, u32)>,
    Body(request): Body<PublishRequest>,
) -> Result<Json<CapabilityDetail>, Problem> {
    Ok(Json(state.capabilities.deprecate(&caller, &name, number, request.comment).await?))
}

/// Retire a deprecated version or a draft for good: it can be read, and neither run nor published again.
#[utoipa::path(post, path = "/api/v1/capabilities/{name}/versions/{number}/retire", operation_id = "retire_version", tag = "capabilities",
    params(("name" = String, Path), ("number" = u32, Path)), request_body = PublishRequest, responses((status = 200, body = CapabilityDetail)))]
async fn retire(
    State(state): State<AppState>,
    SignedIn(caller): SignedIn,
    Params((name, number)): Params<(String, u32)>,
    Body(request): Body<PublishRequest>,
) -> Result<Json<CapabilityDetail>, Problem> {
    Ok(Json(state.capabilities.retire(&caller, &name, number, request.comment).await?))
}

/// Go back to the version that was current before, or to a named one.
#[utoipa::path(post, path = "/api/v1/capabilities/{name}/rollback", operation_id = "rollback_capability", tag = "capabilities",
    params(("name" = String, Path)), request_body = RollbackRequest, responses((status = 200, body = CapabilityDetail)))]
async fn rollback(
    State(state): State<AppState>,
    SignedIn(caller): SignedIn,
    Params(name): Params<String>,
    Body(request): Body<RollbackRequest>,
) -> Result<Json<CapabilityDetail>, Problem> {
    Ok(Json(state.capabilities.rollback(&caller, &name, request.to, request.comment).await?))
}

/// Say what a run with these inputs would do; starts nothing.
#[utoipa::path(post, path = "/api/v1/capabilities/{name}/plan", operation_id = "plan_run", tag = "capabilities",
    params(("name" = String, Path)), request_body = PlanRequest, responses((status = 200, body = Plan)))]
async fn plan(
    State(state): State<AppState>,
    SignedIn(caller): SignedIn,
    Params(name): Params<String>,
    Body(request): Body<PlanRequest>,
) -> Result<Json<Plan>, Problem> {
    Ok(Json(state.capabilities.plan(&caller, &name, &request, state.outlook.as_ref()).await?))
}
