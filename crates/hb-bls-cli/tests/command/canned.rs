//! A server that responds as it is told to.

use std::{
    io::{Read as _, Write as _},
    net::{TcpListener, TcpStream},
};

/// How it responds to what is not about tokens.
#[derive(Clone, Copy)]
pub enum Answer {
    /// With this status, headers and body; it is JSON unless a header says what else.
    Say(u16, &'static str, &'static str),
    /// With the end of the connection.
    Reset,
    /// Not at all.
    Silence,
}

/// Starts one, which ends with the test, and returns its base URL.
pub fn serve(answer: Answer) -> String {
    serve_by_path(move |_| answer)
}

/// The same with a response for each path below the base URL, without the query.
pub fn serve_by_path(answer: impl Fn(&str) -> Answer + Clone + Send + 'static) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/api/v1", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let (mut stream, answer) = (stream.unwrap(), answer.clone());
            // a client may open a connection that it then does not need
            std::thread::spawn(move || match &*read(&mut stream) {
                "/auth/token" => say(&mut stream, 200, "", r#"{"access_token":"opensesame","expires_in":3600}"#),
                path => match answer(path) {
                    Answer::Say(status, headers, body) => say(&mut stream, status, headers, body),
                    Answer::Reset => {}
                    Answer::Silence => drop(stream.read_to_end(&mut Vec::new())),
                },
            });
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
    drop(stream.read_exact(&mut vec![0; length.unwrap_or(0)]));
    let path = head.split(' ').nth(1).unwrap_or_default();
    path.split('?').next().unwrap_or_default().trim_start_matches("/api/v1").to_owned()
}

fn say(stream: &mut TcpStream, status: u16, headers: &str, body: &str) {
    let json = if headers.contains("content-type") { "" } else { "content-type: application/json\r\n" };
    let length = body.len();
    let head = format!("HTTP/1.1 {status} X\r\ncontent-length: {length}\r\nconnection: close\r\n{json}{headers}\r\n");
    // a client that has given up is no concern of the server
    drop(stream.write_all((head + body).as_bytes()));
}
