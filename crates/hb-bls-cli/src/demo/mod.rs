//! `hb-bls demo`: a booking from credentials to certificate, over real HTTP, without leaving this machine.

mod steps;

use std::{net::Ipv4Addr, path::PathBuf, time::Duration};

use anyhow::{Context as _, Result, ensure};
use hb_bls::{
    Booking, Client, Course, Hold, Timeslot, WebhookEventType, WebhookRequest, testing,
    webhook::{Delivery, MemoryInbox, Verifier, axum::router},
};
use hb_bls_sandbox::Sandbox;
use serde_json::{Map, json};
use steps::{Call, Step, Steps};
use tokio::{net::TcpListener, sync::mpsc};

use crate::{
    clock::within,
    output::{self, Output},
    when,
};

/// The portal delivers at once; a second attempt would come after 15 minutes.
const PATIENCE: Duration = Duration::from_secs(10);

#[derive(clap::Args)]
pub struct Args {
    /// Where to put the certificate
    #[arg(long, value_name = "DIR", default_value = "hb-bls-demo")]
    dir: PathBuf,
}

pub async fn run(args: &Args, output: Output) -> Result<()> {
    std::fs::create_dir_all(&args.dir).with_context(|| format!("cannot create {}", args.dir.display()))?;
    let sandbox = Sandbox::start().await.context("the local portal cannot start")?;
    let mut printer = StepPrinter { sandbox: &sandbox, seen: 0, steps: Steps::new(output) };
    let walked = walk(args, &sandbox, &mut printer).await;
    // however far it went
    printer.steps.end()?;
    walked?;
    sandbox.shutdown().await.context("the local portal did not stop cleanly")
}

async fn walk(args: &Args, sandbox: &Sandbox, printer: &mut StepPrinter<'_>) -> Result<()> {
    let client = testing::client_builder(sandbox).build()?;
    let text = format!("a local portal at {}, with an account of its own", sandbox.base_url());
    printer.tell("portal", text, [("base_url", json!(sandbox.base_url()))]).await?;

    let course = choose_course(&client, printer).await?;
    let mut deliveries = register_receiver(&client, printer).await?;
    let slot = find_slot(&client, &course, printer).await?;
    let hold = hold(&client, &course, &slot, printer).await?;
    let booking = book(&client, hold, printer).await?;
    expect_event(&mut deliveries, WebhookEventType::BookingCreated, printer).await?;

    sandbox.complete(booking.id.get()).await?;
    printer.tell("staff", "the training took place; the candidate attended and passed", []).await?;
    expect_event(&mut deliveries, WebhookEventType::BookingAttendanceMarked, printer).await?;
    sandbox.return_kit(booking.id.get()).await?;
    printer.tell("staff", "the kit came back", []).await?;
    expect_event(&mut deliveries, WebhookEventType::BookingCertificateAvailable, printer).await?;

    download(&client, &booking, args, printer).await
}

/// Prints each step with the calls that the portal saw since the step before.
struct StepPrinter<'a> {
    sandbox: &'a Sandbox,
    /// How many of the portal's requests have been shown.
    seen: usize,
    steps: Steps,
}

impl StepPrinter<'_> {
    async fn tell<const N: usize>(
        &mut self,
        name: &'static str,
        text: impl Into<String>,
        fields: [(&str, serde_json::Value); N],
    ) -> Result<()> {
        // the portal's own list shows what really went over the wire
        let requests = self.sandbox.requests().await?;
        let calls = requests.iter().skip(self.seen).map(|request| Call {
            method: request.method.clone(),
            path: match &request.query {
                Some(query) => format!("{}?{query}", request.path),
                None => request.path.clone(),
            },
            status: request.status,
        });
        let calls = calls.collect();
        self.seen = requests.len();
        let fields = Map::from_iter(fields.map(|(key, value)| (key.to_owned(), value)));
        self.steps.tell(Step { name, text: text.into(), calls, fields })?;
        Ok(())
    }
}

async fn choose_course(client: &Client, printer: &mut StepPrinter<'_>) -> Result<Course> {
    let balances = client.account().balances().await?;
    let credit =
        balances.booking_credits.iter().find(|credit| credit.credits > 0).context("the account has no credits")?;
    let name = credit.course_name.as_deref().unwrap_or("a course");
    let money = balances.booking_money_balance.unwrap_or_default();
    let currency = balances.currency.as_deref().unwrap_or_default();
    let text = format!("{} credits of {name}, and {money} {currency}", credit.credits);
    printer
        .tell("balances", text, [("credits", json!(credit.credits)), ("money_balance", json!(money.to_string()))])
        .await?;

    let courses = client.courses().list().await?;
    let course = courses
        .into_iter()
        .find(|course| course.id == credit.course_id)
        .context("the credits' course is not active")?;
    let text = format!("{} (course {})", course.name.as_deref().unwrap_or("a course"), course.id);
    printer.tell("course", text, [("course_id", json!(course.id.get()))]).await?;
    Ok(course)
}

/// Registers an endpoint, and receives verified deliveries there in the order in which they come.
async fn register_receiver(client: &Client, printer: &mut StepPrinter<'_>) -> Result<mpsc::Receiver<Delivery>> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.context("no port to receive webhooks on")?;
    let url = format!("http://{}/", listener.local_addr().context("no port to receive webhooks on")?);
    let request = WebhookRequest::builder().name("hb-bls demo").url(&url).events(WebhookEventType::KNOWN).build();
    let webhook = client.webhooks().create(&request).await?;
    let text = format!("events go to {url}, signed with a secret that only we know");
    printer.tell("webhook", text, [("webhook_id", json!(webhook.id.get())), ("url", json!(url))]).await?;
    let (sender, deliveries) = mpsc::channel(16);
    let handler = move |delivery| {
        let sender = sender.clone();
        async move { sender.send(delivery).await }
    };
    let receiver = router(Verifier::new(webhook.secret)?, MemoryInbox::new(), handler);
    // ends with the command
    tokio::spawn(axum::serve(listener, receiver).into_future());
    Ok(deliveries)
}

async fn find_slot(client: &Client, course: &Course, printer: &mut StepPrinter<'_>) -> Result<Timeslot> {
    let slots = client.timeslots().list(course.id).months_ahead(1).await?;
    let count = slots.len();
    let slot = slots.into_iter().next().context("no timeslot is free")?;
    let time = output::time(slot.time);
    let text = format!("{count} timeslots are free; the first is {}", when::moment(slot.date, slot.time));
    printer.tell("timeslots", text, [("date", json!(slot.date.to_string())), ("time", json!(time))]).await?;
    Ok(slot)
}

async fn hold(client: &Client, course: &Course, slot: &Timeslot, printer: &mut StepPrinter<'_>) -> Result<Hold> {
    let hold = client.timeslots().hold(course.id, slot.date, slot.time).await?;
    let until =
        hold.expires_at().map_or_else(|| "for 30 minutes".to_owned(), |at| format!("until {}", when::instant(at)));
    printer.tell("hold", format!("the timeslot is ours {until}"), []).await?;
    Ok(hold)
}

async fn book(client: &Client, hold: Hold, printer: &mut StepPrinter<'_>) -> Result<Booking> {
    let booking = client.bookings().create(hold, &testing::booking_details()).await.map_err(hb_bls::Error::from)?;
    let status = booking.booking_status.as_ref().map_or("made", |status| status.as_str());
    let start = booking.start_date.as_ref().map(when::zoned);
    let text = format!(
        "booking {} is {status} with one credit: {}",
        booking.id,
        start.as_deref().unwrap_or("time not known yet")
    );
    printer.tell("book", text, [("booking_id", json!(booking.id.get())), ("booking_status", json!(status))]).await?;
    Ok(booking)
}

async fn expect_event(
    deliveries: &mut mpsc::Receiver<Delivery>,
    expected: WebhookEventType,
    printer: &mut StepPrinter<'_>,
) -> Result<()> {
    let delivery = within(PATIENCE, deliveries.recv()).await.flatten();
    let delivery = delivery.with_context(|| format!("no delivery of event {expected} came, or it did not verify"))?;
    let event = &delivery.event;
    ensure!(event.event_type == expected, "expected event {expected}, received {}", event.event_type);
    let text = format!("{} received, its signature verified", event.event_type);
    let fields = [
        ("event_type", json!(event.event_type.as_str())),
        ("event_id", json!(event.event_id.to_string())),
        ("delivery_id", json!(delivery.verified.delivery_id)),
        ("verified", json!(true)),
    ];
    printer.tell("event", text, fields).await
}

async fn download(client: &Client, booking: &Booking, args: &Args, printer: &mut StepPrinter<'_>) -> Result<()> {
    let path = args.dir.join(format!("certificate-{}.pdf", booking.id));
    client.bookings().save_certificate(booking.id, &path).await?;
    let text = format!("saved as {}", path.display());
    printer.tell("certificate", text, [("file", json!(path.to_string_lossy()))]).await
}
