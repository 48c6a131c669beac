//! The course list.

use std::sync::Arc;

use axum::extract::State;
use serde_json::{Value, json};

use super::caller::Caller;
use crate::core::Core;
use crate::format;
use crate::response::{HandlerResult, ok};
use crate::store::courses;

pub(super) async fn list(State(core): State<Arc<Core>>, _caller: Caller) -> HandlerResult {
    let courses: Vec<Value> = core
        .store
        .read(courses::all)?
        .into_iter()
        .map(|course| {
            json!({
                "id": course.id,
                "name": course.name,
                "price": format::pounds(course.price),
                "duration_minutes": course.duration_minutes,
            })
        })
        .collect();
    ok(&json!({ "data": courses }))
}
