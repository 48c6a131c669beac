//! The file, the plan, the results and the journal.

use hb_bls_sandbox::Fault;

use crate::{
    bulk::support::{Bulk, COMMAND, HEADER, PERSONAL, candidate, too_long},
    snapshot,
};

#[test]
fn everybody_is_booked_and_the_results_are_in_the_order_of_the_rows() {
    let bulk = Bulk::new(3);
    let mut session = bulk.run("--dry-run").transcript();
    assert!(!bulk.path("run.journal").exists());
    assert!(bulk.bookings().is_empty(), "a dry run books nothing");
    session += &bulk.run("").transcript();
    // all is done, so nothing is done again
    for format in ["json", "jsonl", "csv"] {
        session += &bulk.run(&format!("--output {format}")).transcript();
    }
    session += &bulk.run("--results out.csv").transcript();
    session += &bulk.run("--results out.jsonl --quiet").transcript();
    session += &bulk.run("--dry-run").transcript();
    bulk.assert_all_booked_once(3);
    assert!(std::fs::read_to_string(bulk.path("out.csv")).unwrap().starts_with("\u{feff}line,outcome,booking_id,"));
    let lines = std::fs::read_to_string(bulk.path("out.jsonl")).unwrap();
    let lines: Vec<serde_json::Value> = lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!((lines.len(), &lines[2]["booking_id"]), (3, &serde_json::json!(3)));
    snapshot!("book-bulk", session);
}

#[test]
fn a_plan_for_programs_has_costs_and_timeslots() {
    let bulk = Bulk::new(2);
    let plan = bulk.run("--dry-run --months 2 --output json").json();
    assert_eq!(plan["costs"][0]["needed"], 1);
    assert_eq!(plan["costs"][0]["available"], 500);
    assert_eq!(plan["rows"][1]["line"], 3);
    assert_eq!(plan["rows"][1]["date"], "2026-06-08");
    assert_eq!(plan["findings"], serde_json::json!([]));
}

/// Programs have the data on stdout; what it costs is on stderr, unless nobody wants to know.
#[test]
fn the_cost_is_reported_in_every_format() {
    let bulk = Bulk::new(1);
    let cost = "Paediatric Basic Life Support: 1 credit needed, 500 available";
    let told = |more: &str| {
        let run = bulk.run(&format!("{more} --dry-run"));
        assert_eq!(run.code, 0, "{}", run.stderr);
        assert!(!run.stdout.contains("500 available"), "{}", run.stdout);
        run.stderr
    };
    assert!(told("--output csv").lines().any(|line| line == cost));
    assert!(told("--output jsonl").lines().any(|line| line == format!("{{\"note\":\"{cost}\"}}")));
    assert_eq!(told("--output json"), "", "it is in the document");
    for format in ["csv", "jsonl"] {
        assert_eq!(told(&format!("--output {format} --quiet")), "");
    }
    let run = bulk.run("--output jsonl");
    assert_eq!(run.code, 0, "{}", run.stderr);
    let notes: Vec<serde_json::Value> = run.stderr.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let notes: Vec<_> = notes.iter().map(|note| note["note"].as_str().unwrap()).collect();
    assert_eq!(notes, ["1 candidate to book", cost, "1 of 1 candidate booked, 0 rejected, 0 left"]);
    assert!(bulk.run("--output csv --quiet").stderr.is_empty());
}

#[test]
fn money_and_credits_are_compared_with_what_is_there() {
    let bulk = Bulk::new(0);
    let rows = (1..=20).map(|number| candidate(number).replace("credits", "balance"));
    let paid = |option: &'static str| move |number| candidate(number).replace("credits", option);
    let others = (21..=22).map(paid("invoice")).chain((23..=24).map(paid("candidate_pays")));
    bulk.write(&rows.chain(others).collect::<Vec<_>>());
    let run = bulk.run("--dry-run");
    assert_eq!(run.code, 6, "{}", run.stderr);
    for line in [
        "error: 600.00 GBP short; nothing was booked",
        "the API does not say whether the account may pay by invoice, nor its credit limit: only booking shows",
        "24 candidates to book",
        "balance: 1080.00 GBP needed, 480.00 available (600.00 short)",
        "invoice: 108.00 GBP needed",
        "2 bookings paid by the candidates",
    ] {
        assert!(run.stderr.lines().any(|found| found == line), "{line}: {}", run.stderr);
    }
    // some of them would be refused
    assert_eq!(bulk.run("--dry-run --partial").code, 6);
}

/// The rows get one timeslot after the other, and what is in the way is told of each.
#[test]
fn a_dry_run_foretells_the_timeslots_of_a_run() {
    let bulk = Bulk::new(0);
    assert_eq!(bulk.portal.count("POST", "/api/v1/bookings"), 0);
    let at = |number: usize, at: &str| format!("{},{at}", candidate(2 * number));
    let rows = [at(1, ","), at(2, ","), at(3, "2026-06-08,11:00"), at(4, "2026-06-08,11:30"), at(5, ",")];
    std::fs::write(bulk.path("candidates.csv"), format!("{HEADER},date,time\n{}\n", rows.join("\n"))).unwrap();
    let dry = bulk.run("--dry-run");
    let planned = bulk.run("--dry-run --output json");
    let wanted = "line 5: time: 11:30 is not free on Mon 8 Jun 2026; 09:00, 10:00, 11:00, 12:00 and 4 others are";
    assert!(dry.code == 6 && dry.stderr.contains(wanted), "{}", dry.stderr);
    assert!(
        dry.stderr.contains("error: 1 candidate cannot be booked as things are; nothing was booked"),
        "{}",
        dry.stderr
    );
    assert_eq!(planned.code, 6);
    let planned: serde_json::Value = serde_json::from_str(&planned.stdout).unwrap();
    let run: serde_json::Value = serde_json::from_str(&bulk.run("--output json").stdout).unwrap();
    let times = |rows: &serde_json::Value| {
        let time = |row: &serde_json::Value| format!("{} {}", row["line"], row["time"]);
        rows.as_array().unwrap().iter().map(time).filter(|row| !row.starts_with("5 ")).collect::<Vec<_>>()
    };
    assert_eq!(times(&planned["rows"]), times(&run));
}

/// With names for who sits at the terminal, and without for a log.
#[cfg(unix)]
#[test]
fn a_dry_run_on_a_terminal_names_the_candidates() {
    let bulk = Bulk::new(2);
    let args: Vec<&str> = COMMAND.split(' ').chain(["--dry-run"]).collect();
    let (seen, status) = crate::built::talk(bulk.machine.command(&args).env("NO_COLOR", "1"), 80, &[]);
    assert!(status.success(), "{seen}");
    assert!(
        seen.starts_with(
            "LINE  CANDIDATE    DATE            TIME   PAY\n   2  Name1 Quill  Mon 8 Jun 2026  09:00  credits\n"
        ),
        "{seen}"
    );
    assert!(!bulk.run("--dry-run").transcript().contains("Quill"));
}

#[test]
fn every_row_is_checked_before_the_first_is_booked() {
    let bulk = Bulk::new(0);
    let rows = [
        candidate(1),
        candidate(2).replace("quill.2@example.com", "quill.2"),
        candidate(3).replace("Nurse", ""),
        candidate(4).replace("1,Name4", "9,Name4"),
    ];
    bulk.write(&rows);
    let mut session = bulk.run("").transcript() + &bulk.run("--output json").transcript();
    // a portal that cannot be asked for its courses is no reason not to tell the rest
    let elsewhere = "--base-url http://127.0.0.1:9/api/v1";
    session += &bulk.run(elsewhere).transcript();
    bulk.write(&[candidate(1), format!("7{}", &candidate(3)[1..])]);
    session += &bulk.run("").transcript();
    assert!(!bulk.path("run.journal").exists());
    assert_eq!(bulk.portal.count("POST", "/api/v1/timeslots/hold"), 0);
    for personal in PERSONAL {
        assert!(!session.contains(personal), "{personal}: {session}");
    }
    snapshot!("book-bulk-errors", session);
}

#[test]
fn rows_may_name_their_timeslots() {
    let bulk = Bulk::new(0);
    let times = ["2026-06-08,09:00", "2026-06-08,10:00", "2026-06-08,09:00"];
    let rows: Vec<_> =
        times.iter().zip([2, 4, 6]).map(|(time, number)| format!("{},{time}", candidate(number))).collect();
    std::fs::write(bulk.path("candidates.csv"), format!("\u{feff}{HEADER},date,time\r\n{}\r\n", rows.join("\r\n")))
        .unwrap();
    let line = COMMAND.replace(" --earliest", "");
    let session = bulk.machine.session(&[&format!("{line} --dry-run"), &line, &line]);
    assert_eq!(bulk.bookings().len(), 2);
    snapshot!("book-bulk-times", session);
}

/// A row that is there twice is one error, and none of those without errors.
#[test]
fn a_copied_row_is_reported_once() {
    let bulk = Bulk::new(0);
    bulk.write(&[candidate(2), candidate(2)]);
    let run = bulk.run("--check --output json");
    assert_eq!(run.code, 2, "{}", run.stderr);
    let found: serde_json::Value = serde_json::from_str(&run.stdout).unwrap();
    let sums = ["rows", "errors", "warnings"].map(|name| found[name].as_u64().unwrap());
    assert_eq!(sums, [1, 1, 0], "{found}");
}

/// Who is booked stays booked, and new rows are booked; but nobody is booked twice because their row was changed.
#[test]
fn a_changed_file_is_noticed() {
    let bulk = Bulk::new(3);
    assert_eq!(bulk.run("").code, 0);
    let mut session = bulk.run("--months 2").transcript();
    bulk.write(&[candidate(1), candidate(2).replace("Nurse", "Doctor"), candidate(3)]);
    session += &bulk.run("").transcript();
    bulk.write(&[candidate(1), candidate(2), candidate(4)]);
    session += &bulk.run("").transcript();
    session += &bulk.run("--dry-run").transcript();
    assert_eq!(bulk.bookings().len(), 3);
    bulk.write(&[candidate(4), candidate(1), candidate(2), candidate(3)]);
    session += &bulk.run("").transcript();
    bulk.assert_all_booked_once(4);
    let journal = std::fs::read_to_string(bulk.path("run.journal")).unwrap();
    std::fs::write(bulk.path("run.journal"), journal.replacen(r#""state":"sent""#, r#""state":"snet""#, 1)).unwrap();
    session += &bulk.run("").transcript();
    std::fs::write(bulk.path("run.journal"), "Dear diary\n").unwrap();
    session += &bulk.run("").transcript();
    assert_eq!(bulk.bookings().len(), 4);
    snapshot!("book-bulk-changed", session);
}

#[test]
fn who_was_rejected_is_corrected_in_the_same_file() {
    let bulk = Bulk::new(0);
    bulk.write(&[candidate(1), too_long(2), candidate(3)]);
    assert_eq!(bulk.run("").code, 6);
    let asked = bulk.portal.count("POST", "/api/v1/timeslots/hold");
    assert_eq!(bulk.run("").code, 6, "it is rejected yet");
    assert_eq!(bulk.portal.count("POST", "/api/v1/timeslots/hold"), asked, "without asking again");
    bulk.write(&[candidate(1), candidate(2), candidate(3)]);
    let run = bulk.run("");
    assert_eq!(run.code, 0, "{}", run.stderr);
    bulk.assert_all_booked_once(3);
}

/// As version 0.0 wrote it. One row is booked, one was about to be, one was about to be held, and one is not begun.
#[test]
fn a_run_that_an_earlier_version_has_begun_is_continued() {
    let bulk = Bulk::new(2);
    let first = bulk.run("--output json").json();
    let id = first[0]["booking_id"].as_i64().unwrap();
    std::fs::remove_file(bulk.path("run.journal")).unwrap();
    let hold = bulk.machine.run("holds create --course 1 --date 2026-06-10 --time 09:00 --output json").json();
    bulk.write(&[candidate(1), candidate(4), candidate(6), candidate(8)]);
    let digests = bulk.digests(&[candidate(1), candidate(4), candidate(6), candidate(8)]);
    let lines = [
        format!(
            r#"{{"hb_bls_journal":1,"base_url":"{}","hb_client_id":"{}","earliest":{{"months":null,"date":null}},"rows":{digests}}}"#,
            bulk.portal.sandbox.base_url(),
            bulk.portal.sandbox.credentials().hb_client_id
        ),
        format!(r#"{{"row":0,"event":"booked","booking_id":{id}}}"#),
        r#"{"row":1,"event":"asking","slot":{"course_id":1,"date":"2026-06-10","time":"09:00:00"}}"#.to_owned(),
        format!(r#"{{"row":1,"event":"held","hold":{hold}}}"#),
        r#"{"row":2,"event":"asking","slot":{"course_id":1,"date":"2026-06-11","time":"09:00:00"}}"#.to_owned(),
        r#"{"row":3,"event":"rejected","error_kind":"rejected","reason":"the wallet is empty"}"#.to_owned(),
    ];
    std::fs::write(bulk.path("run.journal"), lines.join("\n") + "\n{\"row\":3,\"ev").unwrap();
    // which the command knows from another command, and takes for one in the way
    let planned = bulk.run("--dry-run --output json");
    assert_eq!(planned.code, 5, "{}", planned.stderr);
    let planned: serde_json::Value = serde_json::from_str(&planned.stdout).unwrap();
    assert_eq!(planned["rows"].as_array().unwrap().len(), 3, "{planned}");
    bulk.write(&[candidate(1), candidate(4), candidate(6)]);
    let refused = bulk.run("");
    assert!(refused.code == 2 && refused.stderr.contains("of an earlier version"), "{}", refused.stderr);
    bulk.write(&[candidate(1), candidate(4), candidate(6), candidate(8)]);
    let run = bulk.run("--output json");
    assert_eq!(run.code, 0, "{}", run.stderr);
    assert_eq!(run.json()[0]["booking_id"], id);
    let booked = bulk.booked();
    assert_eq!(booked.values().copied().collect::<Vec<_>>(), [1, 1, 1, 1, 1], "{booked:?}");
    assert!(std::fs::read_to_string(bulk.path("run.journal.old")).unwrap().starts_with(&lines[0]));
    #[cfg(unix)]
    assert_only_the_owner_can_read(&bulk.path("run.journal"));
    assert_eq!(bulk.run("").code, 0);
    assert_eq!(bulk.bookings().len(), 5);
}

#[test]
fn what_cannot_be_written_is_reported_before_anything_is_booked() {
    let bulk = Bulk::new(1);
    for (more, why) in [
        ("--results out.txt", "--results must end in .csv, .xlsx or .jsonl"),
        ("--failed out.jsonl", "--failed must end in .csv or .xlsx"),
        ("--results x.csv --failed x.csv", "--failed names the file of --results"),
        ("--results x.csv --failed ./x.csv", "--failed names the file of --results"),
        ("--results no/such/folder/out.csv", "cannot write no/such/folder/out.csv"),
        ("--results candidates.csv", "--results names the file of --from"),
        ("--results ./candidates.csv", "--results names the file of --from"),
    ] {
        let run = bulk.run(more);
        assert!(run.code != 0 && run.stderr.contains(why), "{}", run.stderr);
    }
    let run = bulk.machine.run("book --from candidates.csv --journal no/such/folder/run.journal --earliest");
    assert!(run.stderr.contains("cannot use the journal no/such/folder/run.journal"), "{}", run.stderr);
    for (journal, why) in [
        ("run.jsonl --results run.jsonl", "--results names the file of --journal"),
        ("run.jsonl --results ./run.jsonl", "--results names the file of --journal"),
        #[cfg(unix)]
        ("/dev/null", "cannot use the journal /dev/null: it is not a file"),
    ] {
        let run = bulk.machine.run(&format!("book --from candidates.csv --earliest --journal {journal}"));
        assert!(run.code == 2 && run.stderr.contains(why), "{}", run.stderr);
    }
    for line in ["book --journal x", "book --check", "book --map a=phone", "book --failed x.csv"] {
        let run = bulk.machine.run(line);
        assert!(run.code == 2 && run.stderr.contains("--from"), "{}", run.stderr);
    }
    assert!(bulk.bookings().is_empty());
}

/// Neither when all goes well, nor in what a refusal repeats.
#[test]
fn candidates_are_in_no_log_and_the_journal_is_private() {
    let bulk = Bulk::new(0);
    bulk.write(&[candidate(1), candidate(2).replace("quill.2@example.com", "quill.2@.example.com"), candidate(3)]);
    let checked = bulk.run("");
    bulk.write(&[candidate(1), too_long(2), candidate(3)]);
    bulk.portal.inject(Fault::status("createBooking", 503).times(2));
    let booked = bulk.run("--verbose");
    assert_eq!((checked.code, booked.code), (2, 6), "{}{}", checked.stderr, booked.stderr);
    let journal = std::fs::read_to_string(bulk.path("run.journal")).unwrap();
    assert!(journal.contains("job_role") && booked.stderr.contains("POST /bookings"), "{journal}{}", booked.stderr);
    for text in [checked.stdout, checked.stderr, booked.stdout, booked.stderr, journal] {
        for personal in PERSONAL {
            assert!(!text.contains(personal), "{personal}: {text}");
        }
    }
    #[cfg(unix)]
    assert_only_the_owner_can_read(&bulk.path("run.journal"));
}

#[cfg(unix)]
fn assert_only_the_owner_can_read(path: &std::path::Path) {
    use std::os::unix::fs::PermissionsExt as _;
    let mode = std::fs::metadata(path).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
}

/// Its first line is a candidate then.
#[test]
fn a_file_without_a_header_is_refused_and_not_repeated() {
    let bulk = Bulk::new(0);
    std::fs::write(bulk.path("candidates.csv"), format!("{}\n{}\n", candidate(1), candidate(2))).unwrap();
    for format in ["", "--output json"] {
        let run = bulk.run(format);
        assert_eq!(run.code, 2);
        assert!(run.stderr.contains("no line names the columns"), "{}", run.stderr);
        for personal in PERSONAL {
            assert!(!run.stderr.contains(personal), "{personal}: {}", run.stderr);
        }
    }
}

/// The first row would have the earliest, which is the one that the third names.
#[test]
fn a_timeslot_that_a_row_names_is_not_the_earliest_of_another() {
    let bulk = Bulk::new(0);
    let rows = [(2, "earliest,"), (4, "earliest,"), (6, "2026-06-08,09:00")];
    let rows = rows.map(|(number, at)| format!("{},{at}", candidate(number)));
    let header = crate::bulk::support::HEADER;
    std::fs::write(bulk.path("candidates.csv"), format!("{header},date,time\n{}\n", rows.join("\n"))).unwrap();
    let times = |more: &str| {
        let run = bulk.machine.run(&format!("book --from candidates.csv --output json {more}"));
        assert_eq!(run.code, 0, "{}", run.stderr);
        let found: serde_json::Value = serde_json::from_str(&run.stdout).unwrap();
        let rows = found.get("rows").unwrap_or(&found).as_array().unwrap().clone();
        rows.iter().map(|row| row["time"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    let expected = ["10:00", "11:00", "09:00"];
    assert_eq!(times("--dry-run"), expected);
    assert_eq!(times(""), expected);
}

/// As when a whole column has been pasted wrongly.
#[test]
fn what_is_wrong_in_many_rows_is_said_once() {
    let bulk = Bulk::new(0);
    let wrong = |number: usize| candidate(number).replace("PH1 2AB", "NOTAPC");
    bulk.write(&[wrong(1), wrong(2), candidate(3), wrong(4), wrong(5).replace("Nurse", "")]);
    for run in [bulk.run(""), bulk.run("--dry-run")] {
        assert_eq!(run.code, 2, "{}", run.stderr);
        assert!(run.stderr.contains("has 5 errors; nothing was booked"), "{}", run.stderr);
        assert_eq!(run.stderr.matches("lines 2, 3, 5, 6, postcode: ").count(), 1, "{}", run.stderr);
        assert!(run.stderr.contains("line 6, job_role: is missing"), "{}", run.stderr);
    }
}
