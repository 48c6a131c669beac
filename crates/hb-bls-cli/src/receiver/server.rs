//! HTTP for whoever connects: bounded in connections, time and bytes.

use std::{future::Future, pin::pin, sync::Arc, time::Duration};

use bytes::{Bytes, BytesMut};
use http::{HeaderMap, Method, Request, Response, StatusCode, header};
use http_body_util::{BodyExt as _, Full};
use hyper::{
    body::{Body, Incoming},
    server::conn::http1,
    service::service_fn,
};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpListener,
    sync::{Semaphore, watch},
    task::JoinSet,
};

use crate::clock::within;

/// More wait to be accepted. Below the number of open files that a process usually has.
const CONNECTIONS: usize = 200;
/// From connecting, or from the answer before, to the end of a request's headers.
const HEADERS_WITHIN: Duration = Duration::from_secs(5);
/// No delivery has more, in number or in bytes.
const HEADERS: usize = 100;
const HEADERS_LIMIT: usize = 64 * 1024;
/// What is read, so that more than that is answered as other malformed requests are, and told. Beyond it hyper answers
/// with 431 by itself.
const HEADERS_READ: usize = 10 * HEADERS;
const HEADERS_READ_LIMIT: usize = 4 * HEADERS_LIMIT;
const BODY_WITHIN: Duration = Duration::from_secs(10);
/// What is read and thrown away of a body that is too long, so that its sender gets to see the answer.
const DRAIN_LIMIT: u64 = 64 * 1024 * 1024;
/// For requests under way to end in once the server is told to stop.
const STOP_WITHIN: Duration = Duration::from_millis(300);
/// After the system would give no more connections.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// A request as it came.
pub struct Arrived {
    pub headers: HeaderMap,
    pub body: Result<Bytes, NoBody>,
}

/// Why there is no body to verify.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoBody {
    /// Another method than POST.
    NotPosted,
    /// Its headers are more than a delivery has.
    Headers,
    TooLarge,
    /// It broke off, or took too long.
    Incomplete,
}

/// Judges requests.
pub trait Handler: Send + Sync + 'static {
    /// The longest body to hand over, in bytes.
    fn body_limit(&self) -> usize;

    /// The status and text to answer with; none to hang up without an answer.
    fn handle(&self, arrived: Arrived) -> impl Future<Output = Option<(StatusCode, String)>> + Send;
}

/// Serves until told to stop, and shortly after that whatever is open.
pub async fn serve<H: Handler>(listener: TcpListener, handler: Arc<H>, stop: watch::Receiver<bool>) {
    let places = Arc::new(Semaphore::new(CONNECTIONS));
    let mut connections = JoinSet::new();
    let mut stopped = pin!(told(stop.clone()));
    loop {
        let accept = async {
            let place = places.clone().acquire_owned().await;
            (listener.accept().await, place)
        };
        tokio::select! {
            () = &mut stopped => break,
            Some(_) = connections.join_next() => {}
            (accepted, place) = accept => {
                let Ok((stream, _)) = accepted else {
                    within(ACCEPT_PAUSE, told(stop.clone())).await;
                    continue;
                };
                let (handler, stop) = (handler.clone(), stop.clone());
                connections.spawn(async move {
                    connection(stream, handler, stop).await;
                    drop(place);
                });
            }
        }
    }
    drop(listener);
    within(STOP_WITHIN, async { while connections.join_next().await.is_some() {} }).await;
}

/// Ends when told to stop, or when nobody is left to tell.
async fn told(mut stop: watch::Receiver<bool>) {
    drop(stop.wait_for(|stop| *stop).await);
}

async fn connection<H: Handler>(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    handler: Arc<H>,
    stop: watch::Receiver<bool>,
) {
    let service = service_fn(|request: Request<Incoming>| answer(handler.clone(), request));
    let served = http1::Builder::new()
        // who sent all and wants the answer may close one half; who hung up does not stop what was begun
        .half_close(true)
        .timer(TokioTimer::new())
        .header_read_timeout(HEADERS_WITHIN)
        .max_headers(HEADERS_READ)
        .max_header_size(HEADERS_READ_LIMIT)
        .serve_connection(TokioIo::new(stream), service);
    let mut served = pin!(served);
    tokio::select! {
        // garbage is answered by hyper, and a connection that broke is nobody's loss
        ended = served.as_mut() => return drop(ended),
        () = told(stop) => served.as_mut().graceful_shutdown(),
    }
    drop(served.await);
}

/// No answer.
#[derive(Debug, thiserror::Error)]
#[error("hung up")]
struct HungUp;

async fn answer<H: Handler>(handler: Arc<H>, request: Request<Incoming>) -> Result<Response<Full<Bytes>>, HungUp> {
    let (parts, mut body) = request.into_parts();
    let read = if parts.method != Method::POST {
        Err(NoBody::NotPosted)
    } else if are_too_many(&parts.headers) {
        Err(NoBody::Headers)
    } else {
        read(&parts.headers, &mut body, handler.body_limit()).await
    };
    let whole = read.is_ok();
    // who waits to be told to go on sends nothing after another answer
    if matches!(read, Err(NoBody::TooLarge | NoBody::Headers)) && !parts.headers.contains_key(header::EXPECT) {
        tokio::spawn(drain(body));
    }
    let Some((status, text)) = handler.handle(Arrived { headers: parts.headers, body: read }).await else {
        return Err(HungUp);
    };
    let mut response = Response::new(Full::from(text));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, header::HeaderValue::from_static("text/plain; charset=utf-8"));
    if !whole {
        headers.insert(header::CONNECTION, header::HeaderValue::from_static("close"));
    }
    Ok(response)
}

fn are_too_many(headers: &HeaderMap) -> bool {
    let bytes = headers.iter().map(|(name, value)| name.as_str().len() + value.len() + ": \r\n".len());
    headers.len() > HEADERS || bytes.sum::<usize>() > HEADERS_LIMIT
}

/// Reads no more than the limit.
async fn read<B: Body<Data = Bytes> + Unpin>(headers: &HeaderMap, body: &mut B, limit: usize) -> Result<Bytes, NoBody> {
    let announced = headers.get(header::CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse::<u64>().ok());
    if announced.is_some_and(|length| length > limit as u64) {
        return Err(NoBody::TooLarge);
    }
    let collect = async {
        let mut bytes = BytesMut::new();
        while let Some(frame) = body.frame().await {
            let Ok(frame) = frame else { return Err(NoBody::Incomplete) };
            let Some(data) = frame.data_ref() else { continue };
            if bytes.len() + data.len() > limit {
                return Err(NoBody::TooLarge);
            }
            bytes.extend_from_slice(data);
        }
        Ok(bytes.freeze())
    };
    within(BODY_WITHIN, collect).await.unwrap_or(Err(NoBody::Incomplete))
}

async fn drain<B: Body<Data = Bytes> + Unpin>(mut body: B) {
    let work = async {
        let mut left = DRAIN_LIMIT;
        while let Some(Ok(frame)) = body.frame().await {
            let length = frame.data_ref().map_or(0, |data| data.len() as u64);
            let Some(rest) = left.checked_sub(length) else { break };
            left = rest;
        }
    };
    within(BODY_WITHIN, work).await;
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use hb_bls::{Clock as _, SystemClock};
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, DuplexStream, ReadHalf, duplex};

    use super::*;

    struct Accepts;

    impl Handler for Accepts {
        fn body_limit(&self) -> usize {
            16
        }

        async fn handle(&self, arrived: Arrived) -> Option<(StatusCode, String)> {
            match arrived.body {
                Ok(_) => Some((StatusCode::OK, String::new())),
                Err(no_body) => Some((StatusCode::BAD_REQUEST, format!("{no_body:?}"))),
            }
        }
    }

    fn connected() -> (DuplexStream, watch::Sender<bool>) {
        let (client, server) = duplex(1024);
        let (stop, stopped) = watch::channel(false);
        tokio::spawn(connection(server, Arc::new(Accepts), stopped));
        (client, stop)
    }

    /// Reads to the end while something is fed. No real time passes.
    async fn cut_off(read: &mut ReadHalf<DuplexStream>, answer: &mut String, feed: impl Future<Output = ()>) {
        let work = async {
            tokio::select! {
                read = read.read_to_string(answer) => drop(read),
                () = feed => {}
            }
        };
        within(Duration::from_secs(120), work).await.expect("it is cut off");
    }

    /// Sends what it can, a byte a second, and gives what it gets until it is cut off.
    async fn slowly(text: &[u8]) -> (usize, String) {
        let (client, _stop) = connected();
        let (mut read, mut write) = tokio::io::split(client);
        let mut answer = String::new();
        let mut sent = 0;
        let feed = async {
            for byte in text {
                if write.write_all(&[*byte]).await.is_err() {
                    break;
                }
                sent += 1;
                SystemClock.sleep(Duration::from_secs(1)).await;
            }
            std::future::pending::<()>().await;
        };
        cut_off(&mut read, &mut answer, feed).await;
        (sent, answer)
    }

    #[tokio::test(start_paused = true)]
    async fn who_sends_nothing_or_slowly_is_cut_off() {
        assert_eq!(slowly(b"").await, (0, String::new()));
        let (sent, answer) = slowly(&[b'P'; 60]).await;
        assert!(sent <= 6 && answer.is_empty(), "{sent} {answer}");
        let (client, _stop) = connected();
        let (mut read, mut write) = tokio::io::split(client);
        write.write_all(b"POST / HTTP/1.1\r\nhost: here\r\ncontent-length: 9\r\n\r\n").await.unwrap();
        let feed = async {
            loop {
                drop(write.write_all(b"x").await);
                SystemClock.sleep(Duration::from_secs(2)).await;
            }
        };
        let mut answer = String::new();
        cut_off(&mut read, &mut answer, feed).await;
        assert!(answer.starts_with("HTTP/1.1 400") && answer.ends_with("Incomplete"), "{answer}");
    }

    #[tokio::test(start_paused = true)]
    async fn a_connection_that_is_kept_idle_is_closed() {
        let (mut client, _stop) = connected();
        client.write_all(b"POST / HTTP/1.1\r\nhost: here\r\ncontent-length: 1\r\n\r\nx").await.unwrap();
        let mut answer = String::new();
        within(Duration::from_secs(120), client.read_to_string(&mut answer)).await.unwrap().unwrap();
        assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    }

    #[tokio::test(start_paused = true)]
    async fn draining_ends_though_the_body_does_not() {
        const FRAME: usize = 64 * 1024;
        const LIMIT: usize = DRAIN_LIMIT as usize / FRAME;
        // a body that is there at once; it ends, so that a limit that does not hold fails instead of reading for ever
        let taken = AtomicUsize::new(0);
        let frames = (0..2 * LIMIT).map(|_| {
            taken.fetch_add(1, Ordering::Relaxed);
            Ok::<_, std::io::Error>(hyper::body::Frame::data(Bytes::from_static(&[0; FRAME])))
        });
        drain(http_body_util::StreamBody::new(futures::stream::iter(frames))).await;
        assert_eq!(taken.into_inner(), LIMIT + 1, "no more than it takes to see");
        // one that never comes
        let silent = futures::stream::pending::<Result<hyper::body::Frame<Bytes>, std::io::Error>>();
        within(2 * BODY_WITHIN, drain(http_body_util::StreamBody::new(silent))).await.expect("it is given up");
    }
}
