//! Nothing secret or personal is shown.

use hb_bls::{Credentials, Secret};
use hb_bls_sandbox::Sandbox;

use crate::{client, walk::details};

#[tokio::test]
async fn debug_shows_no_secret_and_no_candidate() {
    let sandbox = Sandbox::start().await.unwrap();
    let client = client(&sandbox);
    let course = client.courses().list().await.unwrap().remove(0).id;
    let slot = client.timeslots().list(course).send().await.unwrap().remove(0);
    let hold = client.timeslots().hold(course, slot.date, slot.time).await.unwrap();
    let booking = client.bookings().create(&hold, &details()).await.unwrap();
    let meeting = booking.virtual_meeting.as_ref().unwrap();
    let shown = format!(
        "{client:?} {hold:?} {booking:?} {:?} {:?} {:?} {:?} {:?}",
        details(),
        booking.candidate,
        Credentials::new("id", "sesame"),
        Secret::from("sesame"),
        client.bookings(),
    );
    let secrets = [
        "sesame",
        &hold.hold_hash,
        &sandbox.credentials().api_key,
        "lukasz",
        "Łukasz",
        "O'Neill",
        "Harbour",
        "LS1",
        "07700",
        "jo@agency",
        meeting.zoom_link.as_deref().unwrap(),
        meeting.zoom_password.as_ref().unwrap().expose(),
    ];
    for secret in secrets {
        assert!(!secret.is_empty() && !shown.contains(secret), "{secret} in {shown}");
    }
}
