//! What people read, in terminals of 60, 80 and 120 columns.

use crate::{
    built,
    bulk::support::{Bulk, HEADER, candidate, too_long},
    snapshot,
    terminal::plain,
};

/// The commands, in an order in which they can be run.
const LINES: [&str; 14] = [
    "account balances",
    "account transactions",
    "courses list",
    "slots list --course 1 --date 2026-06-10",
    "slots list --course 1 --date 2026-06-10 --columns date,time,course_name",
    "book --from candidates.csv --journal run.journal --check",
    "book --from candidates.csv --journal run.journal --dry-run",
    "book --from candidates.csv --journal run.journal --yes --quiet",
    "bookings list",
    "bookings list --columns id,start_date,candidate_name,candidate_email,course_name",
    "bookings get 1",
    "bookings export --out all.csv",
    // last, since a hold is in the way of bookings
    "holds create --course 1 --date 2026-06-10 --time 09:00",
    "holds list",
];

/// Long names, a job that the portal refuses, a timeslot that is not there, and a file that is read only after its errors.
fn rows() -> Vec<String> {
    let long = candidate(2).replace("Name2,Quill", "Mary Jane Wilhelmina,Featherstonehaugh-Cholmondeley");
    vec![
        format!("{long},2026-06-08,10:00"),
        format!("{},2026-06-08,11:00", too_long(4)),
        format!("{},2026-06-13,10:00", candidate(6)),
        format!("{},2026-06-09,10:00", candidate(8).replace("example.com", "gmial.com")),
    ]
}

#[test]
fn everything_fits_the_width() {
    for columns in [60, 80, 120] {
        let bulk = Bulk::new(0);
        let file = format!("{HEADER},date,time\n{}\n", rows().join("\n"));
        std::fs::write(bulk.path("candidates.csv"), file).unwrap();
        let mut pictures = Vec::new();
        for line in LINES {
            let (seen, _) = built::talk(&bulk.machine.command(&line.split(' ').collect::<Vec<_>>()), columns, &[]);
            let seen = plain(&seen);
            for long in seen.lines().filter(|line| line.chars().count() > usize::from(columns)) {
                assert!(!long.trim().contains(' '), "{columns}: {long}\n{line}\n{seen}");
            }
            pictures.push(format!("$ hb-bls {line}\n{seen}"));
        }
        let all = pictures.join("\n").replace("run.journal", "JOURNAL");
        let booking = bulk.machine.run("bookings get 1 --output json").json();
        // made up anew each time
        let names = ["zoom_id", "zoom_link", "zoom_password"];
        let made = names.map(|name| (name, booking["virtual"][name].as_str().unwrap_or("?").to_owned()));
        let all = made.iter().fold(all, |all, (name, value)| all.replace(value, &name.to_uppercase()));
        snapshot!(format!("widths-{columns}"), all);
    }
}
