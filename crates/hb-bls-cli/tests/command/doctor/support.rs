//! A portal with something of everything, and what the command tells.

use serde_json::Value;

use crate::machine::{Machine, Portal, Run};

/// The operations that only read.
pub const READING: [&str; 11] = [
    "getTokenInfo",
    "getBookingUrl",
    "getCredits",
    "listTransactions",
    "listCourses",
    "listTimeslots",
    "listBookings",
    "getBooking",
    "downloadCertificate",
    "listWebhooks",
    "getWebhook",
];

/// A portal where every reading operation has something to show.
pub fn portal() -> (Portal, Machine) {
    portal_with(5)
}

/// With this many bookings: 1 and 2 have no certificate, which takes a while to draw.
pub fn portal_with(bookings: u32) -> (Portal, Machine) {
    let portal = Portal::seeded(bookings);
    let machine = Machine::at(&portal);
    assert_eq!(machine.run("webhooks create --name crm --url https://crm.agency.example/").code, 0);
    (portal, machine)
}

/// What is told about operations, findings or assumptions.
pub fn about<'a>(rows: &'a [Value], what: &str) -> Vec<&'a Value> {
    rows.iter().filter(|row| row["about"] == what).collect()
}

/// All rows of a run with `--output json`, whatever its exit code.
pub fn rows(run: &Run) -> Vec<Value> {
    let rows: Value = serde_json::from_str(&run.stdout).unwrap_or_else(|_| panic!("{}{}", run.stdout, run.stderr));
    rows.as_array().unwrap().clone()
}

/// The findings in lines, sorted as they are told.
pub fn findings(rows: &[Value]) -> Vec<String> {
    let text = |row: &Value, name: &str| row[name].as_str().unwrap().to_owned();
    let line = |row: &&Value| {
        format!("{} {} {}: {}", text(row, "verdict"), text(row, "operation"), text(row, "path"), text(row, "text"))
    };
    about(rows, "finding").iter().map(line).collect()
}

/// The verdict on the assumption whose text begins so.
pub fn verdict(rows: &[Value], begins: &str) -> String {
    let found: Vec<_> = about(rows, "assumption")
        .into_iter()
        .filter(|row| row["text"].as_str().unwrap().starts_with(begins))
        .map(|row| row["verdict"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(found.len(), 1, "{begins}: {found:?}");
    found[0].clone()
}
