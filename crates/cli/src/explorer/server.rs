//! The server: sockets, connections, and their limits.

use super::api;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Semaphore;

/// Concurrent connections; further ones wait.
const CONNECTIONS: usize = 64;

/// Limit on the request line and headers together, in bytes.
const LARGEST_HEAD: usize = 16 << 10;

/// Time limit for sending the headers.
const HEAD_PATIENCE: Duration = Duration::from_secs(5);

/// Pause after a failed accept (no file descriptors left).
const BREATH: Duration = Duration::from_millis(50);

/// Why the server could not start.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// The port is not available.
    #[error("127.0.0.1:{port}: {source}")]
    Bind {
        /// The port.
        port: u16,
        /// Why.
        source: std::io::Error,
    },
    /// The asynchronous runtime could not start.
    #[error(transparent)]
    Runtime(#[from] std::io::Error),
}

/// A listening server; it answers once it runs.
#[derive(Debug)]
pub struct Server {
    listener: TcpListener,
    address: SocketAddr,
}

impl Server {
    /// Listens on 127.0.0.1; port 0 picks a free one.
    ///
    /// # Errors
    /// [`ServeError::Bind`].
    pub fn bind(port: u16) -> Result<Self, ServeError> {
        let listen = || {
            let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port))?;
            listener.set_nonblocking(true)?;
            let address = listener.local_addr()?;
            Ok(Self { listener, address })
        };
        listen().map_err(|source| ServeError::Bind { port, source })
    }

    /// The address of the page.
    pub fn url(&self) -> String {
        format!("http://{}/", self.address)
    }

    /// Serves until the process ends.
    ///
    /// # Errors
    /// [`ServeError::Runtime`].
    pub fn run(self) -> Result<(), ServeError> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().max_blocking_threads(4).build()?;
        runtime.block_on(async {
            let listener = tokio::net::TcpListener::from_std(self.listener)?;
            let router = api::router();
            let places = Arc::new(Semaphore::new(CONNECTIONS));
            loop {
                let Ok(place) = Arc::clone(&places).acquire_owned().await else { return Ok(()) };
                let Ok((stream, _)) = listener.accept().await else {
                    tokio::time::sleep(BREATH).await;
                    continue;
                };
                let service = TowerToHyperService::new(router.clone());
                tokio::spawn(async move {
                    let _place = place;
                    // Errors are the client's: it disconnected, or sent something other than HTTP and was told so.
                    let _ = hyper::server::conn::http1::Builder::new()
                        .timer(TokioTimer::new())
                        .header_read_timeout(HEAD_PATIENCE)
                        .max_buf_size(LARGEST_HEAD)
                        .serve_connection(TokioIo::new(stream), service)
                        .await;
                });
            }
        })
    }
}
