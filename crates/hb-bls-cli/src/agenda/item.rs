//! The items of an agenda.

use hb_bls::{Booking, BookingId, CourseId, Money};
use jiff::ZonedDateTime;
use serde::Serialize;

use crate::output::{Column, Record, read_zoned, text, yes, zoned};

/// The unit of prepaid bookings.
pub const CREDITS: &str = "credits";

/// What an item is about, in the order of the page.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum About {
    Training,
    LateKit,
    Payment,
    Certificate,
    LowBalance,
}

impl About {
    pub const ALL: [Self; 5] = [Self::Training, Self::LateKit, Self::Payment, Self::Certificate, Self::LowBalance];

    /// The word in CSV and in notifications.
    pub fn name(self) -> &'static str {
        match self {
            Self::Training => "training",
            Self::LateKit => "late_kit",
            Self::Payment => "payment",
            Self::Certificate => "certificate",
            Self::LowBalance => "low_balance",
        }
    }

    /// The number with its noun, such as "2 late kits".
    pub fn count(self, count: usize) -> String {
        let (one, more) = match self {
            Self::Training => ("training", "trainings"),
            Self::LateKit => ("late kit", "late kits"),
            Self::Payment => ("outstanding payment", "outstanding payments"),
            Self::Certificate => ("certificate to fetch", "certificates to fetch"),
            Self::LowBalance => ("low balance", "low balances"),
        };
        format!("{count} {}", if count == 1 { one } else { more })
    }
}

/// One entry. Its fields are named as those of a booking in `bookings export`.
#[derive(Debug, Clone, Serialize)]
pub struct Item {
    pub about: About,
    pub needs_attention: bool,
    pub booking_id: Option<BookingId>,
    #[serde(serialize_with = "as_text")]
    pub start_date: Option<ZonedDateTime>,
    pub candidate_name: Option<String>,
    pub candidate_email: Option<String>,
    pub candidate_phone: Option<String>,
    pub course_id: Option<CourseId>,
    pub course_name: Option<String>,
    pub booking_status: Option<String>,
    pub payment_url: Option<String>,
    /// What is left of the credits of the course, or of the money.
    pub left: Option<Money>,
    /// Below which it is low.
    pub limit: Option<Money>,
    /// `credits`, or the currency.
    pub unit: Option<String>,
}

fn as_text<S: serde::Serializer>(at: &Option<ZonedDateTime>, serializer: S) -> Result<S::Ok, S::Error> {
    at.as_ref().map(|at| zoned(Some(at))).serialize(serializer)
}

impl Item {
    pub fn empty(about: About) -> Self {
        Self {
            about,
            needs_attention: false,
            booking_id: None,
            start_date: None,
            candidate_name: None,
            candidate_email: None,
            candidate_phone: None,
            course_id: None,
            course_name: None,
            booking_status: None,
            payment_url: None,
            left: None,
            limit: None,
            unit: None,
        }
    }

    pub fn of(booking: &Booking, about: About) -> Self {
        let (candidate, course) = (booking.candidate.as_ref(), booking.course.as_ref());
        Self {
            booking_id: Some(booking.id),
            start_date: booking.start_date.clone(),
            candidate_name: candidate.and_then(|candidate| candidate.name.clone()),
            candidate_email: candidate.and_then(|candidate| candidate.email.clone()),
            candidate_phone: candidate.and_then(|candidate| candidate.phone.clone()),
            course_id: course.map(|course| course.id),
            course_name: course.and_then(|course| course.name.clone()),
            booking_status: booking.booking_status.as_ref().map(ToString::to_string),
            ..Self::empty(about)
        }
    }

    /// Whole credits, or pounds and pence.
    fn number(&self, amount: Option<Money>) -> String {
        let is_credits = self.unit.as_deref() == Some(CREDITS);
        let text =
            |amount: Money| if is_credits { amount.amount().normalize().to_string() } else { amount.to_string() };
        amount.map(text).unwrap_or_default()
    }

    fn amount(&self, amount: Option<Money>) -> String {
        format!("{} {}", self.number(amount), text(self.unit.as_ref())).trim().to_owned()
    }

    /// That a place is not confirmed yet, where that is not plain.
    fn doubt(&self) -> String {
        let status = self.booking_status.as_ref().filter(|status| *status != "booked" && self.about == About::Training);
        text(status)
    }
}

impl Record for Item {
    const COLUMNS: &'static [Column<Self>] = &[
        Column::full("about", |item: &Self| item.about.name().to_owned()),
        Column::full("needs_attention", |item: &Self| yes(Some(item.needs_attention))),
        Column::number("booking_id", |item: &Self| text(item.booking_id.as_ref())).headed("id"),
        Column::time(
            "start_date",
            |item: &Self| zoned(item.start_date.as_ref()),
            |item: &Self| read_zoned(item.start_date.as_ref()),
        )
        .headed("when"),
        Column::person("candidate_name", |item: &Self| text(item.candidate_name.as_ref())).headed("candidate"),
        Column::full("candidate_email", |item: &Self| text(item.candidate_email.as_ref())),
        Column::new("candidate_phone", |item: &Self| text(item.candidate_phone.as_ref()))
            .headed("phone")
            .if_there_is_room(),
        Column::full("course_id", |item: &Self| text(item.course_id.as_ref())),
        Column::long("course_name", |item: &Self| text(item.course_name.as_ref())).headed("course").if_there_is_room(),
        Column::with_brief("booking_status", |item: &Self| text(item.booking_status.as_ref()), Self::doubt)
            .headed("status"),
        Column::whole("payment_url", |item: &Self| text(item.payment_url.as_ref())).headed("where to pay"),
        Column::with_brief("left", |item: &Self| item.number(item.left), |item: &Self| item.amount(item.left))
            .aligned_right(),
        Column::with_brief("limit", |item: &Self| item.number(item.limit), |item: &Self| item.amount(item.limit))
            .headed("warn below")
            .aligned_right(),
        Column::full("unit", |item: &Self| text(item.unit.as_ref())),
    ];
}
