//! `hb-bls trigger`: makes a sandbox send an event, by really doing what leads to it.

use anyhow::Result;
use clap::builder::StringValueParser;
use hb_bls::WebhookEventType;
use serde_json::json;

use super::{actions, control_client::SandboxSelector};
use crate::{offered::offered, output::Output};

/// Make a sandbox send an event, by really doing what leads to it
///
/// A candidate is made up and booked with the first account. For booking.equipment_late, the clock moves forward to the day on
/// which the kit is late.
#[derive(clap::Args)]
pub struct Trigger {
    /// The event, such as booking.certificate_available
    #[arg(value_parser = offered(StringValueParser::new(), events()), hide_possible_values = true)]
    event: String,
    #[command(flatten)]
    at: SandboxSelector,
}

fn events() -> impl Iterator<Item = &'static str> {
    WebhookEventType::KNOWN.iter().map(WebhookEventType::as_str)
}

pub async fn run(args: Trigger, output: Output) -> Result<()> {
    let response = args.at.find()?.post("/trigger", json!({ "event": args.event })).await?;
    if response["id"].is_null() {
        output.note("a test event is sent to every webhook");
        return Ok(());
    }
    actions::booking(response, output)
}
