//! What goes wrong with single rows, and with all.

use std::{collections::BTreeMap, process::Stdio};

use hb_bls::CourseId;
use hb_bls_sandbox::{AccountPatch, ClockMode, Fault, FaultKind, Sandbox, SandboxError};

use crate::{
    bulk::support::{Bulk, COMMAND, HEADER, candidate, email, too_long},
    canned::{Answer, serve_by_path},
    machine::Machine,
    snapshot,
};

async fn set_credits(sandbox: &Sandbox, credits: i64) -> Result<(), SandboxError> {
    let credits = BTreeMap::from([(1, credits), (2, credits)]);
    sandbox.set_account(AccountPatch::default().credits(credits)).await?;
    Ok(())
}

/// One is refused for good, the others are booked; the next run does not ask for him again.
#[test]
fn who_is_refused_is_reported_and_the_rest_go_on() {
    let bulk = Bulk::new(0);
    bulk.write(&[candidate(1), too_long(2), candidate(3)]);
    let mut session = bulk.run("").transcript();
    let asked = bulk.portal.count("POST", "/api/v1/bookings");
    session += &bulk.run("--output json").transcript();
    assert_eq!(bulk.portal.count("POST", "/api/v1/bookings"), asked);
    assert_eq!(bulk.booked().keys().cloned().collect::<Vec<_>>(), [email(1), email(3)]);
    snapshot!("book-bulk-rejected", session);
}

#[test]
fn who_is_refused_for_want_of_credits_is_booked_once_there_are_some() {
    let bulk = Bulk::new(5);
    bulk.portal.run(async |sandbox| set_credits(sandbox, 1).await);
    let refused = bulk.run("");
    assert_eq!((refused.code, bulk.bookings().len()), (6, 0));
    assert!(refused.stderr.contains("1 credit short, 2 credits short; nothing was booked"), "{}", refused.stderr);
    let first = bulk.run("--partial");
    assert_eq!(first.code, 6);
    assert!(first.stderr.contains("3 credits needed, 1 available (2 short)"), "{}", first.stderr);
    assert!(first.stderr.contains("2 of 5 candidates booked, 0 rejected, 3 left"), "{}", first.stderr);
    assert!(first.stderr.contains("run the same command again once there are credits"), "{}", first.stderr);
    assert!(!first.stderr.contains("another file"), "{}", first.stderr);
    bulk.portal.run(async |sandbox| set_credits(sandbox, 9).await);
    assert_eq!(bulk.run("").code, 0);
    bulk.assert_all_booked_once(5);
}

/// The portal's failures are tried again, also those that outlast the client's own attempts.
#[test]
fn what_may_pass_is_tried_again() {
    let bulk = Bulk::new(6);
    let faults = [
        Fault::status("holdTimeslot", 503).times(5),
        Fault::new("createBooking", FaultKind::ResetAfter),
        Fault::status("createBooking", 409),
        Fault::status("holdTimeslot", 409),
        Fault::new("createBooking", FaultKind::Truncate),
    ];
    for fault in faults {
        bulk.portal.inject(fault);
    }
    let run = bulk.run("");
    assert_eq!(run.code, 0, "{}", run.stderr);
    bulk.assert_all_booked_once(6);
}

/// A hold that somebody else has for the account is left alone.
#[test]
fn another_s_hold_is_waited_for() {
    let bulk = Bulk::new(2);
    let client = bulk.portal.client();
    let (date, time) = ("2026-06-08".parse().unwrap(), hb_bls::Time::constant(9, 0, 0, 0));
    let hold = bulk.portal.wait(client.timeslots().hold(CourseId::new(1), date, time)).unwrap().keep();
    let args: Vec<&str> = COMMAND.split(' ').collect();
    let mut child = bulk.machine.command(&args).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    while bulk.portal.count("POST", "/api/v1/timeslots/hold") < 3 {
        assert!(child.try_wait().unwrap().is_none(), "it ended before that");
        std::thread::yield_now();
    }
    bulk.portal.wait(client.timeslots().release(&hold.hold_hash)).expect("it was taken away");
    assert!(child.wait_with_output().unwrap().status.success());
    bulk.assert_all_booked_once(2);
}

#[test]
fn what_all_rows_would_meet_ends_the_run_at_once() {
    let bulk = Bulk::new(3);
    bulk.portal.inject(Fault::status("holdTimeslot", 403));
    let run = bulk.run("");
    assert_eq!(run.code, 6, "{}", run.stderr);
    assert!(run.stderr.contains("cannot go on with line 2"), "{}", run.stderr);
    assert_eq!(bulk.portal.count("POST", "/api/v1/timeslots/hold"), 1);
    assert_eq!(bulk.run("").code, 0);
    bulk.assert_all_booked_once(3);
}

/// A question that the portal does not take says nothing of the candidates.
#[test]
fn nobody_is_rejected_for_where_timeslots_were_looked_for() {
    let bulk = Bulk::new(2);
    bulk.portal.inject(Fault::status("listTimeslots", 422).times(9));
    let run = bulk.run("");
    assert_eq!(run.code, 6, "{}", run.stderr);
    assert!(run.stderr.contains("0 of 2 candidates booked, 0 rejected, 2 left"), "{}", run.stderr);
}

/// A timeslot of one's own that is taken may become free, and a hold in the way is over in half an hour.
#[test]
fn who_found_a_timeslot_taken_is_booked_once_it_is_free() {
    let bulk = Bulk::new(0);
    let row = format!("{},2026-06-08,09:00", candidate(2));
    std::fs::write(bulk.path("candidates.csv"), format!("{HEADER},date,time\n{row}\n")).unwrap();
    bulk.portal.inject(Fault::status("holdTimeslot", 409));
    let line = COMMAND.replace(" --earliest", "");
    let run = bulk.machine.run(&line);
    assert_eq!(run.code, 6, "{}", run.stderr);
    assert!(run.stderr.contains("run the same command again to retry rows"), "{}", run.stderr);
    assert_eq!(bulk.machine.run(&line).code, 0);
    assert_eq!(bulk.booked().into_values().sum::<usize>(), 1);
}

/// A refusal that names no field says nothing of the candidate for certain, even if the hold cannot have lapsed.
#[test]
fn who_is_refused_without_a_field_is_tried_again_by_a_later_run() {
    let bulk = Bulk::with(3, |builder| builder.rate_limit(false).clock(ClockMode::Real));
    bulk.portal.inject(Fault::status("createBooking", 422));
    let run = bulk.run("");
    assert_eq!(run.code, 6, "{}", run.stderr);
    assert!(run.stderr.contains("2 of 3 candidates booked, 1 rejected, 0 left"), "{}", run.stderr);
    assert!(run.stderr.contains("run the same command again to retry rows"), "{}", run.stderr);
    assert!(run.stdout.contains("the portal refused it (422)"), "{}", run.stdout);
    let run = bulk.run("");
    assert_eq!(run.code, 0, "{}", run.stderr);
    bulk.assert_all_booked_once(3);
}

/// The portal has been asked by somebody else, too, so there is a second between requests.
#[test]
fn the_wait_for_the_quota_is_no_part_of_the_timeout() {
    let bulk = Bulk::with(0, |builder| builder);
    let times = ["09:00", "10:00", "11:00"];
    let rows = times.iter().enumerate().map(|(index, time)| format!("{},2026-06-08,{time}", candidate(index * 2 + 2)));
    let rows = rows.collect::<Vec<_>>().join("\n");
    std::fs::write(bulk.path("candidates.csv"), format!("{HEADER},date,time\n{rows}\n")).unwrap();
    assert!(bulk.bookings().is_empty());
    let run = bulk.machine.run(&format!("{} --timeout 800ms", COMMAND.replace(" --earliest", "")));
    assert_eq!(run.code, 0, "{}", run.stderr);
    assert_eq!(bulk.bookings().len(), 3);
}

#[test]
fn a_hold_that_has_lapsed_is_made_again() {
    let bulk = Bulk::new(2);
    bulk.portal.inject(Fault::status("createBooking", 404));
    let run = bulk.run("");
    assert_eq!(run.code, 0, "{}", run.stderr);
    bulk.assert_all_booked_once(2);
}

/// That nobody reads on does not make good what has failed, nor does it stop what goes on.
#[test]
fn a_closed_pipe_hides_no_failure() {
    let bulk = Bulk::new(0);
    bulk.write(&[candidate(1), too_long(2), candidate(3)]);
    let args: Vec<&str> = COMMAND.split(' ').collect();
    let mut child = bulk.machine.command(&args).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    drop((child.stdout.take(), child.stderr.take()));
    assert_eq!(child.wait().unwrap().code(), Some(6));
    assert_eq!(bulk.booked().keys().cloned().collect::<Vec<_>>(), [email(1), email(3)]);
}

/// The portal's words may repeat what was sent, and go into files.
#[test]
fn a_refusal_is_written_down_without_the_candidate_s_data() {
    let url = serve_by_path(|path| match path {
        "/courses" => Answer::Say(200, "", r#"{"data":[{"id":2}]}"#),
        "/credits" => Answer::Say(200, "", r#"{"booking_credits":[]}"#),
        "/timeslots" => Answer::Say(200, "", r#"{"data":[{"date":"2026-06-08","time":"09:00"}]}"#),
        "/timeslots/hold" => Answer::Say(201, "", r#"{"hold_hash":"9f2c41d07be84c6aa35e17d20b6c8f14"}"#),
        _ => Answer::Say(422, "", r#"{"errors":{"email":["QUILL, quill.1@example.com, has a booking."]}}"#),
    });
    let machine = Machine::at_url(&url);
    let path = |name: &str| machine.home.path().join(name);
    std::fs::write(path("candidates.csv"), format!("{HEADER}\n{}\n", candidate(1))).unwrap();
    let run = machine.run(&format!("{COMMAND} --allow-duplicates"));
    assert_eq!(run.code, 6, "{}", run.stderr);
    let journal = std::fs::read_to_string(path("run.journal")).unwrap();
    for text in [run.stdout, journal] {
        assert!(text.contains("has a booking") && !text.to_lowercase().contains("quill"), "{text}");
    }
}
