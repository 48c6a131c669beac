//! The log of bookings in a file, and what may have become of the file.

use std::{fs, path::PathBuf};

use hb_bls::state::{
    AccountKey, BookingLog as _, BookingProgress, BookingRecord, FileBookingLog, FileState, LoggedBooking,
};
use tempfile::TempDir;

fn account() -> AccountKey {
    AccountKey::without_api_key("https://example.com/api/v1", "one")
}

fn log(folder: &TempDir) -> FileBookingLog {
    FileState::new(folder.path()).booking_log()
}

fn path(folder: &TempDir) -> PathBuf {
    folder.path().join(format!("bookings-{}.jsonl", account()))
}

fn held(hash: &str) -> BookingRecord {
    let text = format!(
        r#"{{"format":1,"state":"held","hold":{{"hold_hash":"{hash}","slot":null}},
        "fingerprint":{{"key":"k","fields":{{}},"name":"n","email":"e"}}}}"#
    );
    serde_json::from_str(&text).unwrap()
}

fn hash_of(logged: Option<LoggedBooking>) -> Option<String> {
    match logged?.record.state() {
        BookingProgress::Held { hold, .. } => Some(hold.hold_hash.clone()),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_line_that_was_cut_off_anywhere_was_not_written() {
    let folder = tempfile::tempdir().unwrap();
    log(&folder).write(&account(), "key", 0, &held("one")).await.unwrap();
    let begun = fs::read(path(&folder)).unwrap();
    log(&folder).write(&account(), "key", 1, &held("two")).await.unwrap();
    let whole = fs::read(path(&folder)).unwrap();
    // a block that never reached the disk reads as zeros
    let zeros = [&begun[..], b"{\"key\":\0\0\0\0\n"].concat();
    let torn = (begun.len()..whole.len()).map(|length| whole[..length].to_vec()).chain([zeros]);
    for text in torn {
        fs::write(path(&folder), &text).unwrap();
        let log = log(&folder);
        assert_eq!(hash_of(log.read(&account(), "key").await.unwrap()).as_deref(), Some("one"), "{}", text.len());
        assert!(log.write(&account(), "key", 1, &held("two")).await.unwrap());
        assert_eq!(fs::read(path(&folder)).unwrap(), whole, "{}", text.len());
    }
}

#[tokio::test]
async fn damage_in_the_middle_is_an_error_that_names_the_line() {
    let folder = tempfile::tempdir().unwrap();
    for (revision, hash) in ["one", "two", "three"].iter().enumerate() {
        log(&folder).write(&account(), "key", u64::try_from(revision).unwrap(), &held(hash)).await.unwrap();
    }
    let text = fs::read_to_string(path(&folder)).unwrap();
    for (from, to) in [("\"two\"", "two"), ("\"hold_hash\":\"two\"", "\0\0")] {
        assert!(text.contains(from), "{text}");
        let damaged = text.replace(from, to);
        fs::write(path(&folder), &damaged).unwrap();
        let error = format!("{:#}", log(&folder).read(&account(), "key").await.unwrap_err());
        assert!(error.contains("line 2 of the booking log cannot be read"), "{error}");
        assert!(log(&folder).write(&account(), "key", 3, &held("four")).await.is_err());
        assert_eq!(fs::read_to_string(path(&folder)).unwrap(), damaged, "it is left as it is");
    }
    let commented = format!("{{\"comment\":\"for people\"}}\n{text}");
    fs::write(path(&folder), &commented).unwrap();
    assert_eq!(hash_of(log(&folder).read(&account(), "key").await.unwrap()).as_deref(), Some("three"));
    let one_file = FileBookingLog::at(path(&folder));
    assert!(one_file.write(&account(), "key", 3, &held("four")).await.unwrap());
    assert!(
        one_file
            .read(&AccountKey::without_api_key("https://example.com/api/v1", "two"), "key")
            .await
            .unwrap()
            .is_none()
    );
    assert!(fs::read_to_string(path(&folder)).unwrap().starts_with(&commented));
    fs::write(path(&folder), text.replace("\"format\":1", "\"format\":2")).unwrap();
    let error = format!("{:#}", log(&folder).read(&account(), "key").await.unwrap_err());
    assert!(error.contains("a newer version of hb-bls has written it"), "{error}");
}

#[cfg(unix)]
#[tokio::test]
async fn only_the_user_can_read_it() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = tempfile::tempdir().unwrap();
    log(&folder).write(&account(), "key", 0, &held("one")).await.unwrap();
    assert_eq!(fs::metadata(path(&folder)).unwrap().permissions().mode() & 0o777, 0o600);
}

#[tokio::test]
async fn a_file_that_was_removed_or_cut_short_is_read_anew() {
    let folder = tempfile::tempdir().unwrap();
    let log = log(&folder);
    log.write(&account(), "key", 0, &held("one")).await.unwrap();
    log.write(&account(), "other", 0, &held("two")).await.unwrap();
    let text = fs::read_to_string(path(&folder)).unwrap();
    let first = text.split_inclusive('\n').next().unwrap();
    fs::write(path(&folder), first).unwrap();
    assert!(log.read(&account(), "other").await.unwrap().is_none());
    fs::remove_file(path(&folder)).unwrap();
    assert!(log.read(&account(), "key").await.unwrap().is_none());
}

#[test]
fn steps_are_stored_under_the_names_that_existing_logs_contain() {
    let slot = serde_json::json!({"date": "2026-06-08", "time": "09:00", "course": null});
    let stored = serde_json::json!({"state": "asked", "slot": slot});
    let step: BookingProgress = serde_json::from_value(stored.clone()).unwrap();
    assert!(matches!(step, BookingProgress::Holding { .. }), "{step:?}");
    assert_eq!(serde_json::to_value(step).unwrap(), stored);
    let hold = serde_json::to_value(hb_bls::HoldDetails::new("9f2c")).unwrap();
    let stored = serde_json::json!({"state": "sent", "hold": hold});
    let step: BookingProgress = serde_json::from_value(stored.clone()).unwrap();
    assert!(matches!(step, BookingProgress::Booking { .. }), "{step:?}");
    assert_eq!(serde_json::to_value(step).unwrap(), stored);
}
