//! `hb-bls agenda`: on a terminal, for programs, as a page to mail, and as a notification.

use std::{
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::TcpListener,
    sync::mpsc,
    thread,
};

use serde_json::{Value, json};

use crate::{
    machine::{Machine, Portal},
    running::PATIENCE,
    snapshot,
};

/// The portal's day, which is not that of the machine on which the tests run.
const FROM: &str = "--from 5/6/2026";

fn booking(date: &str, time: &str, name: (&str, &str), state: &str, kit: &str) -> Value {
    let (first, last) = name;
    let email = format!("{}@example.org", last.to_lowercase());
    json!({ "course": 1, "date": date, "time": time, "first_name": first, "last_name": last, "email": email,
        "phone": "+447700900123", "state": state, "kit": kit })
}

/// Something of every kind, and what is too early, too late or cancelled.
fn portal() -> Portal {
    let portal = Portal::start();
    let bookings = [
        booking("2026-06-05", "15:00", ("Ada", "Lovelace"), "booked", "out"),
        booking("2026-06-18", "09:00", ("Grace", "Hopper-Featherstonehaugh"), "booked", "out"),
        booking("2026-06-19", "09:00", ("Too", "Late"), "booked", "out"),
        booking("2026-06-08", "10:00", ("Joan", "Clarke"), "pending", "out"),
        booking("2026-07-20", "10:00", ("Mary", "Somerville"), "pending", "out"),
        booking("2026-06-09", "10:00", ("Not", "Coming"), "cancelled", "out"),
        booking("2026-05-18", "11:00", ("Hedy", "Lamarr"), "attended", "late"),
        booking("2026-05-20", "11:00", ("Rosalind", "Franklin"), "attended", "back"),
        booking("2026-05-21", "11:00", ("Mae", "Jemison"), "attended", "back"),
        booking("2026-02-02", "11:00", ("Long", "Ago"), "attended", "late"),
    ];
    portal.run(async |sandbox| sandbox.add_contents(json!({ "bookings": bookings })).await);
    portal
}

/// The items of a kind: of each the candidate or the wallet, and whether it needs attention.
fn items(list: &Value, about: &str) -> Vec<(String, bool)> {
    let of_kind = list.as_array().unwrap().iter().filter(|item| item["about"] == about);
    let name = |item: &Value| item["candidate_name"].as_str().or(item["course_name"].as_str()).unwrap().to_owned();
    of_kind.map(|item| (name(item), item["needs_attention"].as_bool().unwrap())).collect()
}

fn named(names: &[&str], needs_attention: bool) -> Vec<(String, bool)> {
    names.iter().map(|name| ((*name).to_owned(), needs_attention)).collect()
}

#[test]
fn it_has_what_belongs_on_it_and_nothing_else() {
    let portal = portal();
    let machine = Machine::at(&portal);
    let list = machine.run(&format!("agenda {FROM} --output json")).json();
    let trainings = ["Ada Lovelace", "Joan Clarke", "Grace Hopper-Featherstonehaugh"];
    assert_eq!(items(&list, "training"), named(&trainings, false));
    assert_eq!(items(&list, "late_kit"), named(&["Hedy Lamarr"], true));
    assert_eq!(items(&list, "payment"), named(&["Joan Clarke", "Mary Somerville"], true));
    let available = ["Rosalind Franklin", "Mae Jemison"];
    assert_eq!(items(&list, "certificate"), named(&available, false), "nobody has said where they are kept");
    assert_eq!(items(&list, "low_balance"), [], "no limit is set");
    let pay = list.as_array().unwrap().iter().find(|item| item["about"] == "payment").unwrap();
    assert!(pay["payment_url"].as_str().unwrap().starts_with("https://pay.example/"), "{pay}");
    assert_eq!(portal.count("GET", "/api/v1/bookings"), 1, "one walk");
    assert_eq!(portal.count("GET", "/api/v1/credits"), 0, "nobody has asked for it");

    let longer = machine.run(&format!("agenda {FROM} --days 15 --back 200 --output json")).json();
    assert!(items(&longer, "training").contains(&("Too Late".to_owned(), false)));
    assert_eq!(items(&longer, "late_kit"), named(&["Long Ago", "Hedy Lamarr"], true));
    // who has not paid by the day of the training has lost the place
    let later = machine.run("agenda --from 9/6/2026 --output json").json();
    assert_eq!(items(&later, "payment"), named(&["Mary Somerville"], true));
}

#[test]
fn certificates_are_fetched_once_they_are_in_the_folder() {
    let portal = portal();
    let machine = Machine::at(&portal);
    let agenda = format!("agenda {FROM} --certificates saved --output json");
    let open = |line: &str| items(&machine.run(line).json(), "certificate");
    assert_eq!(open(&agenda), named(&["Rosalind Franklin", "Mae Jemison"], true));
    assert_eq!(machine.run("certificates download --all-available --dir saved").code, 0);
    assert_eq!(open(&agenda), []);
    let other_names = ["agenda", "--from", "5/6/2026", "--certificates", "saved", "--output", "json"];
    let run = machine.run_args(&[&other_names[..], &["--name-template", "{id}"]].concat());
    assert_eq!(items(&run.json(), "certificate").len(), 2);
}

/// Where nobody has said which are saved, the page does not say that all is well above a list of them.
#[test]
fn certificates_that_may_be_saved_are_no_contradiction() {
    let portal = Portal::start();
    let attended = booking("2026-05-20", "11:00", ("Rosalind", "Franklin"), "attended", "back");
    portal.run(async |sandbox| sandbox.add_contents(json!({ "bookings": [attended] })).await);
    let machine = Machine::at(&portal);
    let first = |line: &str| machine.run(&format!("agenda {FROM} {line}")).stdout.lines().next().unwrap().to_owned();
    assert_eq!(first(""), "Nothing needs attention, unless the certificates below have not been fetched yet.");
    assert_eq!(first("--certificates saved"), "Needs attention: 1 certificate to fetch.");
    assert_eq!(machine.run("certificates download --all-available --dir saved").code, 0);
    assert_eq!(first("--certificates saved"), "Nothing needs attention.");
}

#[test]
fn what_runs_low_is_reported_by_limits_of_flags_or_of_the_profile() {
    let portal = Portal::start();
    let machine = Machine::at(&portal);
    let low = |line: &str| items(&machine.run(&format!("agenda {FROM} --output json {line}")).json(), "low_balance");
    // 12 credits of course 1, none of course 2, and 480.00 GBP
    assert_eq!(low("--warn-below-credits 5"), named(&["Paediatric Basic Life Support"], true));
    assert_eq!(low("--warn-below-credits 13,2=0"), named(&["Basic Life Support"], true));
    assert_eq!(low("--warn-below-credits 12,2=0 --warn-below-balance 480"), []);
    assert_eq!(low("--warn-below-balance 480.01"), named(&["Money"], true));
    for (key, value) in [("warn-below-credits", "13,2=0"), ("warn-below-balance", "500")] {
        assert_eq!(machine.run(&format!("config set {key} {value}")).code, 0);
    }
    assert_eq!(low(""), named(&["Basic Life Support", "Money"], true));
    assert_eq!(low("--warn-below-credits 1=1"), named(&["Money"], true), "a flag goes before the profile");
    for (line, why) in [
        ("config set warn-below-credits few", "write a number such as 5"),
        ("config set warn-below-balance -1", "unexpected argument"),
        ("agenda --warn-below-balance much", "write an amount such as 100.00"),
        ("agenda --notify-url http://crm.example/", "must be https"),
        ("agenda --days 0", "0 is not in 1 to 366"),
        ("agenda --days abc", "write a whole number"),
        ("bookings list --limit 0", "write a number above 0"),
    ] {
        let run = machine.run(line);
        assert!(run.code == 2 && run.stderr.contains(why), "{line}: {}", run.stderr);
    }
}

#[test]
fn the_exit_code_says_whether_something_needs_attention() {
    let quiet = Portal::start();
    let machine = Machine::at(&quiet);
    let run = machine.run(&format!("agenda {FROM} --exit-status"));
    assert_eq!((run.code, run.stderr.as_str()), (0, ""));
    assert!(run.stdout.contains("Nothing needs attention.") && run.stdout.contains("No trainings"), "{}", run.stdout);
    let busy = portal();
    let machine = Machine::at(&busy);
    for format in ["table", "json", "csv"] {
        let run = machine.run(&format!("agenda {FROM} --output {format} --exit-status"));
        assert_eq!((run.code, run.stderr.as_str()), (10, ""), "{format}");
        assert!(run.stdout.contains("Hedy Lamarr"), "{format}: {}", run.stdout);
    }
    assert_eq!(machine.run(&format!("agenda {FROM}")).code, 0, "only if it is asked for");
}

#[cfg(unix)]
#[test]
fn it_fits_the_width() {
    use crate::terminal::{on_terminal, plain};
    let portal = portal();
    let machine = Machine::at(&portal);
    for columns in [60, 80, 120] {
        let line = format!("agenda {FROM} --certificates saved --warn-below-credits 13 --warn-below-balance 500");
        let text = plain(&on_terminal(&machine, &line, columns));
        for line in text.lines().filter(|line| line.chars().count() > usize::from(columns)) {
            assert!(!line.trim().contains(' '), "{columns}: {line}\n{text}");
        }
        snapshot!(format!("agenda-{columns}"), text);
    }
    // the README has the same without the day
    let (_, readme) = include_str!("../../README.md").split_once("\n$ hb-bls agenda --days 7\n").unwrap();
    let text = plain(&on_terminal(&machine, &format!("agenda --days 7 {FROM}"), 120));
    assert_eq!(text.trim_end(), readme.split("\n```").next().unwrap());
    snapshot!("agenda-csv", machine.run(&format!("agenda {FROM} --output csv --warn-below-credits 13")).stdout);
}

#[test]
fn the_page_loads_nothing_and_shows_text_as_text() {
    let portal = portal();
    let hostile = booking("2026-06-08", "11:00", ("<script>alert(1)</script>", "O'Neil & \"Sons\""), "booked", "out");
    portal.run(async |sandbox| sandbox.add_contents(json!({ "bookings": [hostile] })).await);
    let machine = Machine::at(&portal);
    let run = machine.run(&format!("agenda {FROM} --html -"));
    assert_eq!((run.code, run.stderr.as_str()), (0, ""));
    let page = run.stdout;
    snapshot!("agenda-html", &page);
    let tags: Vec<&str> = page.split('<').skip(1).map(|tag| tag.split([' ', '>']).next().unwrap()).collect();
    for tag in &tags {
        let plain =
            ["!DOCTYPE", "html", "head", "meta", "title", "style", "body", "h1", "h2", "p", "table", "tr", "th", "td"];
        assert!(plain.contains(&tag.trim_start_matches('/')), "{tag}");
    }
    for word in ["href", "src=", "url(", "@import"] {
        assert!(!page.contains(word), "{word}");
    }
    assert!(page.contains("&lt;script&gt;alert(1)&lt;/script&gt; O&#39;Neil &amp; &quot;Sons&quot;"), "{page}");
    // the only addresses in it are text to be read
    for address in page.match_indices("https://").map(|(at, _)| &page[at..at + 20]) {
        assert!(address.starts_with("https://pay.example/"), "{address}");
    }

    let run = machine.run(&format!("agenda {FROM} --html agenda.html"));
    assert_eq!((run.code, run.stdout.as_str()), (0, ""), "{}", run.stderr);
    let file = machine.home.path().join("agenda.html");
    assert_eq!(std::fs::read_to_string(&file).unwrap(), page);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        assert_eq!(file.metadata().unwrap().permissions().mode() & 0o777, 0o600);
    }
}

/// A server that gets one request, and responds with this status; gives its URL, and the head and body of the request.
pub fn receiver(status: u16) -> (String, mpsc::Receiver<(String, Value)>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/hooks?key=sesame", listener.local_addr().unwrap());
    let (sender, requests) = mpsc::channel();
    thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut reader = BufReader::new(stream.try_clone().unwrap());
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            reader.read_line(&mut head).unwrap();
        }
        let length = head.lines().find_map(|line| line.to_lowercase().strip_prefix("content-length: ")?.parse().ok());
        let mut body = vec![0; length.unwrap()];
        reader.read_exact(&mut body).unwrap();
        let answer = format!("HTTP/1.1 {status} X\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
        stream.write_all(answer.as_bytes()).unwrap();
        sender.send((head, serde_json::from_slice(&body).unwrap()))
    });
    (url, requests)
}

#[test]
fn a_notification_has_counts_and_nothing_about_anybody() {
    let portal = portal();
    let machine = Machine::at(&portal);
    let (url, requests) = receiver(204);
    let run = machine.run(&format!("agenda {FROM} --quiet --warn-below-credits 5 --notify-url {url}"));
    assert_eq!((run.code, run.stderr.as_str()), (0, ""));
    let (head, body) = requests.recv_timeout(PATIENCE).unwrap();
    assert!(head.starts_with("POST /hooks?key=sesame HTTP/1.1\r\n"), "{head}");
    assert!(head.to_lowercase().contains("content-type: application/json\r\n"), "{head}");
    let expected = json!({
        "text": "hb-bls, profile default, Fri 5 Jun 2026 to Thu 18 Jun 2026: \
                 Needs attention: 1 late kit, 2 outstanding payments, 1 low balance.",
        "profile": "default",
        "from": "2026-06-05",
        "until": "2026-06-18",
        "needs_attention": { "late_kit": 1, "payment": 2, "certificate": 0, "low_balance": 1 },
    });
    assert_eq!(body, expected);
}

#[test]
fn a_notification_is_sent_only_if_there_is_something_and_a_failure_is_reported() {
    let (busy, quiet) = (portal(), Portal::start());
    // nobody listens there
    let closed = "http://127.0.0.1:9/";
    let run = Machine::at(&quiet).run(&format!("agenda {FROM} --notify-url {closed}"));
    assert_eq!(run.code, 0, "nothing is sent: {}", run.stderr);
    let machine = Machine::at(&busy);
    let run = machine.run(&format!("agenda {FROM} --notify-url {closed} --exit-status"));
    assert_eq!(run.code, 8, "{}", run.stderr);
    assert!(
        run.stderr.contains("the notification was not sent: cannot reach 127.0.0.1:9: connection refused\n"),
        "{}",
        run.stderr
    );
    assert!(run.stdout.contains("Hedy Lamarr"), "the agenda is shown all the same");
    let (url, requests) = receiver(500);
    // where `ps` does not show it
    let run = machine.with("HB_BLS_NOTIFY_URL", &url).run(&format!("agenda {FROM}"));
    requests.recv_timeout(PATIENCE).unwrap();
    assert_eq!(run.code, 6, "{}", run.stderr);
    assert!(run.stderr.contains("the server of --notify-url responded with 500"), "{}", run.stderr);
    assert!(!run.stderr.contains("sesame"), "{}", run.stderr);
}

/// A part of the bookings would look as if all were well.
#[test]
fn too_many_bookings_are_refused_rather_than_cut() {
    let portal = Portal::start_with(|builder| builder.rate_limit(false));
    portal.run(async |sandbox| sandbox.seed(hb_bls_sandbox::Seed::default().bookings(5_001)).await);
    let machine = Machine::at(&portal);
    let run = machine.run("agenda --from 5/6/2026 --back 3660");
    assert!(run.code == 1 && run.stderr.contains("more than 5000 bookings since"), "{}", run.stderr);
}
