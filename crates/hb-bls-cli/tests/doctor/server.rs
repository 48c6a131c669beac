//! A portal that says what it is told to, by path.

use std::{
    io::{Read as _, Write as _},
    net::{TcpListener, TcpStream},
};

use crate::machine::Machine;

/// An answer: status, headers with a line end each, body.
pub type Answer = (u16, &'static str, &'static str);

/// Starts one, which ends with the test; gives a machine that is set up for it.
pub fn serve(answer: fn(&str) -> Answer) -> Machine {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/api/v1", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let stream = stream.unwrap();
            // a client may open a connection that it then does not need
            std::thread::spawn(move || talk(stream, answer));
        }
    });
    Machine::new().with("HB_BLS_BASE_URL", &url).with("HB_BLS_CLIENT_ID", "ada").with("HB_BLS_API_KEY", "sesame")
}

fn talk(mut stream: TcpStream, answer: fn(&str) -> Answer) {
    let path = read(&mut stream);
    let (status, headers, body) = match path.as_str() {
        "/auth/token" => (200, JSON, r#"{"access_token":"opensesame","expires_in":3600}"#),
        path => answer(path),
    };
    let length = body.len();
    let head = format!("HTTP/1.1 {status} X\r\ncontent-length: {length}\r\nconnection: close\r\n{headers}\r\n");
    // a client that has given up is no concern of the server
    drop(stream.write_all((head + body).as_bytes()));
}

/// The headers of an answer without a quota.
pub const JSON: &str = "content-type: application/json\r\n";

/// The path below the base URL, without the query.
fn read(stream: &mut TcpStream) -> String {
    let mut request = Vec::new();
    let mut byte = [0];
    while !request.ends_with(b"\r\n\r\n") && stream.read(&mut byte).unwrap_or(0) == 1 {
        request.push(byte[0]);
    }
    let head = String::from_utf8(request).unwrap();
    let length = head.lines().find_map(|line| line.to_lowercase().strip_prefix("content-length: ")?.parse().ok());
    drop(stream.read_exact(&mut vec![0; length.unwrap_or(0)]));
    let path = head.split(' ').nth(1).unwrap_or_default();
    path.split('?').next().unwrap_or_default().trim_start_matches("/api/v1").to_owned()
}
