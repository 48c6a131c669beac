//! Webhook endpoints: registered, changed, tested, removed.

use std::sync::Arc;

use axum::extract::State;
use reqwest::Url;
use serde_json::{Value, json};

use super::caller::Caller;
use super::check::Check;
use super::input::{Id, Input};
use crate::core::Core;
use crate::loopback::is_this_machine;
use crate::response::{HandlerResult, created, ok};
use crate::store::events;
use crate::store::webhooks::{self, Webhook, new_secret};

const DEFAULT_TIMEOUT: i64 = 10;
const TIMEOUTS: (i64, i64) = (1, 30);
const MAX_URL: usize = 2_048;
const NOTICE: &str = "Store this secret now: it will not be shown again.";

pub(super) async fn list(State(core): State<Arc<Core>>, caller: Caller) -> HandlerResult {
    let webhooks = core.store.read(|db| webhooks::all(db, caller.account))?;
    let data: Vec<Value> = webhooks.iter().map(Webhook::json).collect();
    ok(&json!({ "data": data }))
}

pub(super) async fn create(State(core): State<Arc<Core>>, caller: Caller, Input(fields): Input) -> HandlerResult {
    let mut check = Check::new(&fields);
    let mut webhook = Webhook {
        id: 0,
        account_id: caller.account,
        name: check.text("name", 255),
        url: read_url(&mut check, &core.webhook_hosts),
        events: check.names("events", &events::TYPES),
        secret: new_secret(),
        timeout_seconds: check.optional_integer("timeout_seconds", TIMEOUTS).unwrap_or(DEFAULT_TIMEOUT),
        is_active: check.optional_boolean("is_active").unwrap_or(true),
        created_at: core.clock.now(),
    };
    check.finish()?;
    webhook.id = core.store.write(|db| webhooks::insert(db, &webhook))?;
    let mut body = webhook.json();
    if let Value::Object(fields) = &mut body {
        fields.remove("timeout_seconds");
        fields.insert("secret".to_owned(), json!(webhook.secret));
        fields.insert("notice".to_owned(), json!(NOTICE));
    }
    created(&body)
}

pub(super) async fn show(State(core): State<Arc<Core>>, caller: Caller, Id(id): Id) -> HandlerResult {
    let webhook = core.store.read(|db| webhooks::owned(db, caller.account, id))?;
    ok(&webhook.json())
}

/// Changes the fields that are given and leaves the others.
pub(super) async fn update(
    State(core): State<Arc<Core>>,
    caller: Caller,
    Id(id): Id,
    Input(fields): Input,
) -> HandlerResult {
    let webhook = core.store.write(|db| {
        let mut webhook = webhooks::owned(db, caller.account, id)?;
        let mut check = Check::new(&fields);
        if check.has("name") {
            webhook.name = check.text("name", 255);
        }
        if check.has("url") {
            webhook.url = read_url(&mut check, &core.webhook_hosts);
        }
        if check.has("events") {
            webhook.events = check.names("events", &events::TYPES);
        }
        if let Some(seconds) = check.optional_integer("timeout_seconds", TIMEOUTS) {
            webhook.timeout_seconds = seconds;
        }
        if let Some(active) = check.optional_boolean("is_active") {
            webhook.is_active = active;
        }
        check.finish()?;
        webhooks::update(db, &webhook)?;
        Ok(webhook)
    })?;
    ok(&webhook.json())
}

pub(super) async fn delete(State(core): State<Arc<Core>>, caller: Caller, Id(id): Id) -> HandlerResult {
    core.store.write(|db| {
        let webhook = webhooks::owned(db, caller.account, id)?;
        webhooks::delete(db, webhook.id)
    })?;
    ok(&json!({ "message": "The webhook has been deleted." }))
}

/// The old secret is dead at once: nothing is signed with it from here on.
pub(super) async fn rotate_secret(State(core): State<Arc<Core>>, caller: Caller, Id(id): Id) -> HandlerResult {
    let secret = new_secret();
    core.store.write(|db| {
        let mut webhook = webhooks::owned(db, caller.account, id)?;
        webhook.secret.clone_from(&secret);
        webhooks::update(db, &webhook)
    })?;
    ok(&json!({ "secret": secret, "notice": NOTICE }))
}

pub(super) async fn test(State(core): State<Arc<Core>>, caller: Caller, Id(id): Id) -> HandlerResult {
    let now = core.clock.now();
    core.store.write(|db| {
        let webhook = webhooks::owned(db, caller.account, id)?;
        events::publish_test(db, webhook.id, now)
    })?;
    core.dispatch.wake();
    ok(&json!({ "message": "A test delivery has been queued." }))
}

/// https anywhere; http only to this machine and those that were named, which the real portal would not take.
fn read_url(check: &mut Check<'_>, hosts: &[String]) -> String {
    let text = check.text("url", MAX_URL);
    if text.is_empty() {
        return text;
    }
    match Url::parse(&text) {
        Ok(url) if url.scheme() == "https" && url.has_host() => {}
        Ok(url) if url.scheme() == "http" && is_allowed(&url, hosts) => {}
        Ok(url) if url.scheme() == "http" => check.fail("url", "field must use https. (A sandbox sends plain http to this machine, and to hosts that --webhook-hosts names.)"),
        _ => check.fail("url", "field must be a valid URL."),
    }
    text
}

fn is_allowed(url: &Url, hosts: &[String]) -> bool {
    let is_named = |host: &str| hosts.iter().any(|name| name.eq_ignore_ascii_case(host));
    url.host_str().is_some_and(|host| is_this_machine(host) || is_named(host))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn takes(url: &str) -> bool {
        let Value::Object(fields) = json!({ "url": url }) else { return false };
        let mut check = Check::new(&fields);
        read_url(&mut check, &["app".to_owned()]);
        check.finish().is_ok()
    }

    #[test]
    fn plain_http_is_for_this_machine_only() {
        for good in [
            "https://agency.example/hook",
            "http://127.0.0.1:9/h",
            "http://[::1]/h",
            "http://[::ffff:127.0.0.1]/h",
            "http://LOCALHOST/h",
            "http://app:3000/h",
        ] {
            assert!(takes(good), "{good}");
        }
        for bad in [
            "http://agency.example/hook",
            "http://app.example/",
            "http://127.0.0.1.example/",
            "ftp://127.0.0.1/",
            "hook",
            "https://",
        ] {
            assert!(!takes(bad), "{bad}");
        }
        let Value::Object(fields) = json!({ "url": "http://agency.example/hook" }) else { panic!() };
        let mut check = Check::new(&fields);
        read_url(&mut check, &[]);
        assert!(check.finish().unwrap_err().details().contains("--webhook-hosts"), "it says what to do");
    }
}
