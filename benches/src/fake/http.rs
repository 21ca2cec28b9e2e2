//! Plain HTTP/1.1, with nothing between a request and its answer.

use std::{convert::Infallible, net::SocketAddr};

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::{
    Request, Response, StatusCode, body::Incoming, http::request::Parts, server::conn::http1, service::service_fn,
};
use hyper_util::rt::TokioIo;
use tokio::{
    net::{TcpListener, TcpStream},
    task::{AbortHandle, JoinSet},
};

use crate::Outcome;

pub(crate) type Answer = Response<Full<Bytes>>;

/// A server, and all its connections. They end when this is dropped.
#[derive(Debug)]
pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    task: AbortHandle,
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Starts a server on a free port.
pub(crate) async fn serve<F, A>(answer: F) -> Outcome<Server>
where
    F: Fn(Parts, Bytes) -> A + Clone + Send + Sync + 'static,
    A: Future<Output = Answer> + Send + 'static,
{
    let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
    let address = listener.local_addr()?;
    let accept = async move {
        let mut connections = JoinSet::new();
        while let Ok((stream, _)) = listener.accept().await {
            connections.spawn(converse(stream, answer.clone()));
        }
    };
    Ok(Server { address, task: tokio::spawn(accept).abort_handle() })
}

async fn converse<F, A>(stream: TcpStream, answer: F)
where
    F: Fn(Parts, Bytes) -> A + Clone,
    A: Future<Output = Answer>,
{
    let service = service_fn(|request: Request<Incoming>| async {
        let (head, body) = request.into_parts();
        Ok::<_, Infallible>(match body.collect().await {
            Ok(body) => answer(head, body.to_bytes()).await,
            Err(_) => of(StatusCode::BAD_REQUEST, Bytes::new()),
        })
    });
    // Without it the second half of an answer waits for the client's acknowledgement.
    let _ = stream.set_nodelay(true);
    let _ = http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
}

pub(crate) fn of(status: StatusCode, body: impl Into<Bytes>) -> Answer {
    let mut answer = Response::new(Full::new(body.into()));
    *answer.status_mut() = status;
    answer
}

/// A request's header, empty where it has none.
pub(crate) fn header<'a>(head: &'a Parts, name: &str) -> &'a str {
    head.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
}
