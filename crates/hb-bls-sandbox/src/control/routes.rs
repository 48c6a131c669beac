//! The control API's routes.

use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::routing::{MethodRouter, get, patch, post};
use jiff::Timestamp;
use serde_json::{Value, json};

use super::finished;
use super::input::Order;
use crate::api::check::Check;
use crate::api::input::{Id, Query};
use crate::core::Core;
use crate::delivery::DeliveryAttempt;
use crate::faults::Fault;
use crate::format;
use crate::origin::Origin;
use crate::problem::Problem;
use crate::request_log::RequestRecord;
use crate::response::{HandlerResult, created, ok};
use crate::store;

type Portal = State<Arc<Core>>;

pub(crate) fn routes() -> Router<Arc<Core>> {
    Router::new()
        .route("/_sandbox/clock", get(clock))
        .route("/_sandbox/clock/advance", post(advance))
        .route("/_sandbox/clock/next", post(advance_to_next))
        .route("/_sandbox/clock/freeze", post(freeze))
        .route("/_sandbox/clock/unfreeze", post(unfreeze))
        .route("/_sandbox/account", patch(set_account))
        .route("/_sandbox/accounts", get(accounts).post(add_account))
        .route("/_sandbox/bookings/{id}/pay", action(Core::pay))
        .route("/_sandbox/bookings/{id}/complete", action(Core::complete))
        .route("/_sandbox/bookings/{id}/no-show", action(Core::no_show))
        .route("/_sandbox/bookings/{id}/return-kit", action(Core::return_kit))
        .route("/_sandbox/bookings/{id}/cancel", action(Core::cancel))
        .route("/_sandbox/bookings/{id}/reschedule", post(reschedule))
        .route("/_sandbox/seed", post(seed))
        .route("/_sandbox/deliveries", get(deliveries))
        .route("/_sandbox/trigger", post(trigger))
        .route("/_sandbox/deliveries/{id}", get(delivery))
        .route("/_sandbox/deliveries/{id}/retry", post(retry_delivery))
        .route("/_sandbox/webhooks/{id}/test", post(test_webhook))
        .route("/_sandbox/requests", get(requests))
        .route("/_sandbox/capture", post(set_capture))
        .route("/_sandbox/faults", get(faults).post(inject).delete(clear_faults))
        .route("/_sandbox/reset", post(reset))
}

/// An action on a booking that takes no further input.
fn action(work: fn(&Core, i64) -> Result<Value, Problem>) -> MethodRouter<Arc<Core>> {
    post(move |State(core): Portal, Id(id): Id, order: Order| async move {
        order.nothing()?;
        ok(&work(&core, id)?)
    })
}

async fn clock(State(core): Portal) -> HandlerResult {
    ok(&json!({ "now": format::utc(core.clock.now()), "mode": core.clock.mode_name() }))
}

async fn freeze(State(core): Portal, order: Order) -> HandlerResult {
    order.nothing()?;
    core.set_frozen(true)?;
    clock(State(core)).await
}

async fn unfreeze(State(core): Portal, order: Order) -> HandlerResult {
    order.nothing()?;
    core.set_frozen(false)?;
    clock(State(core)).await
}

async fn advance(State(core): Portal, order: Order) -> HandlerResult {
    let by = order.seconds()?;
    let running = core.clone();
    move_clock(&core, async move { running.advance(by).await }).await
}

async fn advance_to_next(State(core): Portal, order: Order) -> HandlerResult {
    order.nothing()?;
    let running = core.clone();
    move_clock(&core, async move { running.advance_to_next().await }).await
}

async fn move_clock(
    core: &Core,
    work: impl Future<Output = Result<Timestamp, Problem>> + Send + 'static,
) -> HandlerResult {
    let now = finished(work).await?;
    ok(&json!({ "now": format::utc(now), "mode": core.clock.mode_name() }))
}

async fn set_account(State(core): Portal, order: Order) -> HandlerResult {
    ok(&core.set_account(&order.account()?)?)
}

async fn accounts(State(core): Portal, Origin(origin): Origin) -> HandlerResult {
    let accounts = core.store.read(store::accounts::all)?;
    list(accounts.iter().map(|account| {
        let booking_url = account.booking_url(&origin);
        json!({ "hb_client_id": account.credentials.hb_client_id, "booking_url": booking_url })
    }))
}

async fn add_account(State(core): Portal, order: Order) -> HandlerResult {
    order.nothing()?;
    let account = core.add_account()?;
    created(&json!({ "hb_client_id": account.hb_client_id, "api_key": account.api_key }))
}

async fn reschedule(State(core): Portal, Id(id): Id, order: Order) -> HandlerResult {
    let (date, time) = order.slot()?;
    ok(&core.reschedule(id, date, time)?)
}

async fn seed(State(core): Portal, order: Order) -> HandlerResult {
    if let Some(contents) = order.contents() {
        core.add_contents(contents)?;
        return ok(&json!({ "message": "The contents have been added." }));
    }
    let seed = order.seed()?;
    core.seed(seed)?;
    ok(&json!({ "bookings": seed.bookings, "transactions": seed.transactions }))
}

async fn deliveries(State(core): Portal) -> HandlerResult {
    list(core.deliveries()?.iter().map(DeliveryAttempt::json))
}

async fn delivery(State(core): Portal, Id(id): Id) -> HandlerResult {
    ok(&core.store.read(|db| store::deliveries::by_id(db, id))?.json())
}

async fn trigger(State(core): Portal, order: Order) -> HandlerResult {
    let event = order.event()?;
    let running = core.clone();
    let booking = finished(async move { running.trigger(&event).await }).await?;
    ok(&booking.unwrap_or_else(|| json!({ "message": "A test event has been queued for every webhook." })))
}

async fn retry_delivery(State(core): Portal, Id(id): Id, order: Order) -> HandlerResult {
    order.nothing()?;
    ok(&core.retry_delivery(id)?.json())
}

async fn test_webhook(State(core): Portal, Id(id): Id, order: Order) -> HandlerResult {
    order.nothing()?;
    core.test_webhook(id)?;
    ok(&json!({ "message": "A test delivery has been queued." }))
}

async fn set_capture(State(core): Portal, order: Order) -> HandlerResult {
    let on = order.on()?;
    core.set_capture(on);
    ok(&json!({ "on": on }))
}

/// All of them, or those after the one of a number.
async fn requests(State(core): Portal, query: Query) -> HandlerResult {
    let mut check = Check::new(&query.fields);
    let after = check.optional_integer("after", (0, i64::MAX)).unwrap_or(0);
    check.finish()?;
    list(core.request_log.after(after.unsigned_abs()).iter().map(RequestRecord::json))
}

async fn faults(State(core): Portal) -> HandlerResult {
    list(core.faults.all().iter().map(Fault::json))
}

async fn inject(State(core): Portal, order: Order) -> HandlerResult {
    let fault = order.fault()?;
    core.inject(fault.clone())?;
    created(&fault.json())
}

async fn clear_faults(State(core): Portal) -> HandlerResult {
    core.clear_faults();
    ok(&json!({ "message": "No faults are left." }))
}

async fn reset(State(core): Portal, order: Order) -> HandlerResult {
    order.nothing()?;
    core.reset().await?;
    ok(&json!({ "message": "The sandbox is as it was at the start." }))
}

fn list(items: impl Iterator<Item = Value>) -> HandlerResult {
    ok(&json!({ "data": items.collect::<Vec<_>>() }))
}
