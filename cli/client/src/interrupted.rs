//! The end of a command that somebody stops.

use tokio::signal::unix::{SignalKind, signal};

/// Waits for Ctrl-C or a request to end. Where signals can't be awaited they keep their usual effect.
pub async fn interrupted() {
    let (Ok(mut interrupt), Ok(mut terminate)) = (signal(SignalKind::interrupt()), signal(SignalKind::terminate()))
    else {
        return std::future::pending().await;
    };
    tokio::select! {
        _ = interrupt.recv() => (),
        _ = terminate.recv() => (),
    }
}
