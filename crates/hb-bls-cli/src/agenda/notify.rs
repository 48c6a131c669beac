//! Notifies another program that something needs attention, with counts only and no personal data.

use anyhow::Result;
use bytes::Bytes;
use http::{
    HeaderMap, HeaderValue,
    header::{CONTENT_TYPE, USER_AGENT},
};
use serde_json::{Map, Value, json};

use super::page::Page;
use crate::{
    receiver::{Target, TargetUrl},
    report::{Failure, Kind},
};

pub fn target(url: &TargetUrl) -> Result<Target> {
    Target::new(url)
}

/// Sends the counts. Chat programs show the `text`.
pub async fn send(target: &Target, page: &Page, profile: &str) -> Result<()> {
    let counts = page.attention().into_iter().map(|(about, count)| (about.name().to_owned(), Value::from(count)));
    let body = json!({
        "text": format!("hb-bls, profile {profile}, {}: {}", page.days(), page.summary()),
        "profile": profile,
        "from": page.span.from,
        "until": page.span.until,
        "needs_attention": counts.collect::<Map<_, _>>(),
    });
    let headers = HeaderMap::from_iter([
        (CONTENT_TYPE, HeaderValue::from_static("application/json")),
        (USER_AGENT, HeaderValue::from_static(concat!("hb-bls-cli/", env!("CARGO_PKG_VERSION")))),
    ]);
    match target.send(&headers, Bytes::from(body.to_string())).await {
        Ok(status) if status.is_success() => Ok(()),
        Ok(status) => Err(Failure::new(
            Kind::Rejected,
            format!("the notification was not accepted: the server of --notify-url responded with {}", status.as_u16()),
        )
        .into()),
        Err(why) => Err(Failure::new(Kind::Network, format!("the notification was not sent: {why}")).into()),
    }
}
