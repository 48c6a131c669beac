//! Starting, stopping, and many at once.

use std::net::{Ipv4Addr, TcpStream};
use std::time::Duration;

use hb_bls_sandbox::{ClockMode, DEFAULT_API_KEY, Sandbox, SandboxError, Seed};

use crate::support::{Client, Portal, START, frozen};

#[tokio::test]
async fn many_run_side_by_side_and_share_nothing() {
    let portals = futures::future::join_all((0..20).map(|_| Portal::start())).await;
    futures::future::join_all(portals.iter().map(|portal| portal.client.book("credits"))).await;
    for portal in &portals {
        let list = portal.client.get("/bookings").await.expect(200);
        assert_eq!(list["meta"]["total"], 1);
        assert_eq!(list["data"][0]["start_date"], "2026-06-08T09:00:00+01:00");
    }
}

#[tokio::test]
async fn a_stopped_one_frees_its_port() {
    for by_drop in [true, false] {
        let portal = Portal::start().await;
        let address = portal.sandbox.base_url()["http://".len()..].split('/').next().unwrap();
        let address = address.to_owned();
        TcpStream::connect(&address).unwrap();
        if by_drop {
            drop(portal.sandbox);
        } else {
            portal.sandbox.shutdown().await.unwrap();
        }
        assert!(TcpStream::connect(&address).is_err());
    }
}

#[tokio::test]
async fn a_taken_port_is_an_error() {
    let first = Sandbox::start().await.unwrap();
    let port = first.base_url()["http://127.0.0.1:".len()..].split('/').next().unwrap();
    let second = Sandbox::builder().port(port.parse().unwrap()).start().await;
    assert!(matches!(second, Err(SandboxError::Io(_))));
}

/// Own thread, own runtime: paused time and a blocked executor of the caller's do not matter.
#[tokio::test(start_paused = true)]
async fn it_does_not_care_about_the_callers_runtime() {
    let sandbox = Sandbox::start().await.unwrap();
    sandbox.seed(Seed::default().bookings(10)).await.unwrap();
    let address = sandbox.base_url()["http://".len()..].split('/').next().unwrap();
    let mut stream = TcpStream::connect(address).unwrap();
    std::io::Write::write_all(&mut stream, b"GET /nowhere HTTP/1.0\r\n\r\n").unwrap();
    let mut answer = String::new();
    std::io::Read::read_to_string(&mut stream, &mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.0 404"), "{answer}");
}

#[tokio::test]
async fn credentials_are_generated_where_others_can_connect() {
    let loopback = Sandbox::start().await.unwrap();
    assert_eq!(loopback.credentials().api_key, DEFAULT_API_KEY);
    let open = Sandbox::builder().bind(Ipv4Addr::UNSPECIFIED).start().await.unwrap();
    assert_ne!(open.credentials().api_key, DEFAULT_API_KEY);
    assert!(open.base_url().starts_with("http://127.0.0.1:"));
    let mut client = Client::new(open.base_url());
    client.log_in(open.credentials()).await;
}

#[tokio::test]
async fn a_file_goes_on_where_it_was() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("portal.db");
    let portal = Portal::with(frozen(START).database(&file)).await;
    let booking = portal.client.book("credits").await;
    let other = portal.another_account().await;
    portal.sandbox.advance(std::time::Duration::from_secs(60)).await.unwrap();
    let second = frozen(START).database(&file).start().await;
    assert!(matches!(second, Err(SandboxError::DatabaseInUse)));
    drop(portal.sandbox);

    let again = frozen(START).database(&file).start().await.unwrap();
    assert_eq!(again.now().to_string(), "2026-06-05T10:01:00Z", "time does not go back");
    assert_eq!(again.requests().await.unwrap(), [], "they are not in the file");
    let page = reqwest::get(format!("{}ui/requests", again.page_url())).await.unwrap().text().await.unwrap();
    assert!(page.contains("they are forgotten when the sandbox stops"), "{page}");
    let mut client = Client::new(again.base_url());
    client.token = portal.client.token.clone();
    let path = format!("/bookings/{}", booking["id"]);
    assert_eq!(client.get(&path).await.expect(200), booking, "the token lives on, too");
    client.token = other.token;
    client.get(&path).await.expect(404);
    drop(again);

    // The well-known key must not open a portal that others can reach.
    let open = Sandbox::builder().bind(Ipv4Addr::UNSPECIFIED).database(&file);
    let open = open.clock(ClockMode::Frozen(START.parse().unwrap())).start().await.unwrap();
    assert_ne!(open.credentials().api_key, DEFAULT_API_KEY);
    let mut client = Client::new(open.base_url());
    client.log_in(open.credentials()).await;
    client.get(&path).await.expect(200);
}

#[tokio::test]
async fn in_real_time_a_file_goes_on_no_earlier_than_it_had_run() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("portal.db");
    let start = || Sandbox::builder().database(&file).start();
    let first = start().await.unwrap();
    first.advance(Duration::from_secs(86_400)).await.unwrap();
    let told = first.now();
    drop(first);
    // As if the run had gone on for an hour after its clock was advanced.
    let db = rusqlite::Connection::open(&file).unwrap();
    let noted = (told - Duration::from_secs(3_600)).to_string();
    assert_eq!(db.execute("UPDATE meta SET value = ?1 WHERE key = 'clock'", [noted]).unwrap(), 1);
    drop(db);
    let again = start().await.unwrap();
    assert!(again.now() >= told, "{} is before {told}", again.now());
}
