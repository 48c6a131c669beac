//! Tokens: created, refreshed, described, revoked.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use axum::Extension;
use axum::extract::State;
use serde_json::{Value, json};

use super::caller::Caller;
use super::check::Check;
use super::input::Input;
use crate::core::Core;
use crate::format;
use crate::problem::Problem;
use crate::request_log::RequestNotes;
use crate::response::{HandlerResult, ok};
use crate::store::accounts;
use crate::store::tokens::{self, Pair};

pub(super) async fn create_token(
    State(core): State<Arc<Core>>,
    Extension(notes): Extension<RequestNotes>,
    Input(fields): Input,
) -> HandlerResult {
    let mut check = Check::new(&fields);
    let client_id = check.text("hb_client_id", 255);
    let api_key = check.text("api_key", 255);
    check.finish()?;
    let now = core.clock.now();
    let pair = core.store.write(|db| {
        let account = accounts::by_client_id(db, &client_id)?
            .filter(|account| account.credentials.api_key == api_key)
            .ok_or(Problem::Unauthenticated("The provided credentials are incorrect."))?;
        notes.account.store(account.id, Ordering::Relaxed);
        tokens::issue(db, account.id, now)
    })?;
    ok(&pair_json(&pair))
}

pub(super) async fn refresh_token(State(core): State<Arc<Core>>, Input(fields): Input) -> HandlerResult {
    let mut check = Check::new(&fields);
    let refresh_token = check.text("refresh_token", 255);
    check.finish()?;
    let now = core.clock.now();
    let pair = core.store.write(|db| {
        let account = tokens::spend_refresh(db, &refresh_token, now)?
            .ok_or(Problem::Unauthenticated("The refresh token is invalid or has expired."))?;
        tokens::issue(db, account, now)
    })?;
    ok(&pair_json(&pair))
}

pub(super) async fn token_info(State(core): State<Arc<Core>>, caller: Caller) -> HandlerResult {
    let account = core.store.read(|db| accounts::by_id(db, caller.account))?;
    ok(&json!({
        "hb_client_id": account.credentials.hb_client_id,
        "expires_at": format::utc(caller.expires_at),
    }))
}

pub(super) async fn revoke(State(core): State<Arc<Core>>, caller: Caller) -> HandlerResult {
    core.store.write(|db| tokens::revoke(db, &caller.access_token))?;
    ok(&json!({ "message": "The token has been revoked." }))
}

fn pair_json(pair: &Pair) -> Value {
    json!({
        "access_token": pair.access_token,
        "refresh_token": pair.refresh_token,
        "token_type": "Bearer",
        "expires_in": tokens::ACCESS_SECONDS,
        "refresh_expires_in": tokens::REFRESH_SECONDS,
    })
}
