//! Small HTTP servers on the loopback interface: the token issuer, and the API's reference.

use std::net::{Ipv4Addr, TcpListener};

use axum::Router;
use axum::extract::Request;
use axum::http::StatusCode;
use axum::http::header::HOST;
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};

/// Serves what `router` makes of the server's own URL, on a free port, and gives the URL.
///
/// It answers to names of this machine alone. A page of another site may let its own name lead here, and its browser then
/// takes what is here for that site's: it must get neither a token nor a way to the API.
///
/// It serves from a thread that ends with the process, so it outlives any one test's runtime.
pub(crate) fn serve(router: impl FnOnce(&str) -> Router) -> std::io::Result<String> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    listener.set_nonblocking(true)?;
    let url = format!("http://{}", listener.local_addr()?);
    let router = router(&url).layer(middleware::from_fn(only_by_own_name));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    std::thread::spawn(move || {
        runtime.block_on(async move { axum::serve(tokio::net::TcpListener::from_std(listener)?, router).await })
    });
    Ok(url)
}

async fn only_by_own_name(call: Request, next: Next) -> Response {
    let host = call.headers().get(HOST).and_then(|host| host.to_str().ok());
    if host.is_some_and(is_loopback) {
        return next.run(call).await;
    }
    let names = "call it localhost, 127.0.0.1 or [::1], or by a name that ends in .localhost";
    (StatusCode::FORBIDDEN, format!("This server answers to names of this machine alone: {names}.\n")).into_response()
}

/// Whether a host, with or without a port, is this machine's own name for itself.
fn is_loopback(host: &str) -> bool {
    let (name, port) = match host.rsplit_once(':') {
        Some((name, port)) if !port.ends_with(']') => (name, port),
        _ => (host, ""),
    };
    let name = name.to_ascii_lowercase();
    let is_own = ["localhost", "127.0.0.1", "[::1]"].contains(&name.as_str()) || name.ends_with(".localhost");
    is_own && port.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use std::io::{Read, Write};
    use std::net::TcpStream;

    use axum::routing::get;

    use super::*;

    /// What is answered to a call that names the server so.
    fn answer(url: &str, headers: &str) -> String {
        let mut connection = TcpStream::connect(url.trim_start_matches("http://")).unwrap();
        write!(connection, "GET / HTTP/1.1\r\n{headers}Connection: close\r\n\r\n").unwrap();
        let mut text = String::new();
        connection.read_to_string(&mut text).unwrap();
        text
    }

    #[test]
    fn a_server_answers_to_names_of_this_machine_alone() {
        let url = serve(|_| Router::new().route("/", get("the token"))).unwrap();
        for own in ["localhost", "LOCALHOST:1", "api.execute-api.localhost:80", "127.0.0.1:4566", "[::1]:80", "[::1]"] {
            let answered = answer(&url, &format!("Host: {own}\r\n"));
            assert!(answered.starts_with("HTTP/1.1 200 ") && answered.ends_with("the token"), "{own}: {answered}");
        }
        let others = [
            "evil.example",
            "evil.example:80",
            "localhost.evil.example",
            "notlocalhost",
            "127.0.0.1.evil.example",
            "127.0.0.2",
            "evil.example:127.0.0.1",
            "",
            "localhost:x",
        ];
        for other in others {
            let answered = answer(&url, &format!("Host: {other}\r\n"));
            assert!(answered.starts_with("HTTP/1.1 40") && !answered.contains("the token"), "{other}: {answered}");
        }
        assert!(
            answer(&url, "Host: evil.example\r\n")
                .contains("answers to names of this machine alone: call it localhost")
        );
    }
}
