//! Where requests are sent, and where nothing may be sent.

use futures::TryStreamExt as _;
use hb_bls::{BookingId, Client, Credentials, ErrorKind};
use tokio::{io::AsyncWriteExt as _, net::TcpListener};

use super::shown;
use crate::canned::{Canned, json, token};

#[tokio::test]
async fn redirects_are_not_followed_to_another_host_or_to_the_same() {
    let target = Canned::start(json("[]")).await;
    for status in ["301 Moved", "302 Found", "303 See", "307 Moved", "308 Moved", "300 Choose"] {
        for place in [format!("{}/courses", target.url()), "/api/v1/other".to_owned(), "//127.0.0.2/".to_owned()] {
            let reply = format!("HTTP/1.1 {status}\r\nlocation: {place}\r\ncontent-length: 0\r\n\r\n");
            let server = Canned::start(reply.clone()).await;
            let error = server.client().courses().list().await.unwrap_err();
            assert!(shown(&error).contains("a redirect, which is not followed"), "{error}");
            assert_eq!(server.requests().len(), 2, "with the token");
            let error = server.client().bookings().certificate(BookingId::new(7)).await.unwrap_err();
            assert!(shown(&error).contains("a redirect, which is not followed"), "{error}");
            // nor are the credentials
            let server = Canned::all(move |_| reply.clone().into()).await;
            let error = server.client().courses().list().await.unwrap_err();
            assert_eq!((error.kind(), error.operation()), (ErrorKind::Decode, Some("createToken")), "{error:?}");
            assert_eq!(server.requests().len(), 1);
        }
    }
    assert!(target.requests().is_empty(), "{:?}", target.heads());
}

#[tokio::test]
async fn a_link_to_another_host_is_not_followed() {
    let other = Canned::start(json("[]")).await;
    let place = other.url();
    let server = Canned::script(move |asked| {
        let page: u32 = asked.line.split("page=").nth(1).unwrap()[..1].parse().unwrap();
        // even if it is the only sign that there are more pages
        let next = if page < 3 { format!("\"{place}/bookings?page={}\"", page + 1) } else { "null".to_owned() };
        json(&format!(r#"{{"data":[{{"id":{page}}}],"links":{{"next":{next},"prev":"{place}"}}}}"#)).into()
    })
    .await;
    let bookings: Vec<_> = server.client().bookings().list().items().try_collect().await.unwrap();
    assert_eq!(bookings.iter().map(|booking| booking.id.get()).collect::<Vec<_>>(), [1, 2, 3]);
    let lines: Vec<_> = server.requests().into_iter().skip(1).map(|request| request.line).collect();
    assert_eq!(lines, [1, 2, 3].map(|page| format!("GET /api/v1/bookings?page={page} HTTP/1.1")));
    assert!(other.requests().is_empty(), "{:?}", other.heads());
}

#[tokio::test]
async fn a_portal_that_is_not_there_is_a_network_error() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    drop(listener);
    let client = Canned::start("").await.builder().base_url(url).build().unwrap();
    let error = client.bookings().get(BookingId::new(1)).await.unwrap_err();
    assert_eq!((error.kind(), error.operation()), (ErrorKind::Network, Some("createToken")), "{error:?}");
    assert!(shown(&error).contains("refused"), "down to the last cause: {error}");
}

/// A server that sends these bytes on every connection, whatever it receives.
async fn blurting(bytes: &'static [u8]) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            drop(stream.write_all(bytes).await);
            // the client closes the connection, so that its own data does not hide what it reads
            tokio::spawn(async move { drop(tokio::io::copy(&mut stream, &mut tokio::io::sink()).await) });
        }
    });
    port
}

/// What a TLS server sends to a client that does not use TLS.
const ALERT: &[u8] = b"\x15\x03\x01\x00\x02\x02\x46";

#[tokio::test]
async fn a_port_that_speaks_something_else_is_a_network_error() {
    for bytes in [ALERT, b"SSH-2.0-OpenSSH_9.9\r\n", b"\0\0\0\0\0\0\0\0", b"220 mail.example ESMTP\r\n"] {
        let port = blurting(bytes).await;
        let client = Canned::start("").await.builder();
        let error = client.base_url(format!("http://127.0.0.1:{port}/")).build().unwrap().courses().list().await;
        assert!(
            matches!(&error, Err(error) if error.kind() == ErrorKind::Network && error.operation() == Some("createToken")),
            "{error:?}"
        );
    }
}

#[cfg(any(feature = "rustls", feature = "native-tls"))]
#[tokio::test]
async fn https_is_not_spoken_in_the_clear() {
    for bytes in
        [b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n[]", ALERT, b"\x16\x03\x03\xff\xff garbage of some length"]
    {
        let port = blurting(bytes).await;
        let client = Client::builder().credentials(Credentials::new("client", "key"));
        let client = client.retry(hb_bls::RetryPolicy::none()).base_url(format!("https://127.0.0.1:{port}/"));
        let error = client.build().unwrap().courses().list().await.unwrap_err();
        assert_eq!((error.kind(), error.operation()), (ErrorKind::Network, Some("createToken")), "{error:?}");
        drop(shown(&error));
    }
    // a server like the sandbox's, which receives a TLS handshake, sees no request
    let server = Canned::all(|_| token()).await;
    let client = server.builder().base_url(server.url().replace("http:", "https:")).build().unwrap();
    let (outcome, ()) = tokio::join!(client.courses().list(), async {
        // the server waits for the end of a request that never arrives
        for _ in 0..1000 {
            tokio::task::yield_now().await;
        }
        server.clock.advance(std::time::Duration::from_secs(30));
    });
    assert!(
        matches!(&outcome, Err(error) if error.kind() == ErrorKind::Timeout && error.operation() == Some("createToken")),
        "{outcome:?}"
    );
    assert!(server.requests().is_empty());
}
