use super::*;

fn subject() -> Subject {
    let rows = ["aa", "bb", "cc"].map(str::to_owned).to_vec();
    Subject::new("http://127.0.0.1:1/api/v1", "ada", Some(Search { months: None, date: None }), rows)
}

fn open(path: &Path, subject: &Subject) -> Result<Journal, String> {
    Journal::open(path, subject, &[2, 3, 5]).map_err(|error| format!("{error:#}"))
}

fn held(hash: &str) -> Event {
    let text = format!(
        r#"{{"event":"held","hold":{{"hold_hash":"{hash}","expires_at":"2026-06-05T10:30:00+00:00",
        "slot":{{"date":"2026-06-08","time":"09:00","course":{{"id":1,"name":"BLS"}}}}}}}}"#
    );
    serde_json::from_str(&text).unwrap()
}

fn slot() -> Slot {
    Slot { course_id: CourseId::new(1), date: "2026-06-08".parse().unwrap(), time: "09:00".parse().unwrap() }
}

use hb_bls::{BookingId, CourseId};

#[test]
fn what_was_noted_is_there_for_the_next_run() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("run.journal");
    let mut journal = open(&path, &subject()).unwrap();
    journal.note(0, Event::Asking { slot: slot() }).unwrap();
    journal.note(0, held("one")).unwrap();
    journal.note(0, Event::Booked { booking_id: BookingId::new(7) }).unwrap();
    journal.note(1, Event::Asking { slot: slot() }).unwrap();
    journal.note(2, held("two")).unwrap();
    drop(journal);
    let journal = open(&path, &subject()).unwrap();
    let State::Booked { booking_id, slot: Some((date, time)) } = journal.state(0) else { panic!() };
    assert_eq!((booking_id.get(), *date, *time), (7, slot().date, slot().time));
    assert!(matches!(journal.state(1), State::Asking(asked) if *asked == slot()));
    let State::Held(hold) = journal.state(2) else { panic!() };
    assert_eq!(hold.slot.as_ref().unwrap().time, slot().time);
    assert_eq!(hold.expires_at, Some("2026-06-05T10:30:00Z".parse().unwrap()));
    assert!(journal.knows("one") && journal.knows("two") && !journal.knows("three"));
}

#[test]
fn a_line_that_was_cut_off_anywhere_did_not_happen() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("run.journal");
    let mut journal = open(&path, &subject()).unwrap();
    let begun = std::fs::read(&path).unwrap();
    journal.note(0, held("one")).unwrap();
    drop(journal);
    let whole = std::fs::read(&path).unwrap();
    for length in 0..whole.len() {
        std::fs::write(&path, &whole[..length]).unwrap();
        let journal = open(&path, &subject()).unwrap_or_else(|why| panic!("{length}: {why}"));
        assert!(matches!(journal.state(0), State::Open), "{length}");
        assert_eq!(std::fs::read(&path).unwrap(), begun, "{length}");
    }
    // a block that never reached the disk reads as zeros
    std::fs::write(&path, [&whole[..], b"{\"row\":0,\0\0\0\0\n"].concat()).unwrap();
    let mut journal = open(&path, &subject()).unwrap();
    assert!(matches!(journal.state(0), State::Held(_)));
    journal.note(0, Event::Lost).unwrap();
    drop(journal);
    assert!(matches!(open(&path, &subject()).unwrap().state(0), State::Open));
}

#[test]
fn damage_in_the_middle_is_not_passed_over() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("run.journal");
    let mut journal = open(&path, &subject()).unwrap();
    journal.note(0, held("one")).unwrap();
    journal.note(1, held("two")).unwrap();
    drop(journal);
    let text = std::fs::read_to_string(&path).unwrap();
    for (from, to) in [("\"row\":0", "\"row\":9"), ("\"row\":0", "\"rwo\":0"), ("held", "hled")] {
        std::fs::write(&path, text.replacen(from, to, 1)).unwrap();
        let why = open(&path, &subject()).unwrap_err();
        assert!(why.contains("its line 2 is damaged"), "{why}");
    }
    std::fs::write(&path, "Dear diary,\n").unwrap();
    assert!(open(&path, &subject()).unwrap_err().contains("the file is something else"));
    assert_eq!(std::fs::read(&path).unwrap(), b"Dear diary,\n");
}

#[test]
fn a_journal_goes_on_only_with_what_it_was_begun_with() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("run.journal");
    drop(open(&path, &subject()).unwrap());
    let changed = |change: fn(&mut Subject)| {
        let mut subject = subject();
        change(&mut subject);
        let peeked = format!("{:#}", Journal::peek(&path, &subject, &[2, 3, 5]).unwrap_err());
        let why = open(&path, &subject).unwrap_err();
        assert_eq!(why, peeked);
        why
    };
    for (why, part) in [
        (changed(|subject| "xx".clone_into(&mut subject.rows[2])), "1 of the candidates, or their flags, have changed"),
        (changed(|subject| "xx".clone_into(&mut subject.rows[2])), "line 5"),
        (changed(|subject| drop(subject.rows.pop())), "begun with 3 candidates, and now there are 2"),
        (changed(|subject| subject.earliest = None), "--earliest, --months and --date have to stay"),
        (changed(|subject| "grace".clone_into(&mut subject.hb_client_id)), "begun for account ada"),
        (changed(|subject| subject.base_url.push('2')), "at http://127.0.0.1:1/api/v1"),
    ] {
        assert!(why.contains(part), "{part}: {why}");
    }
}

#[test]
fn one_run_at_a_time() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("run.journal");
    let journal = open(&path, &subject()).unwrap();
    assert!(open(&path, &subject()).unwrap_err().contains("another run is using"));
    drop(journal);
    open(&path, &subject()).unwrap();
}

#[cfg(unix)]
#[test]
fn it_is_for_its_owner_only_also_if_it_was_not() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("run.journal");
    std::fs::write(&path, "").unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o644)).unwrap();
    drop(open(&path, &subject()).unwrap());
    assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
}
