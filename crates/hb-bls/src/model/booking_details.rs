use std::fmt;

use bon::Builder;
use hb_bls_gen::{PayOption, types};
use serde::{Deserialize, Serialize};

/// Who takes the training, where to send the kit, and how the booking is paid. API: the body of `POST /bookings`.
///
/// The builder requires every field except [`agency_email`](Self::agency_email) at compile time. The type of a partly
/// filled builder can be named, so that a program can set the fields that all its bookings share in one place:
///
/// ```
/// use hb_bls::builder::booking_details_builder::{
///     IsUnset, SetAgencyContactEmail, SetAgencyContactName, SetPayOption, State,
/// };
/// use hb_bls::{BookingDetails, BookingDetailsBuilder, PayOption};
///
/// /// Sets what all bookings of this agency have in common.
/// fn of_the_agency() -> BookingDetailsBuilder<SetAgencyContactEmail<SetAgencyContactName<SetPayOption>>> {
///     BookingDetails::builder()
///         .pay_option(PayOption::Credits)
///         .agency_contact_name("Jo Field")
///         .agency_contact_email("jo.field@agency.example")
/// }
///
/// /// Makes the agency pay, whichever other fields are set.
/// fn billed<S: State<PayOption: IsUnset>>(details: BookingDetailsBuilder<S>) -> BookingDetailsBuilder<SetPayOption<S>> {
///     details.pay_option(PayOption::Credits)
/// }
/// # let _ = (of_the_agency(), billed(BookingDetails::builder()));
/// ```
#[derive(Clone, PartialEq, Builder, Serialize, Deserialize)]
#[builder(on(String, into), derive(Clone), state_mod(vis = "pub"))]
#[non_exhaustive]
pub struct BookingDetails {
    /// The candidate's first name.
    pub first_name: String,
    /// The candidate's last name.
    pub last_name: String,
    /// The candidate's email address, to which the invitation is sent.
    pub email: String,
    /// The candidate's phone number.
    pub phone: String,
    /// The address to which the kit is posted: house number and street.
    pub address: String,
    /// The address to which the kit is posted: town.
    pub city: String,
    /// The address to which the kit is posted: postcode.
    pub postcode: String,
    /// The candidate's job title.
    pub job_role: String,
    /// How the booking is paid.
    #[builder(into)]
    pub pay_option: PayOption,
    /// The person at the agency who is responsible for the booking.
    pub agency_contact_name: String,
    /// That person's email address.
    pub agency_contact_email: String,
    /// The agency's email address.
    pub agency_email: Option<String>,
}

impl BookingDetails {
    /// The names of the fields and their values.
    pub(crate) fn values(&self) -> impl Iterator<Item = (&'static str, String)> + use<> {
        let details = self.clone();
        [
            ("first_name", details.first_name),
            ("last_name", details.last_name),
            ("email", details.email),
            ("phone", details.phone),
            ("address", details.address),
            ("city", details.city),
            ("postcode", details.postcode),
            ("job_role", details.job_role),
            ("pay_option", details.pay_option.to_string()),
            ("agency_contact_name", details.agency_contact_name),
            ("agency_contact_email", details.agency_contact_email),
            ("agency_email", details.agency_email.unwrap_or_default()),
        ]
        .into_iter()
    }

    pub(crate) fn to_request(&self, hold_hash: String) -> types::BookingRequest {
        let details = self.clone();
        types::BookingRequest {
            hold_hash,
            first_name: details.first_name,
            last_name: details.last_name,
            email: details.email,
            phone: details.phone,
            address: details.address,
            city: details.city,
            postcode: details.postcode,
            job_role: details.job_role,
            pay_option: details.pay_option,
            agency_contact_name: details.agency_contact_name,
            agency_contact_email: details.agency_contact_email,
            agency_email: details.agency_email,
        }
    }
}

/// Leaves out everything that is personal.
impl fmt::Debug for BookingDetails {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BookingDetails").field("pay_option", &self.pay_option).finish_non_exhaustive()
    }
}
