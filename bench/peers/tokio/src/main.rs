//! A task for each client on tokio's single-threaded runtime, with a buffer of 64 KiB.

use std::io;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};
use tokio::runtime::Builder;

fn main() -> io::Result<()> {
    Builder::new_current_thread().enable_io().build()?.block_on(serve())
}

async fn serve() -> io::Result<()> {
    let port: u16 = std::env::args().nth(1).and_then(|port| port.parse().ok()).unwrap_or(0);
    let socket = TcpSocket::new_v4()?;
    socket.set_reuseaddr(true)?;
    socket.bind(([127, 0, 0, 1], port).into())?;
    let listener = socket.listen(4096)?;
    println!("listening {}", listener.local_addr()?.port());
    loop {
        let (client, _) = listener.accept().await?;
        tokio::spawn(async move {
            // A client that breaks off ends its own task only.
            let _ = echo(client).await;
        });
    }
}

async fn echo(mut client: TcpStream) -> io::Result<()> {
    client.set_nodelay(true)?;
    // Not zeroed: a short-lived client touches no more of it than it needs.
    let mut buffer = Vec::with_capacity(65536);
    while client.read_buf(&mut buffer).await? > 0 {
        client.write_all(&buffer).await?;
        buffer.clear();
    }
    Ok(())
}
