//! How far the list of bookings is read.

use axum::{Router, extract::RawQuery, http::header::CONTENT_TYPE, response::IntoResponse, routing};
use futures::future::ready;
use hb_bls::{
    Client, Credentials,
    webhook::{MemoryEventQueue, ReconcileProgress, Reconciler},
};
use serde_json::{Value, json};

use super::MINUTE;

fn json_response(json: &Value) -> impl IntoResponse + use<> {
    ([(CONTENT_TYPE, "application/json")], json.to_string())
}

/// The pages of a portal's list, which may be in any order.
async fn portal(pages: impl Fn(usize) -> Vec<Value> + Clone + Send + Sync + 'static) -> Client {
    let list = move |RawQuery(query): RawQuery| {
        let query = query.unwrap_or_default();
        let page = query.split('&').find_map(|pair| pair.strip_prefix("page=")?.parse().ok()).unwrap_or(1);
        ready(json_response(&json!({ "data": pages(page) })))
    };
    let router = Router::new()
        .route("/auth/token", routing::post(|| ready(json_response(&json!({ "access_token": "tok" })))))
        .route("/bookings", routing::get(list));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, router).await });
    let credentials = Credentials::new("client", "key");
    Client::builder().credentials(credentials).base_url(url).without_rate_limit().build().unwrap()
}

fn booking(id: usize, made: &str) -> Value {
    json!({ "id": id, "booking_status": "booked", "created_at": made })
}

async fn found(client: Client) -> u64 {
    let reconciler =
        Reconciler::builder(client, MemoryEventQueue::new()).lookback(60 * MINUTE).requests_per_minute(6_000_000);
    reconciler.build().run(&mut ReconcileProgress::default()).await.unwrap()
}

#[tokio::test]
async fn a_portal_that_shows_one_page_only_ends_the_run() {
    assert_eq!(found(portal(|_| vec![booking(1, "2100-01-01T00:00:00Z")]).await).await, 1);
}

/// If the oldest come first, those in the window are on the last page.
#[tokio::test]
async fn a_list_in_another_order_is_read_to_its_end() {
    let pages = |page: usize| match page {
        1..=4 => vec![
            booking(2 * page, &format!("200{page}-01-01T00:00:00Z")),
            booking(2 * page + 1, "2020-01-01T00:00:00Z"),
        ],
        5 => vec![booking(100, "2100-01-01T00:00:00Z")],
        _ => vec![],
    };
    assert_eq!(found(portal(pages).await).await, 9);
}

/// In the documented order, the run ends with the window.
#[tokio::test]
async fn nothing_is_read_that_is_older_than_the_window() {
    let pages = |page: usize| match page {
        1 => vec![booking(9, "2100-01-01T00:00:00Z"), booking(8, "2001-01-01T00:00:00Z")],
        2 => vec![booking(7, "2000-01-01T00:00:00Z")],
        _ => panic!("page {page} is read"),
    };
    assert_eq!(found(portal(pages).await).await, 3);
}
