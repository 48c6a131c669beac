//! The account itself: its booking page, its wallets, its ledger.

use std::sync::Arc;

use axum::extract::State;
use serde_json::{Value, json};

use super::caller::Caller;
use super::check::Check;
use super::input::Query;
use super::paging::Page;
use crate::core::Core;
use crate::format;
use crate::origin::Origin;
use crate::response::{HandlerResult, ok};
use crate::store::{accounts, transactions};

pub(super) async fn booking_url(
    State(core): State<Arc<Core>>,
    caller: Caller,
    Origin(origin): Origin,
) -> HandlerResult {
    let account = core.store.read(|db| accounts::by_id(db, caller.account))?;
    ok(&json!({ "booking_url": account.booking_url(&origin) }))
}

pub(super) async fn credits(State(core): State<Arc<Core>>, caller: Caller) -> HandlerResult {
    let (account, credits) =
        core.store.read(|db| Ok((accounts::by_id(db, caller.account)?, accounts::credits(db, caller.account)?)))?;
    let credits: Vec<Value> = credits
        .into_iter()
        .map(|(id, name, credits)| json!({ "course_id": id, "course_name": name, "credits": credits }))
        .collect();
    ok(&json!({
        "booking_credits": credits,
        "booking_money_balance": format::pounds(account.balance),
        "currency": "GBP",
    }))
}

pub(super) async fn transactions(
    State(core): State<Arc<Core>>,
    caller: Caller,
    Origin(origin): Origin,
    query: Query,
) -> HandlerResult {
    let mut check = Check::new(&query.fields);
    let page = Page::read(&mut check);
    check.finish()?;
    let (limit, offset) = page.window();
    let (data, total) = core.store.read(|db| transactions::page(db, caller.account, limit, offset))?;
    ok(&page.envelope(&data, total, &origin, "/transactions", &query))
}
