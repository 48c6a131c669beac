//! A local BLS portal to develop and test against.
//!
//! The real Virtual BLS API has no test mode. This one runs on your machine and behaves like it:
//! all 22 operations over HTTP, with tokens, holds, wallets, certificates and a quota, and with webhooks
//! that are signed and retried. Its clock can be advanced, and it fails on request.
//!
//! ```
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), hb_bls_sandbox::SandboxError> {
//! use hb_bls_sandbox::{Fault, Sandbox};
//!
//! let sandbox = Sandbox::start().await?;
//! let base_url = sandbox.base_url(); // http://127.0.0.1:PORT/api/v1
//! let credentials = sandbox.credentials(); // what POST /auth/token takes
//!
//! sandbox.inject(Fault::status("createBooking", 503).times(2)).await?;
//! sandbox.advance(std::time::Duration::from_secs(3600)).await?;
//! # assert!(base_url.ends_with("/api/v1") && !credentials.api_key.is_empty());
//! # Ok(())
//! # }
//! ```
//!
//! Each [`Sandbox`] is a portal of its own, on its own thread and port; start as many as there are tests.
//! It stops when it is dropped.
//!
//! # What it starts with
//!
//! | | |
//! |---|---|
//! | account | [`DEFAULT_CLIENT_ID`] with [`DEFAULT_API_KEY`] on loopback, generated ones elsewhere |
//! | in it | 12 credits of course 1, 480.00 GBP, invoicing on, a credit limit of 1000.00 GBP |
//! | course 1 | Basic Life Support, 60 minutes, 48.00 GBP |
//! | course 2 | Paediatric Basic Life Support, 90 minutes, 60.00 GBP |
//! | trainers | three; one gives a course at a time, so a slot is one place |
//! | slots | Monday to Friday, 09:00 to 17:00 in the UK, from tomorrow to 12 months ahead |
//!
//! # Time
//!
//! Everything asks the sandbox's clock: tokens, holds, the quota, retries, late kits. It follows the
//! system ([`ClockMode::Real`]), is frozen ([`ClockMode::Frozen`]) or passes several times as fast
//! ([`ClockMode::Fast`]); [`Sandbox::freeze`] and [`Sandbox::unfreeze`] change that while it runs.
//! [`Sandbox::advance`] moves it forward, never back, up to the year 3000. Whatever becomes due on the way has happened, each thing at its own time, when `advance` returns; `advance(Duration::ZERO)` waits for
//! the deliveries that are due already. Only two things take real time: injected latency, and the wait for a webhook
//! receiver's response. A receiver should check `X-TDTA-Timestamp` against the sandbox's clock, not the system's, if a
//! test advances it.
//!
//! # The page
//!
//! At the root of its address, a page for people shows bookings, timeslots, deliveries, requests, accounts, the clock and
//! faults, follows what happens, and has buttons for what the control API does: see [`Sandbox::page_url`].
//!
//! # The control API
//!
//! Under `/_sandbox`, in JSON, for programs on this machine: a request of a web page (with an `Origin`, or embedded in a
//! page of another site), or for a `Host` that is not `localhost` or a loopback address, is 403. Programs on other machines, or under other host names,
//! send the [control token](SandboxBuilder::control_token) as a bearer token. The methods of [`Sandbox`] do the same.
//! `GET /healthz` responds to everybody with 200. Links in responses begin with the `Host` of the request.
//!
//! | route | does |
//! |---|---|
//! | `GET clock`, `POST clock/advance {"seconds"}` | returns the time, moves it forward |
//! | `POST clock/next` | moves it to when the next thing is due |
//! | `POST clock/freeze`, `POST clock/unfreeze` | stops it, lets it run on from where it stands |
//! | `PATCH account {"hb_client_id"?, "credits": {"1": 5}, "money_balance", "invoice_payments", "credit_limit"}` | changes an account, the first unless named |
//! | `POST accounts` | opens another, empty account, and returns its credentials |
//! | `GET accounts` | each account's client id and the URL of its booking page |
//! | `POST bookings/{id}/pay` | the candidate pays: `booking.created`, `booking.confirmed` |
//! | `POST bookings/{id}/complete`, `no-show` | staff record attendance: `booking.attendance_marked` |
//! | `POST bookings/{id}/return-kit` | the kit is back; after `complete`: `booking.certificate_available` |
//! | `POST bookings/{id}/cancel` | `booking.cancelled` |
//! | `POST bookings/{id}/reschedule {"date", "time"}` | `booking.rescheduled` |
//! | `POST seed {"bookings", "transactions"}` | makes up history of the first account |
//! | `POST seed {"accounts"?, "bookings"?, …}` | adds the contents of a seed file that are not there yet |
//! | `POST trigger {"event"}` | makes up a candidate and does what leads to the event |
//! | `GET deliveries`, `GET deliveries/{id}`, `POST deliveries/{id}/retry` | the delivery log; sends an event again |
//! | `POST webhooks/{id}/test` | sends a test event |
//! | `GET requests?after=` | what the API was asked: the last 10,000 |
//! | `POST capture {"on"}` | keeps bodies of requests and of receivers' responses, or stops that |
//! | `POST faults {"operation", "kind", "status"?, "ms"?, "retry_after"?, "times"?}`, `GET`, `DELETE` | see [`FaultKind`] |
//! | `POST reset` | everything but the time is as it was at the start |
//!
//! Lists are `{"data": [...]}`. Wrong input is 422 with a message.
//!
//! # Behaviour that the portal does not document
//!
//! - A kit is expected back seven days after the training and is late from the next midnight in the UK.
//!   If a booking moves, so does its kit's deadline, even if the kit was late already.
//! - A cancellation gives back a credit or the balance, and frees the credit limit of an invoice.
//! - Amounts in the ledger are counted in credits or in pence, and always above zero; `type` says which
//!   way. What goes past the wallet (an invoice, a candidate's payment) is entered as a deposit and a
//!   withdrawal, so that every confirmed booking has its withdrawal and balances equal their sums.
//! - A refresh leaves the old access token valid for the rest of its hour. Revoking a token also revokes its refresh
//!   token.
//! - A webhook that is switched off or deleted gets no more retries. `webhook.test` is sent to whichever webhook is
//!   tested.
//! - `http` is accepted for webhooks on loopback, and on the hosts of [`SandboxBuilder::webhook_hosts`]. Deliveries to
//!   `https` webhooks need the feature `https`; without it, no connection is made and the attempt is logged as failed.
//!
//! # Files
//!
//! [`SandboxBuilder::database`] keeps everything but the list of requests, the quota and faults in one SQLite file that
//! outlives the process, even if it is killed: a response is sent only after its change is on disk. Only one sandbox can
//! use a file at a time. A file of another program is refused and left as it is. The clock never starts earlier than it
//! was at the end of the last run on the file. The file contains secrets in clear text, which are valid only for the
//! sandbox.
//!
//! # Features
//!
//! `https`, off by default: deliveries to `https` webhooks, with the system's certificate authorities and those given to
//! `SandboxBuilder::webhook_authorities`.
//!
//! # Types of other crates
//!
//! The public API contains types or traits of these crates. A new major version of one of them is therefore adopted
//! only in a new major version of this crate.
//!
//! | crate | version | used for |
//! |---|---|---|
//! | `jiff` | 1 | times |
//! | `rust_decimal` | 1 | the amounts of an [`AccountPatch`] |
//! | `serde_json` | 1 | what the control API returns, and seed files |
#![cfg_attr(docsrs, feature(doc_cfg))]
// so that later versions may add fields and variants
#![deny(clippy::exhaustive_enums, clippy::exhaustive_structs)]

mod api;
mod booking;
mod builder;
mod certificate;
mod clock;
mod control;
mod core;
mod credentials;
mod delivery;
mod error;
mod faults;
mod format;
mod guard;
mod live;
mod loopback;
mod origin;
mod page;
mod problem;
mod quota;
mod random;
mod request_log;
mod response;
mod runtime;
mod sandbox;
mod server;
mod store;
mod token;

pub use builder::SandboxBuilder;
pub use clock::ClockMode;
pub use control::{AccountPatch, Seed};
pub use credentials::{DEFAULT_API_KEY, DEFAULT_CLIENT_ID, SandboxCredentials};
pub use delivery::{DeliveryAttempt, DeliveryState};
pub use error::SandboxError;
pub use faults::{Fault, FaultKind};
pub use request_log::RequestRecord;
pub use sandbox::Sandbox;
