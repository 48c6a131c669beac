//! Nothing secret or personal is shown: not by `Debug`, not by errors, and not in the traces of any crate.

pub mod capture;
mod client_types;
mod echo;
#[cfg(feature = "event-queue")]
mod queue_types;
mod run;
mod state_types;
mod types;

use std::sync::Mutex;

use hb_bls::{
    Booking, BookingDetails, PayOption,
    state::{AccountKey, AccountLease, MemoryTokenStore, StateFuture, TokenSet, TokenStore},
};

/// A candidate whose data must not be shown.
fn details() -> BookingDetails {
    BookingDetails::builder()
        .first_name("Adalbertine")
        .last_name("Quillfeather")
        .email("adalbertine@quill.example.com")
        .phone("+447700900987")
        .address("17 Sesame Wharf")
        .city("Thistlemouth")
        .postcode("TM9 9ZZ")
        .job_role("Lighthouse nurse")
        .pay_option(PayOption::Credits)
        .agency_contact_name("Boadicea Marsh")
        .agency_contact_email("boadicea@agency.example")
        .agency_email("bookings@agency.example")
        .build()
}

/// What must not be shown, in lower case and as it appears in a URL.
struct Hidden(Mutex<Vec<[String; 2]>>);

impl Hidden {
    /// All data of the candidate.
    fn new() -> Self {
        let hidden = Self(Mutex::default());
        let person = details();
        for text in [person.first_name, person.last_name, person.email, person.phone, person.address, person.city] {
            hidden.add(text);
        }
        for text in [person.postcode, person.job_role, person.agency_contact_name, person.agency_contact_email] {
            hidden.add(text);
        }
        hidden.add(person.agency_email.unwrap());
        // in other spellings, and in parts
        for text in ["7700900987", "quill.example", "Sesame", "Boadicea", "agency.example", "Lighthouse"] {
            hidden.add(text);
        }
        hidden
    }

    fn add(&self, text: impl Into<String>) {
        let text = text.into();
        assert!(text.len() > 3, "{text} may be anything");
        let url = url::Url::parse_with_params("x:", [("", &text)]).unwrap();
        let encoded = url.query().unwrap()[1..].to_lowercase();
        self.0.lock().unwrap().push([text.to_lowercase(), encoded]);
    }

    /// What only the portal knows about a booking.
    fn booking(&self, booking: &Booking) {
        let meeting = booking.virtual_meeting.as_ref().unwrap();
        self.add(meeting.zoom_link.clone().unwrap());
        self.add(meeting.zoom_password.as_ref().unwrap().expose());
        self.add(booking.trainer.as_ref().unwrap().name.clone().unwrap());
    }

    /// The secrets that a text shows, in any spelling.
    fn found(&self, text: &str) -> Vec<String> {
        let text = text.to_lowercase();
        let hidden = self.0.lock().unwrap();
        let shown = hidden.iter().filter(|spellings| spellings.iter().any(|spelling| text.contains(spelling)));
        shown.map(|[hidden, _]| hidden.clone()).collect()
    }

    #[track_caller]
    fn check(&self, text: &str) {
        if self.found(text).is_empty() {
            return;
        }
        let line = text.lines().find(|line| !self.found(line).is_empty());
        panic!("{:?} in {line:?}", self.found(text));
    }
}

/// Collects all tokens that were ever issued.
#[derive(Debug, Default)]
struct Noting {
    store: MemoryTokenStore,
    noted: Mutex<Vec<String>>,
}

impl TokenStore for Noting {
    fn load<'a>(&'a self, account: &'a AccountKey) -> StateFuture<'a, Option<TokenSet>> {
        self.store.load(account)
    }

    fn save<'a>(&'a self, account: &'a AccountKey, fence: u64, tokens: Option<&'a TokenSet>) -> StateFuture<'a, bool> {
        let mut noted = self.noted.lock().unwrap();
        for token in tokens.into_iter().flat_map(|set| [Some(&set.access_token), set.refresh_token.as_ref()]).flatten()
        {
            noted.push(token.expose().to_owned());
        }
        self.store.save(account, fence, tokens)
    }

    fn lock<'a>(&'a self, account: &'a AccountKey) -> StateFuture<'a, AccountLease> {
        self.store.lock(account)
    }
}
