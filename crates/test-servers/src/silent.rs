//! A network that goes silent: connections stay open, and nothing comes any more.

use std::{io, sync::Arc};

use tokio::{
    io::{AsyncReadExt as _, copy_bidirectional},
    net::{TcpListener, TcpStream},
    sync::{Notify, watch},
};

/// Forwards clients to a server until it is silent. A connection that was silenced stays so, until the client closes it.
#[derive(Debug)]
pub struct Silent {
    port: u16,
    silent: watch::Sender<bool>,
    clients: Arc<Clients>,
}

/// What clients do while they hear nothing.
#[derive(Debug, Default)]
struct Clients {
    asked: Notify,
    left: Notify,
}

impl Silent {
    /// Starts one for the server at this port. It forwards at first, and ends with the runtime.
    ///
    /// # Panics
    ///
    /// If there is no free port.
    pub async fn start(server: u16) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a port");
        let port = listener.local_addr().expect("a port").port();
        let (silent, clients) = (watch::Sender::new(false), Arc::<Clients>::default());
        let (heard, counted) = (silent.subscribe(), Arc::clone(&clients));
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                tokio::spawn(serve(client, server, heard.clone(), Arc::clone(&counted)));
            }
        });
        Self { port, silent, clients }
    }

    /// The port on 127.0.0.1.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Silences the connections that are open, and those that are opened while it is so.
    pub fn silence(&self, is_silent: bool) {
        self.silent.send_replace(is_silent);
    }

    /// Waits until a client has said something that is not forwarded.
    pub async fn asked(&self) {
        self.clients.asked.notified().await;
    }

    /// Waits until a client has closed a connection that was silenced.
    pub async fn left(&self) {
        self.clients.left.notified().await;
    }
}

async fn serve(
    mut client: TcpStream,
    port: u16,
    mut silent: watch::Receiver<bool>,
    clients: Arc<Clients>,
) -> io::Result<()> {
    let mut server = TcpStream::connect(("127.0.0.1", port)).await?;
    tokio::select! {
        biased;
        _ = silent.wait_for(|is_silent| *is_silent) => {}
        outcome = copy_bidirectional(&mut client, &mut server) => return outcome.map(drop),
    }
    let mut said = [0; 1024];
    while client.read(&mut said).await.is_ok_and(|length| length > 0) {
        clients.asked.notify_one();
    }
    clients.left.notify_one();
    Ok(())
}
