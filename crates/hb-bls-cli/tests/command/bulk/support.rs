//! A portal, a file of candidates, and what came of it.

use std::{collections::BTreeMap, path::PathBuf};

use hb_bls::Booking;
use hb_bls_sandbox::{AccountPatch, SandboxBuilder};

use crate::machine::{Machine, Portal, Run};

pub const HEADER: &str = "course_id,first_name,last_name,email,phone,address,city,postcode,job_role,pay_option,\
                          agency_contact_name,agency_contact_email";

/// What would show if personal data came to where it does not belong.
pub const PERSONAL: [&str; 6] = ["Quill", "quill", "Harbour", "+44770", "Porthaven", "agency.example"];

/// A candidate who is booked on course 1 or 2.
pub fn candidate(number: usize) -> String {
    let course = number % 2 + 1;
    format!(
        "{course},Name{number},Quill,quill.{number}@example.com,+4477009{number:05},\"{number}, Harbour Street\",Porthaven,\
         PH1 2AB,Nurse,credits,Jo Harbour,jo@agency.example"
    )
}

/// One whose job is longer than the portal takes.
pub fn too_long(number: usize) -> String {
    candidate(number).replace("Nurse", &"Nurse ".repeat(60))
}

/// One of an address.
pub fn email(number: usize) -> String {
    format!("quill.{number}@example.com")
}

/// A portal with enough of everything, a machine, and a file.
pub struct Bulk {
    pub portal: Portal,
    pub machine: Machine,
}

pub const COMMAND: &str = "book --from candidates.csv --journal run.journal --earliest";

impl Bulk {
    /// With this many candidates, whom nothing holds up.
    pub fn new(candidates: usize) -> Self {
        Self::with(candidates, |builder| builder.rate_limit(false))
    }

    pub fn with(candidates: usize, set_up: impl FnOnce(SandboxBuilder) -> SandboxBuilder) -> Self {
        let portal = Portal::start_with(set_up);
        let credits = BTreeMap::from([(1, 500), (2, 500)]);
        let patch = AccountPatch::default().credits(credits);
        portal.run(async |sandbox| sandbox.set_account(patch).await);
        let machine = Machine::at(&portal);
        let bulk = Self { portal, machine };
        bulk.write(&(1..=candidates).map(candidate).collect::<Vec<_>>());
        bulk
    }

    pub fn write(&self, rows: &[String]) {
        std::fs::write(self.path("candidates.csv"), format!("{HEADER}\n{}\n", rows.join("\n"))).unwrap();
    }

    /// The digests that an earlier version made of rows, as JSON.
    pub fn digests(&self, rows: &[String]) -> String {
        use sha2::{Digest as _, Sha256};

        let mut names: Vec<_> = HEADER.split(',').map(str::trim).enumerate().collect();
        // in the order of the fields, of which the agency's are the last and the option to pay precedes them
        let order =
            ["course_id", "first_name", "last_name", "email", "phone", "address", "city", "postcode", "job_role"];
        names.sort_by_key(|(_, name)| order.iter().position(|other| other == name).unwrap_or(order.len()));
        let digest = |row: &String| {
            let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(row.as_bytes());
            let record = reader.records().next().unwrap().unwrap();
            let mut hash = Sha256::new();
            for (column, name) in &names {
                for part in [*name, record[*column].trim()] {
                    hash.update(part.len().to_be_bytes());
                    hash.update(part);
                }
            }
            hash.finalize().iter().take(16).map(|byte| format!("{byte:02x}")).collect::<String>()
        };
        serde_json::to_string(&rows.iter().map(digest).collect::<Vec<_>>()).unwrap()
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.machine.home.path().join(name)
    }

    pub fn run(&self, more: &str) -> Run {
        self.machine.run(&format!("{COMMAND} {more}"))
    }

    /// What the portal has, past the command.
    pub fn bookings(&self) -> Vec<Booking> {
        use futures::TryStreamExt as _;
        self.portal.wait(self.portal.client().bookings().list().per_page(100).items().try_collect()).unwrap()
    }

    /// How often each address is booked.
    pub fn booked(&self) -> BTreeMap<String, usize> {
        let mut counts = BTreeMap::new();
        for booking in self.bookings() {
            *counts.entry(booking.candidate.unwrap().email.unwrap()).or_default() += 1;
        }
        counts
    }

    /// Everybody is booked once.
    pub fn assert_all_booked_once(&self, candidates: usize) {
        let booked = self.booked();
        let wrong: Vec<_> = (1..=candidates)
            .map(|number| (number, booked.get(&email(number)).copied().unwrap_or_default()))
            .filter(|(_, times)| *times != 1)
            .collect();
        assert!(wrong.is_empty(), "candidates and how often they are booked: {wrong:?}");
        assert_eq!(booked.len(), candidates);
    }
}
