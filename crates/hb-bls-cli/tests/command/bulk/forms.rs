//! Files as people have them, checking them, and the files that come back.

use hb_bls::BookRequest;

use crate::{
    bulk::support::{Bulk, candidate, email, too_long},
    snapshot,
};

const FLAGS: &str = "--course 1 --pay-option credits --agency-contact-name Jo --agency-contact-email jo@agency.example";

/// An export of some other program, by Excel in the UK.
const EXPORT: &str = "Starters of week 24\r\n\r\nStaff no;First Name;Surname;E-mail;Mobile;Address;Town;Postcode;NHS job title;Date;Time\r\n\
    0071;Zo\u{eb};Quill;zoe@example.com;07700 900101;1 Harbour Street;Porthaven;ph12ab;Nurse;08/06/2026;9am\r\n\
    0072;Ren\u{e9};Quill;rene@gmial.com;07700 900102;2 Harbour Street;Porthaven;PH1 2AB;Nurse;earliest;\r\n;;;;;;;;;;\r\n";

fn windows_1252(text: &str) -> Vec<u8> {
    text.chars().map(|char| u8::try_from(char).unwrap()).collect()
}

#[test]
fn an_export_is_checked_booked_and_comes_back_with_its_columns() {
    let bulk = Bulk::new(0);
    std::fs::write(bulk.path("week.csv"), windows_1252(EXPORT)).unwrap();
    let line = format!("book --from week.csv {FLAGS}");
    let check = bulk.machine.run(&format!("{line} --check"));
    assert_eq!(check.code, 0, "{}", check.stderr);
    assert!(bulk.bookings().is_empty() && !bulk.path("week.csv.journal").exists(), "nothing is changed");
    let mut session = check.transcript();
    session += &bulk.machine.run(&format!("{line} --results out.csv --failed failed.csv")).transcript();
    let results = std::fs::read_to_string(bulk.path("out.csv")).unwrap();
    assert!(results.contains(",2026-06-08,09:00,Zoë,Quill,0071\n"), "{results}");
    assert_eq!(std::fs::read_to_string(bulk.path("failed.csv")).unwrap().lines().count(), 1);
    session += &results;
    assert_eq!(bulk.bookings().len(), 2);
    // the journal is beside the file, so nobody is booked again
    assert!(bulk.path("week.csv.journal").exists());
    assert_eq!(bulk.machine.run(&line).code, 0);
    assert_eq!(bulk.bookings().len(), 2);
    snapshot!("book-bulk-export", session);
}

#[test]
fn a_check_finds_everything_and_changes_nothing() {
    let bulk = Bulk::new(0);
    let free = |row: String, at: &str| format!("{row},{at}");
    let rows = [
        free(candidate(2), "2026-06-08,09:00"),
        // Saturday; taken; the same timeslot; the same person at another time
        free(candidate(4), "2026-06-06,09:00"),
        free(candidate(6), "2026-06-09,10:00"),
        free(candidate(8), "2026-06-08,09:00"),
        free(candidate(2), "2026-06-10,09:00"),
        // what a spreadsheet has done to them
        free(candidate(10).replace("+447700900010", "4.4770E+11"), "2026-02-30,09:00"),
        free(candidate(12).replace("PH1 2AB", "12345"), "2026-06-10,9"),
        free(candidate(14).replace("example.com", "gmial.com"), "2026-06-11,09:00"),
    ];
    let header = crate::bulk::support::HEADER;
    std::fs::write(bulk.path("candidates.csv"), format!("{header},date,time\n{}\n", rows.join("\n"))).unwrap();
    let details = hb_bls::BookingDetails::builder().first_name("Name2").last_name("Quill").email(email(2));
    let details = details.phone("+447700900002").address("2, Harbour Street").city("Porthaven").postcode("PH1 2AB");
    let details = details.job_role("Nurse").pay_option(hb_bls::PayOption::Credits);
    let details = details.agency_contact_name("Jo").agency_contact_email("jo@agency.example").build();
    let request =
        BookRequest::at(hb_bls::CourseId::new(1), "2026-06-09".parse().unwrap(), "10:00".parse().unwrap(), details);
    bulk.portal.wait(bulk.portal.client().book(&request)).unwrap();
    let line = "book --from candidates.csv --check";
    let run = bulk.machine.run(line);
    assert_eq!(run.code, 2);
    let json = bulk.machine.run(&format!("{line} --output json"));
    let found: serde_json::Value = serde_json::from_str(&json.stdout).unwrap();
    assert_eq!((found["errors"].as_u64(), found["warnings"].as_u64()), (Some(8), Some(3)), "{found}");
    assert_eq!(bulk.bookings().len(), 1);
    assert_eq!(bulk.portal.count("POST", "/api/v1/timeslots/hold"), 1);
    snapshot!("book-bulk-check", run.transcript());
}

/// Known by its content, since it has no name.
#[test]
fn what_comes_by_the_standard_input_is_booked_once() {
    let bulk = Bulk::new(0);
    let header = crate::bulk::support::HEADER;
    let content = format!("{header}\n{}\n{}\n", candidate(1), too_long(2));
    let line = "book --from - --earliest";
    for look in ["--check", "--dry-run"] {
        let run = bulk.machine.run_with_input(&format!("{line} {look}"), &content);
        assert!(run.code == 0 && !bulk.machine.config().join("journals").exists(), "{}", run.stderr);
    }
    let run = bulk.machine.run_with_input(&format!("{line} --failed failed.csv"), &content);
    assert_eq!((run.code, bulk.bookings().len()), (6, 1), "{}", run.stderr);
    assert!(run.stderr.contains("correct the rejected rows and book them alone"), "{}", run.stderr);
    // the same content goes on
    let asked = bulk.portal.count("POST", "/api/v1/timeslots/hold");
    let run = bulk.machine.run_with_input(line, &content);
    assert_eq!((run.code, bulk.bookings().len()), (6, 1), "{}", run.stderr);
    assert!(run.stderr.contains("1 booked and 1 rejected earlier"), "{}", run.stderr);
    assert_eq!(bulk.portal.count("POST", "/api/v1/timeslots/hold"), asked);
    // other content is another file, in which nobody is booked once more
    let more = content.replace(&too_long(2), &candidate(3));
    let run = bulk.machine.run_with_input(line, &more);
    assert!(run.code == 6 && run.stderr.contains("line 2 is booked already"), "{}", run.stderr);
    let failed = std::fs::read_to_string(bulk.path("failed.csv")).unwrap();
    let run = bulk.machine.run_with_input(line, &failed.replace(&"Nurse ".repeat(60), "Nurse"));
    assert_eq!(run.code, 0, "{}", run.stderr);
    bulk.assert_all_booked_once(2);
    // a journal that is named makes no difference to a file
    let run = bulk.machine.run_with_input(&format!("{line} --journal run.journal"), &content.replace("Name", "Else"));
    assert!(bulk.path("run.journal").exists() && run.code == 6, "{}", run.stderr);
    let run = bulk.machine.run_with_input(line, "");
    assert!(run.code == 2 && run.stderr.contains("cannot use the standard input"), "{}", run.stderr);
}

#[test]
fn who_was_not_booked_is_written_to_be_corrected_and_fed_back() {
    let bulk = Bulk::new(0);
    bulk.write(&[candidate(1), too_long(2), candidate(3)]);
    for failed in ["failed.csv", "failed.xlsx"] {
        let run = bulk.run(&format!("--failed {failed} --results results.csv"));
        let told =
            format!("the outcome of each row: results.csv\n1 row that was not booked, with the reasons: {failed}\n");
        assert!(run.code == 6 && run.stderr.contains(&told), "{}", run.stderr);
    }
    let text = std::fs::read_to_string(bulk.path("failed.csv")).unwrap();
    assert_eq!(text.lines().count(), 2, "{text}");
    assert!(text.lines().next().unwrap().ends_with(",not_booked_because"), "{text}");
    assert!(text.contains("job_role: "), "{text}");
    // corrected, and fed back as it is, but for how a spreadsheet may write the names of its columns
    let corrected = text.replace(&"Nurse ".repeat(60), "Nurse").replace("not_booked_because", "Not booked because");
    std::fs::write(bulk.path("failed.csv"), corrected).unwrap();
    let run = bulk.machine.run("book --from failed.csv --earliest --failed again.csv");
    assert_eq!(run.code, 0, "{}", run.stderr);
    bulk.assert_all_booked_once(3);
    let again = std::fs::read_to_string(bulk.path("again.csv")).unwrap();
    assert_eq!(again.to_lowercase().replace('_', " ").matches("not booked because").count(), 1, "{again}");
    // the workbook holds the same
    let run = bulk.machine.run("book --from failed.xlsx --earliest --check --output json");
    assert_eq!(serde_json::from_str::<serde_json::Value>(&run.stdout).unwrap()["rows"], 1, "{}", run.stderr);
}

#[test]
fn a_template_can_be_filled_in() {
    let bulk = Bulk::new(0);
    for name in ["empty.csv", "empty.xlsx"] {
        let run = bulk.machine.run(&format!("book --template {name} --earliest {FLAGS}"));
        assert_eq!(run.code, 0, "{}", run.stderr);
        let check = bulk.machine.run(&format!("book --from {name} --earliest {FLAGS} --check"));
        assert!(check.stderr.contains("there is no candidate in it"), "{}", check.stderr);
        if name.ends_with(".csv") {
            let printed = bulk.machine.run(&format!("book --earliest {FLAGS} --template"));
            assert_eq!(printed.stdout, std::fs::read_to_string(bulk.path(name)).unwrap());
        }
        let again = bulk.machine.run(&format!("book --template {name}"));
        assert!(again.code == 1 && again.stderr.contains("cannot write empty."), "{}", again.stderr);
    }
    let header = std::fs::read_to_string(bulk.path("empty.csv")).unwrap();
    let row = "Ada,Quill,ada@example.com,07700 900123,1 Harbour Street,Porthaven,PH1 2AB,Nurse,";
    std::fs::write(bulk.path("empty.csv"), format!("{header}{row}\n")).unwrap();
    let run = bulk.machine.run(&format!("book --from empty.csv --earliest {FLAGS}"));
    assert_eq!(run.code, 0, "{}", run.stderr);
}
