//! A network that can be made bad: every connection between the functions and AWS goes through it. It also knows which process
//! made a request, and can kill it.

mod link;
pub(crate) mod manners;

use std::{
    fmt, mem,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU32, Ordering},
    },
    time::{Duration, Instant},
};

use local::Options;
use memchr::memmem::find;
use tokio::net::TcpListener;

use crate::world::World;
use link::Link;
use manners::AwsManners;

/// Longer than anybody waits for an answer.
const FOR_LONG: Duration = Duration::from_secs(90);

/// What becomes of connections over which nothing goes for a while.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Idle {
    /// They stay.
    Kept,
    /// Neither end learns of it: what is sent over them later gets no answer.
    Forgotten(Duration),
    /// They are closed in good order.
    Closed(Duration),
    /// They are reset.
    Reset(Duration),
    /// They are closed just as the next request comes over one, once in so many times.
    Snapped(u32),
}

/// What becomes of a request or its answer.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Mischief {
    /// The answer takes so long.
    Hold(Duration),
    /// The request gets no further, nor does anything after it.
    StallRequest,
    /// The answer stops after so many bytes.
    StallAnswer(usize),
    /// The answer comes in pieces of so many bytes, one each hundredth of a second.
    Trickle(usize),
    /// The function that makes the request is killed.
    Kill(Moment),
}

/// What becomes of a whole request before AWS gets it.
#[derive(Clone, Debug)]
pub(crate) enum Befalls {
    /// This is its answer; AWS never sees it.
    Answer(Vec<u8>),
    /// It gets no answer.
    Nothing,
}

/// What the weather does to requests, as long as it lasts.
pub(crate) type Weather = Box<dyn Fn(&[u8]) -> Option<Befalls> + Send + Sync>;

/// When a function is killed that makes a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Moment {
    /// Nothing of the request reaches AWS.
    Before,
    /// AWS has done what was asked; its answer reaches nobody.
    After,
}

#[derive(Clone)]
pub(crate) struct Proxy(Arc<Shared>);

struct Shared {
    /// AWS's host and port.
    aws: String,
    /// Where functions find this proxy.
    url: String,
    /// The process that the functions' are children of.
    emulator: u32,
    idle: Mutex<Idle>,
    /// Each for the first request that holds two texts.
    plans: Mutex<Vec<([&'static str; 2], Mischief)>>,
    weather: Mutex<Option<Weather>>,
    manners: Mutex<AwsManners>,
    /// How many requests the weather befell.
    befallen: AtomicU32,
    /// The requests that reached AWS.
    requests: Mutex<Vec<Vec<u8>>>,
    connections: AtomicU32,
    reused: AtomicU32,
    broken: AtomicU32,
}

impl Proxy {
    /// A stack whose functions reach AWS through a proxy.
    pub(crate) async fn world() -> (World, Self) {
        // Connections wait at its port until AWS is there too.
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        let url = format!("http://{address}");
        let functions_endpoint_url = Some(url.clone());
        let world = World::with_options(Options { functions_endpoint_url, ..Options::default() }).await;
        let shared = Shared {
            aws: world.stack.endpoint_url().trim_start_matches("http://").to_owned(),
            url,
            emulator: world.stack.pid(),
            idle: Mutex::new(Idle::Kept),
            plans: Mutex::default(),
            weather: Mutex::default(),
            manners: Mutex::default(),
            befallen: AtomicU32::new(0),
            requests: Mutex::default(),
            connections: AtomicU32::new(0),
            reused: AtomicU32::new(0),
            broken: AtomicU32::new(0),
        };
        let proxy = Self(Arc::new(shared));
        tokio::spawn(proxy.clone().serve(listener));
        (world, proxy)
    }

    async fn serve(self, listener: TcpListener) {
        while let Ok((function, address)) = listener.accept().await {
            self.0.connections.fetch_add(1, Ordering::Relaxed);
            let last = Instant::now();
            let ports = [address.port(), listener.local_addr().unwrap().port()];
            let link =
                Link { proxy: self.clone(), ports, aws: None, last, answered: 0, mischief: None, left_over: None };
            tokio::spawn(link.carry(function));
        }
    }

    pub(crate) fn idle(&self, idle: Idle) {
        *self.0.idle.lock().unwrap() = idle;
    }

    pub(crate) fn url(&self) -> &str {
        &self.0.url
    }

    /// Plans something for the next request that holds both texts.
    pub(crate) fn plan(&self, texts: [&'static str; 2], mischief: Mischief) {
        self.0.plans.lock().unwrap().push((texts, mischief));
    }

    /// Whether everything planned has happened.
    pub(crate) fn is_done(&self) -> bool {
        self.0.plans.lock().unwrap().is_empty()
    }

    /// Gives up what is planned and has not happened.
    pub(crate) fn drop_plans(&self) {
        self.0.plans.lock().unwrap().clear();
    }

    /// Makes a weather, which lasts until it clears up.
    pub(crate) fn weather(&self, weather: Weather) {
        self.0.befallen.store(0, Ordering::Relaxed);
        *self.0.weather.lock().unwrap() = Some(weather);
    }

    /// Has AWS behave as the real one does, from now on, or asks what it did.
    pub(crate) fn manners<T>(&self, ask: impl FnOnce(&mut AwsManners) -> T) -> T {
        ask(&mut self.0.manners.lock().unwrap())
    }

    pub(crate) fn clear_up(&self) {
        *self.0.weather.lock().unwrap() = None;
    }

    /// How many requests the weather befell.
    pub(crate) fn befallen(&self) -> u32 {
        self.0.befallen.load(Ordering::Relaxed)
    }

    fn befalls(&self, request: &[u8]) -> Option<Befalls> {
        let befalls = self.0.weather.lock().unwrap().as_ref()?(request)?;
        self.0.befallen.fetch_add(1, Ordering::Relaxed);
        Some(befalls)
    }

    /// Takes the requests that reached AWS since they were last taken.
    pub(crate) fn take_requests(&self) -> Vec<Vec<u8>> {
        mem::take(&mut self.0.requests.lock().unwrap())
    }

    /// How many connections broke over which something was still to go.
    pub(crate) fn broken(&self) -> u32 {
        self.0.broken.load(Ordering::Relaxed)
    }

    fn planned(&self, request: &[u8]) -> Option<Mischief> {
        let mut plans = self.0.plans.lock().unwrap();
        let place = plans.iter().position(|(texts, _)| holds(request, *texts))?;
        Some(plans.remove(place).1)
    }
}

impl fmt::Display for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [connections, reused, broken] =
            [&self.0.connections, &self.0.reused, &self.0.broken].map(|count| count.load(Ordering::Relaxed));
        write!(f, "{connections} connections, used again {reused} times, {broken} of them in vain")
    }
}

/// An answer of AWS.
pub(crate) fn answer(status: &str, kind: &str, body: &str) -> Vec<u8> {
    let length = body.len();
    format!("HTTP/1.1 {status}\r\ncontent-type: {kind}\r\ncontent-length: {length}\r\n\r\n{body}").into_bytes()
}

/// Whether a request holds all these texts.
pub(crate) fn holds(request: &[u8], texts: [&str; 2]) -> bool {
    texts.iter().all(|text| find(request, text.as_bytes()).is_some())
}

/// Whether all of a request has come, as its length says.
fn is_whole(request: &[u8]) -> bool {
    let Some(end) = find(request, b"\r\n\r\n") else { return false };
    let head = String::from_utf8_lossy(&request[..end]).to_ascii_lowercase();
    let length = head.lines().find_map(|line| line.strip_prefix("content-length:"));
    request.len() >= end + 4 + length.map_or(0, |length| length.trim().parse().unwrap())
}
