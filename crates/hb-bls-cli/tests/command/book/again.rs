//! On a terminal, after the portal has refused a booking: nothing that was answered is asked for once more.

use std::{
    io::Write as _,
    process::Command,
    sync::mpsc::{self, RecvTimeoutError},
    thread,
    time::Duration,
};

use hb_bls::{BookRequest, Booking, CourseId};
use hb_bls_sandbox::{AccountPatch, Fault};

use crate::{
    built::{self, rest, until},
    machine::{Machine, Portal},
    running::PATIENCE,
};

/// Ada, without when and how she is paid for.
const ADA: &str = "book --course 1 --first-name Ada --last-name Lovelace --email ada@example.com --phone 07700900123 \
                   --address Harbourside --city Leeds --postcode LS14AP --agency-contact-name Jo \
                   --agency-contact-email jo@agency.example";
const TIME: &str = "Time in the UK, such as 09:00 (nothing for another day):";
const JOB: &str = "Job role:";
const PAY: &str = "Pay option (credits, balance, invoice, candidate_pays):";
const AGENCY: &str = "Agency email (optional):";
const BOOK: &str = "Book it? [y/N]";

/// What is typed at a prompt, and what somebody else does before that.
struct Step<'a>(&'a str, &'a str, Option<&'a dyn Fn(&Portal)>);

fn typed<'a>(prompt: &'a str, answer: &'a str) -> Step<'a> {
    Step(prompt, answer, None)
}

fn after<'a>(work: &'a dyn Fn(&Portal), prompt: &'a str, answer: &'a str) -> Step<'a> {
    Step(prompt, answer, Some(work))
}

/// What was on the terminal, and the exit code.
fn talk(portal: &Portal, machine: &Machine, line: &str, steps: &[Step<'_>]) -> (String, Option<i32>) {
    let args: Vec<&str> = line.split(' ').filter(|arg| !arg.is_empty()).collect();
    let (terminal, mut child) = built::on_terminal(machine.command(&args).env("NO_COLOR", "1"), 140);
    // who asks for something else than is expected would wait for ever
    let (done, waiting) = mpsc::channel::<()>();
    let id = child.id().to_string();
    let watchdog = thread::spawn(move || {
        if waiting.recv_timeout(2 * PATIENCE) == Err(RecvTimeoutError::Timeout) {
            assert!(Command::new("kill").args(["-KILL", &id]).status().unwrap().success());
        }
    });
    let mut seen = String::new();
    for Step(prompt, answer, work) in steps {
        seen += &until(&terminal, prompt);
        if let Some(work) = work {
            work(portal);
        }
        (&terminal).write_all(format!("{answer}\r").as_bytes()).unwrap();
    }
    seen += &rest(&terminal);
    drop(done);
    watchdog.join().unwrap();
    (seen, child.wait().unwrap().code())
}

/// Everything that the account has booked.
fn booked(portal: &Portal) -> Vec<Booking> {
    use futures::TryStreamExt as _;
    portal.wait(portal.client().bookings().list().items().try_collect()).unwrap()
}

fn take(date: &'static str, time: &'static str) -> impl Fn(&Portal) {
    move |portal| {
        let details = hb_bls::testing::booking_details();
        let request = BookRequest::at(CourseId::new(1), date.parse().unwrap(), time.parse().unwrap(), details);
        portal.wait(portal.client().book(&request)).unwrap();
    }
}

#[test]
fn the_refused_fields_are_asked_for_again_with_the_portal_s_reason() {
    let portal = Portal::start();
    let machine = Machine::at(&portal);
    let none = AccountPatch::default().credits([(1, 0)]);
    portal.run(async |sandbox| sandbox.set_account(none).await);
    let too_long = "Nurse".repeat(60);
    let line = format!("{ADA} --earliest");
    let steps = [
        typed(JOB, &too_long),
        typed(PAY, "credits"),
        typed(AGENCY, ""),
        typed(BOOK, "y"),
        typed(JOB, "Nurse"),
        typed(BOOK, "y"),
        typed(PAY, "balance"),
        typed(BOOK, "y"),
    ];
    let (seen, code) = talk(&portal, &machine, &line, &steps);
    assert_eq!(code, Some(0), "{seen}");
    for part in [
        "The portal refused the job role: The job role field must not be greater than 255 characters.",
        "The portal refused the pay option: There are not enough credits for this course.",
        "paid by balance: 48.00 GBP",
    ] {
        assert!(seen.contains(part), "{part}: {seen}");
    }
    // each question once, and those that were refused twice
    for (question, times) in [(JOB, 2), (PAY, 2), (AGENCY, 1)] {
        assert_eq!(seen.matches(question).count(), times, "{question}: {seen}");
    }
    let booked = booked(&portal);
    assert_eq!(booked.len(), 1, "{seen}");
    assert_eq!(booked[0].pay_option.as_ref().unwrap().as_str(), "balance");
    assert_eq!(portal.count("POST", "/api/v1/timeslots/hold"), 3, "nothing is held in vain");
}

/// Also if everything was said by flags, and if the day was chosen by the command.
#[test]
fn a_timeslot_that_is_gone_leads_back_to_the_free_times() {
    for (when, taken) in [("--earliest", "09:00"), ("--date 2026-06-08 --time 09:00", "09:00")] {
        let portal = Portal::start();
        let machine = Machine::at(&portal);
        let line = format!("{ADA} {when} --job-role Nurse --pay-option credits");
        let gone = take("2026-06-08", taken);
        let steps = [after(&gone, BOOK, "y"), typed(TIME, "11:00"), typed(BOOK, "y")];
        let (seen, code) = talk(&portal, &machine, &line, &steps);
        assert_eq!(code, Some(0), "{seen}");
        for part in ["Mon 8 Jun 2026, 09:00 has just been taken.", "Free on Mon 8 Jun 2026: 10:00, 11:00, "] {
            assert!(seen.contains(part), "{part}: {seen}");
        }
        let starts: Vec<_> = booked(&portal)
            .into_iter()
            .map(|booking| booking.start_date.unwrap().strftime("%a %H:%M").to_string())
            .collect();
        assert!(starts.contains(&"Mon 11:00".to_owned()), "{starts:?}");
        assert_eq!(starts.len(), 2, "{seen}");
    }
}

/// A time that the portal never had, a day without any, and a hold that has expired.
#[test]
fn what_cannot_be_booked_leads_to_what_can() {
    let portal = Portal::start();
    let machine = Machine::at(&portal);
    let line = format!("{ADA} --date 2026-06-08 --time 09:30 --job-role Nurse --pay-option credits");
    let (seen, code) = talk(&portal, &machine, &line, &[typed(BOOK, "y"), typed(TIME, "10:00"), typed(BOOK, "y")]);
    assert_eq!(code, Some(0), "{seen}");
    assert!(seen.contains("The portal refused the time: The selected timeslot is not available."), "{seen}");

    let date = "Date, such as 23/11/2026 or next Monday (nothing for the earliest timeslot):";
    let line = format!("{ADA} --earliest --date 2026-06-07 --job-role Nurse --pay-option credits");
    let steps = [typed(date, "9 Jun 2026"), typed(TIME, "11:00"), typed(BOOK, "y")];
    let (seen, code) = talk(&portal, &machine, &line, &steps);
    assert_eq!(code, Some(0), "{seen}");
    assert!(seen.contains("No timeslot is free then."), "{seen}");

    let hold = machine.run("holds create --course 1 --date 2026-06-10 --time 11:00 --output json").json();
    let hash = hold["hold_hash"].as_str().unwrap();
    let line = format!("{ADA} --hold {hash} --job-role Nurse --pay-option credits");
    let expire = |portal: &Portal| {
        portal.run(async |sandbox| sandbox.advance(Duration::from_secs(3600)).await);
    };
    let steps = [after(&expire, BOOK, "y"), typed(date, "10 Jun 2026"), typed(TIME, "11:00"), typed(BOOK, "y")];
    let (seen, code) = talk(&portal, &machine, &line, &steps);
    assert_eq!(code, Some(0), "{seen}");
    assert!(seen.contains("The hold has expired, and its timeslot is free for others."), "{seen}");
}

/// Neither a hold in the way nor a portal that fails takes the answers away.
#[test]
fn what_passes_can_be_tried_again() {
    let portal = Portal::start();
    let machine = Machine::at(&portal);
    let line = format!("{ADA} --earliest --pay-option credits");
    let hold = machine.run("holds create --course 1 --date 2026-06-08 --time 11:00 --output json").json();
    let release = |portal: &Portal| {
        let hash = hold["hold_hash"].as_str().unwrap();
        portal.wait(portal.client().timeslots().release(hash)).unwrap();
        portal.inject(Fault::status("holdTimeslot", 500).times(9));
    };
    let heal = |portal: &Portal| portal.run(async |sandbox| sandbox.clear_faults().await);
    let steps = [
        typed(JOB, "Nurse"),
        typed(AGENCY, ""),
        typed(BOOK, "y"),
        after(&release, "Try again? [y/N]", "y"),
        typed(BOOK, "y"),
        after(&heal, "Try again? [y/N]", "y"),
        typed(BOOK, "y"),
    ];
    let (seen, code) = talk(&portal, &machine, &line, &steps);
    assert_eq!(code, Some(0), "{seen}");
    for part in ["the account has an active hold already, for Mon 8 Jun 2026, 11:00", "the portal failed (500)"] {
        assert!(seen.contains(part), "{part}: {seen}");
    }
    assert_eq!(booked(&portal).len(), 1);
}

#[test]
fn who_does_not_try_again_gets_the_exit_code_and_no_second_error() {
    let portal = Portal::start();
    let machine = Machine::at(&portal);
    portal.inject(Fault::status("holdTimeslot", 500).times(9));
    let line = format!("{ADA} --earliest --job-role Nurse --pay-option credits");
    let (seen, code) = talk(&portal, &machine, &line, &[typed(BOOK, "y"), typed("Try again? [y/N]", "n")]);
    assert_eq!(code, Some(8), "{seen}");
    assert_eq!(seen.matches("the portal failed").count(), 1, "{seen}");
    // with --yes nobody is asked anything
    let (seen, code) = talk(&portal, &machine, &format!("{line} --yes"), &[]);
    assert_eq!((code, seen.contains("Try again?")), (Some(8), false), "{seen}");
}

/// A question may stand on the screen for an hour.
#[test]
fn who_is_booked_while_the_question_stands_is_not_booked_again() {
    let portal = Portal::start();
    let machine = Machine::at(&portal);
    let line = format!("{ADA} --earliest --job-role Nurse --pay-option credits");
    let meanwhile = |_: &Portal| assert_eq!(machine.run(&format!("{line} --yes")).code, 0);
    let (seen, code) = talk(&portal, &machine, &line, &[after(&meanwhile, BOOK, "y")]);
    assert_eq!(code, Some(6), "{seen}");
    assert!(seen.contains("Ada Lovelace is booked already: booking 1, "), "{seen}");
    assert_eq!(booked(&portal).len(), 1, "{seen}");
}
