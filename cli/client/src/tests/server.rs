//! A server that answers as a test says, and may cut connections.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use axum::http::{HeaderMap, Response, StatusCode};
use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// A call that came.
#[derive(Clone, Debug)]
pub(super) struct Seen {
    pub(super) method: String,
    pub(super) path: String,
    pub(super) query: String,
    headers: HeaderMap,
    pub(super) body: Vec<u8>,
}

impl Seen {
    pub(super) fn header(&self, name: &str) -> String {
        self.headers.get(name).map(|value| value.to_str().unwrap().to_owned()).unwrap_or_default()
    }
}

/// What is answered.
pub(super) struct Answer(Response<Body>);

pub(super) fn answer(status: u16) -> Answer {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::from_u16(status).unwrap();
    Answer(response)
}

impl Answer {
    pub(super) fn header(mut self, name: &'static str, value: &str) -> Self {
        self.0.headers_mut().insert(name, value.parse().unwrap());
        self
    }

    pub(super) fn bytes(mut self, bytes: &[u8]) -> Self {
        *self.0.body_mut() = Body::from(bytes.to_vec());
        self
    }

    pub(super) fn json(self, document: &Value) -> Self {
        self.bytes(document.to_string().as_bytes())
    }
}

/// A server on a port of its own.
pub(super) struct Server {
    pub(super) url: String,
    seen: Arc<Mutex<Vec<Seen>>>,
}

impl Server {
    /// Answers each call by what came, and how many came before.
    pub(super) async fn start(respond: impl Fn(&Seen, usize) -> Answer + Send + Sync + 'static) -> Self {
        let seen = Arc::new(Mutex::new(Vec::new()));
        let (log, respond) = (Arc::clone(&seen), Arc::new(respond));
        let app = Router::new().fallback(move |request: Request| {
            let (log, respond) = (Arc::clone(&log), Arc::clone(&respond));
            async move {
                let (parts, body) = request.into_parts();
                let Ok(body) = axum::body::to_bytes(body, usize::MAX).await else {
                    return Response::new(Body::empty());
                };
                let query = parts.uri.query().unwrap_or_default().to_owned();
                let call = Seen {
                    method: parts.method.to_string(),
                    path: parts.uri.path().to_owned(),
                    query,
                    headers: parts.headers,
                    body: body.to_vec(),
                };
                let count = log.lock().unwrap().len();
                let answer = respond(&call, count).0;
                log.lock().unwrap().push(call);
                answer
            }
        });
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, app).await });
        Self { url, seen }
    }

    /// Cuts connections, once each: after so many bytes of the first request for a path, or, after an exclamation mark, of the
    /// answer to it.
    pub(super) async fn cutting(
        cuts: &[(&'static str, usize)],
        respond: impl Fn(&Seen, usize) -> Answer + Send + Sync + 'static,
    ) -> Self {
        let behind = Self::start(respond).await;
        let address = behind.url.trim_start_matches("http://").to_owned();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let cuts = Arc::new(Mutex::new(cuts.to_vec()));
        tokio::spawn(async move {
            while let Ok((near, _)) = listener.accept().await {
                let far = TcpStream::connect(&address).await.unwrap();
                tokio::spawn(join(near, far, Arc::clone(&cuts)));
            }
        });
        Self { url, seen: behind.seen }
    }

    pub(super) fn seen(&self) -> Vec<Seen> {
        self.seen.lock().unwrap().clone()
    }
}

/// How many bytes of a request and of its answer get through, of one that is to be cut.
type Left = (Option<usize>, Option<usize>);

/// Takes what is to be cut from the list, should this be the beginning of a request for it.
fn cut(cuts: &Mutex<Vec<(&'static str, usize)>>, piece: &[u8], left: &mut Left) {
    let text = String::from_utf8_lossy(&piece[..piece.len().min(200)]).into_owned();
    let mut cuts = cuts.lock().unwrap();
    let asked = |path: &str| text.contains(&format!(" {}", path.trim_start_matches('!')));
    if let Some(place) = cuts.iter().position(|(path, _)| asked(path)) {
        let (path, after) = cuts.remove(place);
        if path.starts_with('!') { left.1 = Some(after) } else { left.0 = Some(after) }
    }
}

/// Counts bytes. Tells whether this was the last that gets through.
fn spent(left: &mut Option<usize>, count: usize) -> bool {
    *left = left.map(|left| left.saturating_sub(count));
    *left == Some(0)
}

async fn join(mut near: TcpStream, mut far: TcpStream, cuts: Arc<Mutex<Vec<(&'static str, usize)>>>) {
    let (mut up, mut down) = (vec![0; 16_384], vec![0; 16_384]);
    let mut left: Left = (None, None);
    loop {
        tokio::select! {
            read = near.read(&mut up) => {
                let Ok(count @ 1..) = read else { return };
                cut(&cuts, &up[..count], &mut left);
                if spent(&mut left.0, count) || far.write_all(&up[..count]).await.is_err() {
                    return;
                }
            }
            read = far.read(&mut down) => {
                let Ok(count @ 1..) = read else { return };
                if near.write_all(&down[..count]).await.is_err() {
                    return;
                }
                if spent(&mut left.1, count) {
                    // What was sent gets there before the end does.
                    return tokio::time::sleep(Duration::from_millis(200)).await;
                }
            }
        }
    }
}
