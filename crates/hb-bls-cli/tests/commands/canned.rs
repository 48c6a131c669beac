//! A server that says what it is told to.

use std::{
    io::{Read as _, Write as _},
    net::{TcpListener, TcpStream},
};

/// How it answers what is not about tokens.
#[derive(Clone, Copy)]
pub enum Answer {
    /// With this status, more headers, and body.
    Say(u16, &'static str, &'static str),
    /// With the end of the connection.
    Reset,
    /// Not at all.
    Silence,
}

/// Starts one, which ends with the test; gives its address.
pub fn serve(answer: Answer) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/api/v1", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        let mut silent = Vec::new();
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let path = read(&mut stream);
            match answer {
                _ if path.contains("/auth/token ") => {
                    say(&mut stream, 200, "", r#"{"access_token":"opensesame","expires_in":3600}"#);
                }
                Answer::Say(status, headers, body) => say(&mut stream, status, headers, body),
                Answer::Reset => {}
                Answer::Silence => silent.push(stream),
            }
        }
    });
    url
}

fn read(stream: &mut TcpStream) -> String {
    let mut request = Vec::new();
    let mut byte = [0];
    while !request.ends_with(b"\r\n\r\n") && stream.read(&mut byte).unwrap_or(0) == 1 {
        request.push(byte[0]);
    }
    let head = String::from_utf8(request).unwrap();
    let length = head.lines().find_map(|line| line.to_lowercase().strip_prefix("content-length: ")?.parse().ok());
    let mut body = vec![0; length.unwrap_or(0)];
    drop(stream.read_exact(&mut body));
    head.lines().next().unwrap_or_default().to_owned()
}

fn say(stream: &mut TcpStream, status: u16, headers: &str, body: &str) {
    let length = body.len();
    // a client that has given up is no concern of the server
    drop(write!(
        stream,
        "HTTP/1.1 {status} X\r\ncontent-type: application/json\r\ncontent-length: {length}\r\nconnection: close\r\n{headers}\r\n{body}"
    ));
}
