use std::{
    io::{Read as _, Write as _},
    net::TcpStream,
    time::Duration,
};

use super::support::{Listen, SECRET, event, request, signed, status};
use crate::machine::Portal;

#[test]
fn ctrl_c_ends_it_within_a_second_though_connections_are_open() {
    let portal = Portal::live();
    let listen = portal.listen(&[]);
    let body = event(1);
    let mut open: Vec<TcpStream> = Vec::new();
    for begun in [
        &b""[..],
        b"POST / HT",
        b"POST / HTTP/1.1\r\nhost: here\r\ncontent-length: 9\r\n\r\n{",
        &request(&signed(SECRET, &body), &body),
    ] {
        let mut stream = listen.connect();
        stream.write_all(begun).unwrap();
        open.push(stream);
    }
    listen.signal("-INT");
    let (code, _, errors) = listen.end_within(Duration::from_secs(10));
    assert_eq!((code, &*errors), (Some(0), ""));
    assert_eq!(portal.endpoints(), []);
}

#[test]
fn ctrl_c_ends_it_though_the_target_does_not_respond_or_nobody_reads() {
    // accepts by its backlog and never responds
    let target = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let listen = Listen::with_secret(&["--forward-to", &format!("http://{}/", target.local_addr().unwrap())]);
    let body = event(1);
    let mut stream = listen.connect();
    stream.write_all(&request(&signed(SECRET, &body), &body)).unwrap();
    let (mut forwarded, _) = target.accept().unwrap();
    forwarded.read_exact(&mut [0; 4]).unwrap();
    listen.signal("-INT");
    assert_eq!(listen.end_within(Duration::from_secs(10)).0, Some(0));

    // more than a pipe holds, and nobody takes it out
    let mut listen = Listen::with_secret(&[]);
    let output = listen.output.take();
    let mut streams = Vec::new();
    for _ in 0..32 {
        let mut stream = listen.connect();
        stream.write_all(&b"GET / HTTP/1.1\r\nhost: here\r\n\r\n".repeat(64)).unwrap();
        streams.push(stream);
    }
    listen.signal("-INT");
    assert_eq!(listen.end_within(Duration::from_secs(10)).0, Some(0));
    drop(output);
}

#[test]
fn many_connections_leave_room_for_a_delivery() {
    let mut listen = Listen::with_secret(&[]);
    let idle: Vec<TcpStream> = (0..250).map(|_| listen.connect()).collect();
    let body = event(1);
    assert_eq!(listen.post(&signed(SECRET, &body), &body), 200);
    assert_eq!(listen.line()["verified"], true);
    drop(idle);
}

#[test]
fn garbage_gets_a_response_and_is_survived() {
    let mut listen = Listen::with_secret(&[]);
    for garbage in [
        &b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n"[..],
        b"hello\r\n\r\n",
        b"POST  / HTTP/9.9\r\n\r\n",
        b"\r\n\r\n{}\r\n\r\n",
    ] {
        assert_eq!(listen.raw(garbage), 400, "{garbage:?}");
    }
    let mut stream = listen.connect();
    stream.write_all(b"POST / HTTP/1.1\r\nhost: here\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n").unwrap();
    assert_eq!(status(&mut stream), 400);
    assert_eq!(listen.line()["verified"], false);
    let body = event(1);
    assert_eq!(listen.post(&signed(SECRET, &body), &body), 200);
    assert_eq!(listen.line()["verified"], true);
}

#[test]
fn too_many_headers_are_refused_and_survived() {
    let mut listen = Listen::with_secret(&[]);
    let body = event(1);
    for (more, status) in [(500, 431), (80, 200)] {
        let mut headers = signed(SECRET, &body);
        headers.extend((0..more).map(|_| ("x-more", "1".to_owned())));
        assert_eq!(listen.post(&headers, &body), status);
    }
    assert_eq!(listen.line()["verified"], true);
}

#[test]
fn who_hangs_up_stops_nothing() {
    let target = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let mut listen = Listen::with_secret(&["--forward-to", &format!("http://{}/", target.local_addr().unwrap())]);
    let body = event(1);
    let mut stream = listen.connect();
    stream.write_all(&request(&signed(SECRET, &body), &body)).unwrap();
    let (mut forwarded, _) = target.accept().unwrap();
    forwarded.read_exact(&mut [0; 4]).unwrap();
    drop(stream);
    forwarded.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n").unwrap();
    assert_eq!(listen.line()["target_status"], 200);
    let mut stream = listen.connect();
    stream.write_all(b"POST / HTTP/1.1\r\nhost: here\r\ncontent-length: 9\r\n\r\n{").unwrap();
    drop(stream);
    assert!(listen.line()["reason"].as_str().unwrap().contains("broke off"));
}

#[cfg(target_os = "linux")]
#[test]
fn a_huge_body_is_refused_without_being_kept() {
    let mut listen = Listen::with_secret(&[]);
    let peak = |listen: &Listen| {
        let status = std::fs::read_to_string(format!("/proc/{}/status", listen.pid())).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
        line.trim().trim_end_matches(" kB").parse::<u64>().unwrap()
    };
    let before = peak(&listen);
    let size = 48 * 1024 * 1024;
    let piece = vec![b' '; 1024 * 1024];
    // announced, and not
    for head in [format!("content-length: {size}"), "transfer-encoding: chunked".to_owned()] {
        let chunked = head.starts_with('t');
        let mut stream = listen.connect();
        write!(stream, "POST / HTTP/1.1\r\nhost: here\r\n{head}\r\n\r\n").unwrap();
        for _ in 0..48 {
            if chunked {
                stream.write_all(b"100000\r\n").unwrap();
            }
            stream.write_all(&piece).unwrap();
            if chunked {
                stream.write_all(b"\r\n").unwrap();
            }
        }
        assert_eq!(status(&mut stream), 413);
        assert!(listen.line()["reason"].as_str().unwrap().contains("longer than"));
    }
    let grown = peak(&listen) - before;
    assert!(grown < 16 * 1024, "{grown} KiB");
}
