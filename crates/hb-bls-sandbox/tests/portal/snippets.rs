//! The programs in other languages, run against a sandbox.

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::Duration;

use hb_bls_sandbox::Sandbox;

use crate::support::{Delivered, Portal, Receiver};

/// How a language's programs are run; the programs that book and verify.
const LANGUAGES: [(&[&str], &[&str], &[&str]); 4] = [
    (&["python3"], &["book.py"], &["verify.py"]),
    (&["node"], &["book.mjs"], &["verify.mjs"]),
    (&["php"], &["book.php"], &["verify.php"]),
    (&["dotnet", "run"], &["Bls.cs", "book"], &["Bls.cs", "verify"]),
];

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("snippets")
}

/// Runs a program, if its language is there; what it prints.
fn run(language: &[&str], program: &[&str], more: &[&str], body: &[u8], sandbox: &Sandbox) -> Option<String> {
    let key = &sandbox.credentials().api_key;
    let output = output(language, program, more, body, (sandbox, key))?;
    assert!(output.status.success(), "{program:?}: {}", String::from_utf8_lossy(&output.stderr));
    Some(String::from_utf8(output.stdout).unwrap())
}

fn output(
    language: &[&str],
    program: &[&str],
    more: &[&str],
    body: &[u8],
    (sandbox, api_key): (&Sandbox, &str),
) -> Option<Output> {
    let mut command = Command::new(language[0]);
    command.args(&language[1..]).arg(folder().join(program[0])).args(&program[1..]).args(more);
    let credentials = sandbox.credentials();
    let started = command
        .env("HB_BLS_BASE_URL", sandbox.base_url())
        .env("HB_BLS_CLIENT_ID", &credentials.hb_client_id)
        .env("HB_BLS_API_KEY", api_key)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn();
    let Ok(mut child) = started else {
        skipped(&format!("{}, since {} is not installed", program[0], language[0]));
        return None;
    };
    child.stdin.take().unwrap().write_all(body).unwrap();
    Some(child.wait_with_output().unwrap())
}

#[tokio::test]
async fn every_language_books() {
    for (language, book, _) in LANGUAGES {
        let sandbox = Sandbox::start().await.unwrap();
        if let Some(printed) = run(language, book, &[], &[], &sandbox) {
            assert_eq!(printed.trim(), "booking 1 is booked", "{language:?}");
        }
    }
}

#[tokio::test]
async fn every_language_tells_why_it_was_refused() {
    let sandbox = Sandbox::start().await.unwrap();
    for (language, book, _) in LANGUAGES {
        let Some(refused) = output(language, book, &[], &[], (&sandbox, "wrong")) else { continue };
        assert!(!refused.status.success(), "{language:?}");
        let told = [refused.stdout, refused.stderr].concat();
        let told = String::from_utf8_lossy(&told);
        assert!(told.contains("POST /auth/token: 401") && told.contains("credentials"), "{language:?}: {told}");
    }
}

#[tokio::test]
async fn every_language_says_which_variable_is_missing() {
    let variables = ["HB_BLS_BASE_URL", "HB_BLS_CLIENT_ID", "HB_BLS_API_KEY"];
    let sandbox = Sandbox::start().await.unwrap();
    let receiver = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/compose/receiver.py");
    let mut programs: Vec<(&[&str], PathBuf, &[&str])> = vec![(&["python3"], receiver, &[])];
    programs.extend(LANGUAGES.map(|(language, book, _)| (language, folder().join(book[0]), &book[1..])));
    for (language, program, arguments) in programs {
        for missing in variables {
            let mut command = Command::new(language[0]);
            command.args(&language[1..]).arg(&program).args(arguments);
            command.env("PYTHONPATH", folder()).env("PYTHONDONTWRITEBYTECODE", "1").env("PORT", "0");
            for name in variables {
                command.env(name, if name == variables[0] { sandbox.base_url() } else { "x" });
            }
            let Ok(output) = command.env_remove(missing).stdin(Stdio::null()).output() else {
                skipped(&format!("{}, since {} is not installed", program.display(), language[0]));
                break;
            };
            assert_eq!(output.status.code(), Some(1), "{program:?}");
            let told = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
            let expected = format!("{missing} is not set; `hb-bls sandbox` prints the variables to set");
            assert_eq!(told.trim(), expected, "{program:?}");
        }
    }
}

#[tokio::test]
async fn a_receiver_says_in_a_sentence_why_it_cannot_start() {
    let sandbox = Sandbox::start().await.unwrap();
    let taken = std::net::TcpListener::bind(("0.0.0.0", 0)).unwrap();
    let taken = taken.local_addr().unwrap().port().to_string();
    let nobody = std::net::TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let nobody_url = format!("http://{}/api/v1", nobody.local_addr().unwrap());
    drop(nobody);
    for (port, base_url, said) in [
        (taken.as_str(), sandbox.base_url(), format!("cannot listen on port {taken}: ")),
        ("0", nobody_url.as_str(), format!("no portal responds at {nobody_url}")),
    ] {
        let program = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/compose/receiver.py");
        let mut command = Command::new("python3");
        command.arg(program).env("PYTHONPATH", folder()).env("PYTHONDONTWRITEBYTECODE", "1").env("PORT", port);
        command.env("HB_BLS_BASE_URL", base_url).env("HB_BLS_CLIENT_ID", "x").env("HB_BLS_API_KEY", "x");
        let Ok(output) = command.output() else { return skipped("the receiver, since python3 is not installed") };
        let told = String::from_utf8(output.stderr).unwrap();
        assert!(told.starts_with(&said) && told.trim().lines().count() == 1, "{told}");
    }
}

/// The program of examples/compose, without containers.
#[tokio::test]
async fn a_receiver_books_and_gets_the_events() {
    let sandbox = Sandbox::start().await.unwrap();
    let program = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/compose/receiver.py");
    let credentials = sandbox.credentials();
    let started = Command::new("python3")
        .arg("-u")
        .arg(program)
        .env("PYTHONPATH", folder())
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .env("PORT", "0")
        .env("HB_BLS_BASE_URL", sandbox.base_url())
        .env("HB_BLS_CLIENT_ID", &credentials.hb_client_id)
        .env("HB_BLS_API_KEY", &credentials.api_key)
        .stdout(Stdio::piped())
        .spawn();
    let Ok(mut child) = started else { return skipped("the receiver, since python3 is not installed") };
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map(Result::unwrap);
    let mut first: Vec<String> = lines.by_ref().take(2).collect();
    first.sort();
    assert_eq!(first, ["booking 1 is booked", "booking.created genuine"]);
    // a time that only the sandbox knows
    sandbox.advance(Duration::from_secs(2 * 60 * 60)).await.unwrap();
    sandbox.complete(1).await.unwrap();
    sandbox.return_kit(1).await.unwrap();
    let events: Vec<String> = lines.take(2).collect();
    assert_eq!(events, ["booking.attendance_marked genuine", "booking.certificate_available genuine"]);
    child.kill().unwrap();
    child.wait().unwrap();
}

#[tokio::test]
async fn every_language_verifies() {
    let portal = Portal::with(Sandbox::builder()).await;
    let receiver = Receiver::start().await;
    let webhook = receiver.register(&portal.client, &["booking.created"]).await;
    let secret = webhook["secret"].as_str().unwrap();
    portal.client.book("credits").await;
    portal.sandbox.advance(Duration::ZERO).await.unwrap();
    let sent: Delivered = receiver.received().remove(0);
    let (timestamp, signature) = (sent.header("x-tdta-timestamp"), sent.header("x-tdta-signature"));
    let old = (timestamp.parse::<i64>().unwrap() - 400).to_string();
    let forged = [&sent.raw[..], b" "].concat();
    for (language, _, verify) in LANGUAGES {
        let verdict = |arguments: &[&str], body: &[u8]| run(language, verify, arguments, body, &portal.sandbox);
        let Some(genuine) = verdict(&[secret, timestamp, signature], &sent.raw) else { continue };
        assert_eq!(genuine.trim(), "genuine", "{language:?}");
        for (arguments, body) in [
            ([secret, timestamp, signature], &forged[..]),
            (["another", timestamp, signature], &sent.raw),
            ([secret, &old, signature], &sent.raw),
            ([secret, timestamp, "sha256=00"], &sent.raw),
            ([secret, "soon", signature], &sent.raw),
        ] {
            assert_eq!(verdict(&arguments, body).unwrap().trim(), "refused", "{language:?} {arguments:?}");
        }
    }
}

/// Not by `eprintln`, which the test harness shows of failed tests only.
fn skipped(what: &str) {
    let _ = std::io::stderr().write_all(format!("\nSKIPPED: {what}\n").as_bytes());
}
