//! A connection pooler for PostgreSQL as PgBouncer is in transaction mode, at its most awkward.

use std::io;

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
};

const SSL_REQUEST: [u8; 4] = 80_877_103_u32.to_be_bytes();

/// Forwards clients to a server. Each has two connections to it, and each transaction gets the other one: what a client leaves
/// behind in its session, such as a prepared statement, is not there when it comes back.
#[derive(Debug)]
pub struct Pooler {
    url: String,
}

impl Pooler {
    /// Starts one for the PostgreSQL server at this port. It ends with the runtime.
    ///
    /// # Panics
    ///
    /// If there is no free port.
    pub async fn start(server: u16) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a port");
        let port = listener.local_addr().expect("a port").port();
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                tokio::spawn(serve(client, server));
            }
        });
        Self { url: format!("postgres://postgres@127.0.0.1:{port}/postgres") }
    }

    /// The address for clients.
    pub fn url(&self) -> &str {
        &self.url
    }
}

async fn serve(mut client: TcpStream, server: u16) -> io::Result<()> {
    client.set_nodelay(true)?;
    let startup = loop {
        let packet = packet(&mut client, Vec::new()).await?;
        if packet.get(4..) != Some(&SSL_REQUEST) {
            break packet;
        }
        client.write_all(b"N").await?;
    };
    let mut servers = [connect(server, &startup).await?, connect(server, &startup).await?];
    until_ready(&mut servers[0], Some(&mut client)).await?;
    until_ready(&mut servers[1], None).await?;
    loop {
        let message = message(&mut client).await?;
        servers[0].write_all(&message).await?;
        // Sync and Query are answered with ReadyForQuery
        let ends = matches!(message.first(), Some(b'S' | b'Q'));
        if ends && until_ready(&mut servers[0], Some(&mut client)).await? == b'I' {
            servers.swap(0, 1);
        }
    }
}

async fn connect(server: u16, startup: &[u8]) -> io::Result<TcpStream> {
    let mut stream = TcpStream::connect(("127.0.0.1", server)).await?;
    stream.set_nodelay(true)?;
    stream.write_all(startup).await?;
    Ok(stream)
}

/// Passes messages on until the server is ready. Returns whether it is in a transaction.
async fn until_ready(server: &mut TcpStream, mut client: Option<&mut TcpStream>) -> io::Result<u8> {
    loop {
        let message = message(server).await?;
        if let Some(client) = &mut client {
            client.write_all(&message).await?;
        }
        if let [b'Z', _, _, _, _, status] = message[..] {
            return Ok(status);
        }
    }
}

/// The next message: its kind, its length, and its content.
async fn message(stream: &mut TcpStream) -> io::Result<Vec<u8>> {
    let kind = stream.read_u8().await?;
    packet(stream, vec![kind]).await
}

async fn packet(stream: &mut TcpStream, mut read: Vec<u8>) -> io::Result<Vec<u8>> {
    let length = stream.read_u32().await?;
    read.extend(length.to_be_bytes());
    let from = read.len();
    read.resize(from + usize::try_from(length).expect("32 bits") - 4, 0);
    stream.read_exact(&mut read[from..]).await?;
    Ok(read)
}
