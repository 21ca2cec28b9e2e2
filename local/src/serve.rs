//! Small HTTP servers on the loopback interface: the token issuer, and the API's reference.

use std::net::{Ipv4Addr, TcpListener};

use axum::Router;

/// Serves what `router` makes of the server's own URL, on a free port, and gives the URL.
///
/// It serves from a thread that ends with the process, so it outlives any one test's runtime.
pub(crate) fn serve(router: impl FnOnce(&str) -> Router) -> std::io::Result<String> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    listener.set_nonblocking(true)?;
    let url = format!("http://{}", listener.local_addr()?);
    let router = router(&url);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    std::thread::spawn(move || {
        runtime.block_on(async move { axum::serve(tokio::net::TcpListener::from_std(listener)?, router).await })
    });
    Ok(url)
}
