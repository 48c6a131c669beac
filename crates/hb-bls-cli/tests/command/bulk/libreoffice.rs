//! Files that LibreOffice has saved.

use std::path::PathBuf;

use crate::bulk::support::Bulk;

const FLAGS: &str = "--course 1 --pay-option credits --agency-contact-name Jo --agency-contact-email jo@agency.example";

fn fixtures() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/libreoffice")
}

/// Whatever the format, it is the same two people at the same times.
#[test]
fn each_format_is_read_as_it_was_meant() {
    for name in ["candidates.xlsx", "candidates.ods", "candidates.xls", "semicolon.csv", "utf16.csv", "windows1252.csv"]
    {
        let bulk = Bulk::new(0);
        std::fs::copy(fixtures().join(name), bulk.path(name)).unwrap();
        let check = bulk.machine.run(&format!("book --from {name} {FLAGS} --check --output json"));
        let found = check.json();
        assert_eq!((&found["rows"], &found["findings"]), (&2.into(), &serde_json::json!([])), "{name}: {found}");
        let run = bulk.machine.run(&format!("book --from {name} {FLAGS}"));
        assert_eq!(run.code, 0, "{name}: {}", run.stderr);
        let booked = |booking: hb_bls::Booking| {
            let candidate = booking.candidate.unwrap();
            let start = booking.start_date.unwrap().strftime("%d %b %H:%M").to_string();
            [start, candidate.name.unwrap(), candidate.phone.unwrap()].join(", ")
        };
        let mut booked: Vec<_> = bulk.bookings().into_iter().map(booked).collect();
        booked.sort();
        let expected = ["08 Jun 09:00, Zoë Müller, +447700900101", "09 Jun 10:00, Áine O'Shea, +447700900102"];
        assert_eq!(booked, expected, "{name}");
    }
}
