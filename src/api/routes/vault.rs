//! The vault: set up, sealed, unsealed, its keys changed, recovered.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;

use super::super::described::{Routes, routes};
use crate::api::{AppState, Body, Problem, Respond, SignedIn};
use crate::domain::access::Caller;
use crate::wire::vault::{InitVault, ProveRecovery, RecoverVault, RecoveryProof, RotateVault, SetRecovery, UnsealVault, VaultStatus};

pub(super) fn router() -> Routes {
    Routes::new()
        .routes(routes!(status))
        .routes(routes!(init))
        .routes(routes!(seal))
        .routes(routes!(unseal))
        .routes(routes!(rotate))
        .routes(routes!(recover))
        .routes(routes!(set_recovery))
        .routes(routes!(prove))
}

async fn answer(state: &AppState, caller: &Caller) -> Result<VaultStatus, Problem> {
    let runs = state.runs.clone();
    Ok(state.secrets.vault().status(caller, &move || runs.dispatch().counts().uncalled as u64).await?)
}

/// Tell how the vault is kept and whether it is open.
#[utoipa::path(get, path = "/api/v1/vault", operation_id = "vault_status", tag = "vault",
    responses((status = 200, body = VaultStatus), Problem))]
async fn status(State(state): State<AppState>, SignedIn(caller): SignedIn) -> Respond<Json<VaultStatus>> {
    Ok(Json(answer(&state, &caller).await?))
}

/// Set the vault up. It is open afterwards.
#[utoipa::path(post, path = "/api/v1/vault/init", operation_id = "init_vault", tag = "vault", request_body = InitVault,
    responses((status = 201, body = VaultStatus), Problem))]
async fn init(
    State(state): State<AppState>,
    SignedIn(caller): SignedIn,
    Body(request): Body<InitVault>,
) -> Respond<(StatusCode, Json<VaultStatus>)> {
    state.secrets.vault().init(&caller, request).await?;
    Ok((StatusCode::CREATED, Json(answer(&state, &caller).await?)))
}

/// Seal the vault: runs that need a secret wait from now on.
#[utoipa::path(post, path = "/api/v1/vault/seal", operation_id = "seal_vault", tag = "vault",
    responses((status = 200, body = VaultStatus), Problem))]
async fn seal(State(state): State<AppState>, SignedIn(caller): SignedIn) -> Respond<Json<VaultStatus>> {
    state.secrets.seal(&caller).await?;
    Ok(Json(answer(&state, &caller).await?))
}

/// Open the vault.
#[utoipa::path(post, path = "/api/v1/vault/unseal", operation_id = "unseal_vault", tag = "vault", request_body = UnsealVault,
    responses((status = 200, body = VaultStatus), Problem))]
async fn unseal(State(state): State<AppState>, SignedIn(caller): SignedIn, Body(request): Body<UnsealVault>) -> Respond<Json<VaultStatus>> {
    state.secrets.vault().unseal(&caller, request).await?;
    Ok(Json(answer(&state, &caller).await?))
}

/// Change the data key, or the master key.
#[utoipa::path(post, path = "/api/v1/vault/rotate", operation_id = "rotate_vault", tag = "vault", request_body = RotateVault,
    responses((status = 200, body = VaultStatus), Problem))]
async fn rotate(State(state): State<AppState>, SignedIn(caller): SignedIn, Body(request): Body<RotateVault>) -> Respond<Json<VaultStatus>> {
    state.secrets.vault().rotate(&caller, request).await?;
    Ok(Json(answer(&state, &caller).await?))
}

/// Open the vault with a recovery key and give it a new master key.
#[utoipa::path(post, path = "/api/v1/vault/recover", operation_id = "recover_vault", tag = "vault", request_body = RecoverVault,
    responses((status = 200, body = VaultStatus), Problem))]
async fn recover(
    State(state): State<AppState>,
    SignedIn(caller): SignedIn,
    Body(request): Body<RecoverVault>,
) -> Respond<Json<VaultStatus>> {
    state.secrets.vault().recover(&caller, request).await?;
    Ok(Json(answer(&state, &caller).await?))
}

/// Say who can recover from now on, and for whom backups are encrypted.
#[utoipa::path(put, path = "/api/v1/vault/recovery", operation_id = "set_recovery", tag = "vault", request_body = SetRecovery,
    responses((status = 200, body = VaultStatus), Problem))]
async fn set_recovery(
    State(state): State<AppState>,
    SignedIn(caller): SignedIn,
    Body(request): Body<SetRecovery>,
) -> Respond<Json<VaultStatus>> {
    state.secrets.vault().set_recovery(&caller, &request).await?;
    Ok(Json(answer(&state, &caller).await?))
}

/// Get a challenge for a recovery key, or answer it: shows that the key is still held, without sending it.
#[utoipa::path(post, path = "/api/v1/vault/prove", operation_id = "prove_recovery", tag = "vault", request_body = ProveRecovery,
    responses((status = 200, body = RecoveryProof), Problem))]
async fn prove(
    State(state): State<AppState>,
    SignedIn(caller): SignedIn,
    Body(request): Body<ProveRecovery>,
) -> Respond<Json<RecoveryProof>> {
    Ok(Json(state.secrets.vault().prove(&caller, &request).await?))
}
