//! Passes each request to one of several receivers that run, as a load balancer does.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
};

pub struct Balancer {
    pub port: u16,
}

impl Balancer {
    pub async fn start(receivers: Vec<u16>) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let next = Arc::new(AtomicUsize::new(0));
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                tokio::spawn(pass(client, receivers.clone(), Arc::clone(&next)));
            }
        });
        Self { port }
    }
}

/// One request and its response, and then the connection is closed. Without a receiver it is closed at once.
async fn pass(mut client: TcpStream, receivers: Vec<u16>, next: Arc<AtomicUsize>) -> std::io::Result<()> {
    for _ in 0..receivers.len() {
        let port = receivers[next.fetch_add(1, Ordering::Relaxed) % receivers.len()];
        let Ok(mut receiver) = TcpStream::connect(("127.0.0.1", port)).await else { continue };
        let (mut from_client, mut to_client) = client.split();
        let (mut from_receiver, mut to_receiver) = receiver.split();
        let answering = async {
            // a response is short
            let mut answer = vec![0; 16_384];
            let length = from_receiver.read(&mut answer).await?;
            to_client.write_all(&answer[..length]).await
        };
        tokio::select! {
            answered = answering => return answered,
            _ = tokio::io::copy(&mut from_client, &mut to_receiver) => return Ok(()),
        }
    }
    Ok(())
}
