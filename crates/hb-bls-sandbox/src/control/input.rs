//! Control input. Unlike the API's it is strict: a wrong field is an error, not something to ignore.

use std::collections::BTreeMap;
use std::time::Duration;

use axum::body::Body;
use axum::extract::FromRequest;
use http::Request;
use jiff::civil::{Date, Time};
use rust_decimal::Decimal;
use serde_json::{Map, Value};

use super::{AccountPatch, Seed};
use crate::SandboxError;
use crate::api::check::Check;
use crate::api::input::read_body;
use crate::faults::{Fault, FaultKind};
use crate::problem::Problem;

/// A JSON object; an empty body is an empty one. The content type does not matter.
#[derive(Debug)]
pub(super) struct Order(Map<String, Value>);

impl<S: Sync> FromRequest<S> for Order {
    type Rejection = Problem;

    async fn from_request(request: Request<Body>, _: &S) -> Result<Self, Problem> {
        let bytes = read_body(request).await?;
        if bytes.iter().all(u8::is_ascii_whitespace) {
            return Ok(Self(Map::new()));
        }
        match serde_json::from_slice(&bytes) {
            Ok(Value::Object(fields)) => Ok(Self(fields)),
            Ok(_) => Err(Problem::rule("body", "The body must be a JSON object.")),
            Err(error) => Err(Problem::rule("body", format!("The body must be JSON: {error}."))),
        }
    }
}

impl Order {
    fn only(&self, known: &[&str]) -> Result<(), Problem> {
        match self.0.keys().find(|name| !known.contains(&name.as_str())) {
            Some(name) => Err(Problem::rule(name, format!("There is no field {name} here."))),
            None => Ok(()),
        }
    }

    pub(super) fn nothing(&self) -> Result<(), Problem> {
        self.only(&[])
    }

    pub(super) fn seconds(&self) -> Result<Duration, Problem> {
        self.only(&["seconds"])?;
        let seconds = self.0.get("seconds").and_then(Value::as_f64);
        seconds
            .and_then(|seconds| Duration::try_from_secs_f64(seconds).ok())
            .ok_or_else(|| Problem::rule("seconds", "The seconds must be a number, not below 0."))
    }

    pub(super) fn event(&self) -> Result<String, Problem> {
        self.only(&["event"])?;
        let mut check = Check::new(&self.0);
        let event = check.text("event", 255);
        check.finish()?;
        Ok(event)
    }

    pub(super) fn on(&self) -> Result<bool, Problem> {
        self.only(&["on"])?;
        let on = self.0.get("on").and_then(Value::as_bool);
        on.ok_or_else(|| Problem::rule("on", "The on field must be true or false."))
    }

    pub(super) fn slot(&self) -> Result<(Date, Time), Problem> {
        self.only(&["date", "time"])?;
        let mut check = Check::new(&self.0);
        let slot = (check.date("date"), check.time("time"));
        check.finish()?;
        Ok(slot)
    }

    /// The document of a seed file; none if it is numbers of things to make up.
    pub(super) fn contents(&self) -> Option<Value> {
        self.0.values().any(Value::is_array).then(|| Value::Object(self.0.clone()))
    }

    pub(super) fn seed(&self) -> Result<Seed, Problem> {
        self.only(&["bookings", "transactions"])?;
        Ok(Seed {
            bookings: self.count("bookings")?.unwrap_or(0),
            transactions: self.count("transactions")?.unwrap_or(0),
        })
    }

    pub(super) fn fault(&self) -> Result<Fault, Problem> {
        self.only(&["operation", "kind", "status", "ms", "retry_after", "times"])?;
        let mut check = Check::new(&self.0);
        let operation = check.text("operation", 255);
        let kind = check.text("kind", 255);
        let status = check.optional_integer("status", (400, 599));
        check.finish()?;
        let kind: FaultKind = kind.parse().map_err(|error: SandboxError| Problem::rule("kind", error.to_string()))?;
        Ok(Fault {
            operation,
            kind,
            status: status.and_then(|status| u16::try_from(status).ok()),
            ms: self.count("ms")?.map_or(kind.usual_delay(), u64::from),
            retry_after: self.count("retry_after")?,
            times: self.count("times")?.unwrap_or(1),
        })
    }

    pub(super) fn account(&self) -> Result<AccountPatch, Problem> {
        self.only(&["hb_client_id", "credits", "money_balance", "invoice_payments", "credit_limit"])?;
        let mut check = Check::new(&self.0);
        let hb_client_id = check.optional_text("hb_client_id", 255);
        let invoice_payments = check.optional_boolean("invoice_payments");
        check.finish()?;
        Ok(AccountPatch {
            hb_client_id,
            credits: self.credits()?,
            money_balance: self.sum("money_balance")?,
            invoice_payments,
            credit_limit: self.sum("credit_limit")?,
        })
    }

    fn credits(&self) -> Result<BTreeMap<i64, i64>, Problem> {
        let wrong = || Problem::rule("credits", "The credits must be whole numbers by course id.");
        match self.0.get("credits") {
            None => Ok(BTreeMap::new()),
            Some(Value::Object(credits)) => credits
                .iter()
                .map(|(course, credits)| Some((course.parse().ok()?, credits.as_i64()?)))
                .collect::<Option<_>>()
                .ok_or_else(wrong),
            Some(_) => Err(wrong()),
        }
    }

    fn count(&self, field: &str) -> Result<Option<u32>, Problem> {
        let Some(value) = self.0.get(field) else { return Ok(None) };
        let count = value.as_u64().and_then(|count| u32::try_from(count).ok());
        count.map(Some).ok_or_else(|| Problem::rule(field, format!("The {field} must be a whole number, not below 0.")))
    }

    fn sum(&self, field: &str) -> Result<Option<Decimal>, Problem> {
        let Some(value) = self.0.get(field) else { return Ok(None) };
        // Read from its text, since a float would make 0.1 inexact.
        let sum = value.as_number().and_then(|number| {
            let text = number.to_string();
            text.parse().or_else(|_| Decimal::from_scientific(&text)).ok()
        });
        sum.map(Some).ok_or_else(|| Problem::rule(field, format!("The {field} must be a number of pounds.")))
    }
}
