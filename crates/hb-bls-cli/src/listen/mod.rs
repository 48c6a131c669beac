//! `hb-bls listen`: receives webhook deliveries on this machine until it is stopped.

mod endpoint;
mod show;

use std::{net::Ipv4Addr, path::PathBuf, sync::Arc, time::Duration};

use anyhow::{Context as _, Result, anyhow};
use endpoint::Endpoint;
use hb_bls::{
    Client, Clock, Secret, SystemClock, WebhookEventType,
    webhook::{MemoryInbox, SecretError, Verifier},
};
use reqwest::Url;
use serde::Serialize;
use tokio::{
    net::TcpListener,
    sync::{mpsc, oneshot},
};

use crate::{
    args,
    clock::within,
    context::Context,
    loopback::is_loopback,
    output::{Format, sanitise},
    receiver::{self, PortalClock, Receiver, Recording, SecretArgs, Target, TargetUrl},
    report::{Failure, Kind},
    signals::Stop,
};

/// More than a portal sends in the 80 minutes for which events are remembered.
const REMEMBERED: usize = 100_000;
/// For requests under way once the user stops.
const STOP_WITHIN: Duration = Duration::from_millis(300);
/// For deliveries that were received to be shown after the server has stopped.
const SHOW_WITHIN: Duration = Duration::from_millis(200);
/// For a registration that is in progress when the user stops.
const REGISTER_WITHIN: Duration = Duration::from_millis(500);
/// Users often stop the portal at the same time, and should not have to wait for it.
const REMOVE_WITHIN: Duration = Duration::from_secs(2);

/// Receive webhook deliveries on this machine
///
/// Each delivery is verified and shown on one line. Without a secret, it registers an endpoint with a portal on this
/// machine and removes it at the end. With a secret, it verifies whatever arrives at its URL, for example through a
/// tunnel from the real portal.
#[derive(clap::Args)]
#[command(after_long_help = "\
Responses:
  200  accepted, or a duplicate
  400  malformed
  401  not authentic: the signature or the time is wrong
  413  the body is too large
  502  verified, but the server of --forward-to did not accept it; the portal tries again
  503  verified, but it could not be recorded or shown")]
pub struct Args {
    /// The port to listen on; 0 takes a free one
    #[arg(long, default_value_t = 0)]
    port: u16,
    /// Forward verified deliveries to this URL, headers and body unchanged: https, or http on this machine
    #[arg(long, value_name = "URL")]
    forward_to: Option<TargetUrl>,
    /// The events to receive, separated by commas, such as booking.created (default: all events)
    #[arg(long, value_name = "EVENTS", value_delimiter = ',', value_parser = args::event(), hide_possible_values = true)]
    events: Vec<WebhookEventType>,
    /// Append verified deliveries to a file that `replay` reads; it will contain candidates' data
    #[arg(long, value_name = "FILE")]
    record: Option<PathBuf>,
    /// Show the signing secret, for the server of --forward-to to verify with
    #[arg(long)]
    print_secret: bool,
    #[command(flatten)]
    secrets: SecretArgs,
}

#[derive(Serialize)]
struct Announcement<'a> {
    url: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    secret: Option<&'a str>,
}

pub async fn run(args: Args, context: &Context) -> Result<()> {
    let mut stop = Stop::listen()?;
    if context.output().format() == Format::Csv {
        return Err(Failure::new(Kind::Usage, "listen prints a table or JSON lines, not CSV").into());
    }
    let given = args.secrets.read()?;
    let (listener, url) = bind(args.port).await?;
    // whatever can fail without the portal comes first
    let recording = args.record.as_deref().map(Recording::open).transpose()?;
    let target = args.forward_to.as_ref().map(Target::new).transpose()?;
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);

    let (secrets, endpoint, portal_clock) = if given.is_empty() {
        let portal_clock = PortalClock::new(clock.clone(), &local_portal(context)?)?;
        let events = if args.events.is_empty() { WebhookEventType::KNOWN.to_vec() } else { args.events.clone() };
        let registering = endpoint::register(client(context)?, &url, events);
        let Some(registered) = unless_stopped(registering, &mut stop).await else { return Ok(()) };
        let (endpoint, secret) = registered?;
        (vec![secret], Some(endpoint), Some(Arc::new(portal_clock)))
    } else {
        (given, None, None)
    };
    let listening = Listening { listener, url, secrets, recording, target, clock, portal_clock };
    let ended = listening.until(&mut stop, &args, context, endpoint.as_ref()).await;
    let removed = match endpoint {
        Some(endpoint) => remove(endpoint, &mut stop).await,
        None => Ok(()),
    };
    // why it ended matters more than what it left behind
    ended.and(removed)
}

async fn bind(port: u16) -> Result<(TcpListener, String)> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port))
        .await
        .with_context(|| format!("cannot listen on port {port} of this machine; --port 0 takes a free one"))?;
    let url = format!("http://{}/", listener.local_addr()?);
    Ok((listener, url))
}

/// The base URL, if a portal there can reach this machine's loopback.
fn local_portal(context: &Context) -> Result<Url> {
    let base_url = Url::parse(&context.settings()?.base_url).ok().filter(is_loopback);
    base_url.ok_or_else(|| {
        Failure::new(
            Kind::Usage,
            "no signing secret was given, and the portal cannot reach this computer",
        )
        .hint(
            "to develop, run `hb-bls sandbox` and give its --base-url. For the real portal open a tunnel to a fixed \
                 --port, register its https URL with `hb-bls webhooks create`, and give the secret with --secret-file",
        )
        .into()
    })
}

/// A client that does not wait for the quota, so that removing the endpoint at the end is not held up.
fn client(context: &Context) -> Result<Client> {
    context.client_that_never_waits()
}

/// The outcome of the work, or nothing if the user stops it and it does not end soon after.
async fn unless_stopped<T>(work: impl Future<Output = T>, stop: &mut Stop) -> Option<T> {
    let mut work = std::pin::pin!(work);
    tokio::select! {
        done = &mut work => Some(done),
        () = stop.wait() => within(REGISTER_WITHIN, work).await,
    }
}

async fn remove(endpoint: Endpoint, stop: &mut Stop) -> Result<()> {
    let id = endpoint.id;
    let removed = tokio::select! {
        removed = within(REMOVE_WITHIN, endpoint.remove()) => removed,
        () = stop.wait() => None,
    };
    removed.unwrap_or_else(|| {
        let left = format!("endpoint {id} may be left behind: the portal did not respond in time");
        Err(Failure::new(Kind::Network, left).hint("if it still runs, the next `hb-bls listen` removes it").into())
    })
}

struct Listening {
    listener: TcpListener,
    url: String,
    secrets: Vec<Secret>,
    recording: Option<Recording>,
    target: Option<Target>,
    clock: Arc<dyn Clock>,
    portal_clock: Option<Arc<PortalClock>>,
}

impl Listening {
    /// Receives until the user stops it, nobody reads the output any more, or something breaks.
    async fn until(self, stop: &mut Stop, args: &Args, context: &Context, endpoint: Option<&Endpoint>) -> Result<()> {
        let output = context.output();
        let verifier = self.verifier().map_err(|error| Failure::new(Kind::Usage, error.to_string()))?;
        let secret = self.secrets.first().filter(|_| args.print_secret).map(Secret::expose);
        if output.is_json() {
            output.line(&Announcement { url: &self.url, secret })?;
        } else {
            output.text(&format!("listening at {}", self.url))?;
            if let Some(secret) = secret {
                output.text(&format!("signing secret {}", sanitise::line(secret)))?;
            }
        }
        if let Some(endpoint) = endpoint {
            output.note(&format!("endpoint {} is registered for it until Ctrl-C", endpoint.id));
        }

        let (received, to_show) = mpsc::channel(64);
        let (broken, mut breaks) = mpsc::channel(1);
        let (stop_serving, stopped) = oneshot::channel::<()>();
        let receiver = Receiver {
            verifier,
            inbox: MemoryInbox::new().with_capacity(REMEMBERED).with_clock(self.clock.clone()),
            clock: self.clock,
            portal_clock: self.portal_clock,
            // a portal that knows which events are wanted sends no others, but for tests that somebody asked for
            events: (endpoint.is_none() && !args.events.is_empty())
                .then(|| args.events.iter().map(|event| event.as_str().to_owned()).collect()),
            recording: self.recording,
            target: self.target,
            received,
            broken,
        };
        let mut shown = show::start(output, to_show);
        let server = axum::serve(self.listener, receiver::router(receiver));
        let server = tokio::spawn(server.with_graceful_shutdown(async { drop(stopped.await) }).into_future());
        let ended = tokio::select! {
            () = stop.wait() => Ok(()),
            Some(error) = breaks.recv() => Err(error),
            // ends early only if the output is closed or the receiver has failed
            shown = &mut shown => Err(shown.map_or_else(Into::into, |shown| {
                shown.err().map_or_else(|| anyhow!("the receiver failed"), Into::into)
            })),
        };
        drop(stop_serving);
        within(STOP_WITHIN, server).await;
        if !shown.is_terminated() {
            drop(within(SHOW_WITHIN, shown).await);
        }
        ended
    }

    fn verifier(&self) -> Result<Verifier, SecretError> {
        let mut verifier = Verifier::builder();
        for secret in &self.secrets {
            verifier = verifier.secret(secret.clone());
        }
        match &self.portal_clock {
            Some(clock) => verifier.clock(clock.clone()),
            None => verifier.clock(self.clock.clone()),
        }
        .build()
    }
}
