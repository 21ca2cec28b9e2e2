//! A network that can be made bad: every connection between the functions and AWS goes through it. It also knows which process
//! made a request, and can kill it.

pub(crate) mod manners;

use std::{
    fmt,
    future::pending,
    mem,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU32, Ordering},
    },
    time::{Duration, Instant},
};

use local::Options;
use memchr::memmem::find;
use serde_json::Value;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    time::{sleep, sleep_until},
};

use crate::{processes, world::World};
use manners::{AwsManners, Judged};

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

/// One connection of a function.
struct Link {
    proxy: Proxy,
    /// The ports of the function and of this proxy.
    ports: [u16; 2],
    /// Made anew where AWS has closed it: what functions are to see of that is for the proxy to say.
    aws: Option<TcpStream>,
    /// When something last went over it.
    last: Instant,
    /// How much of the answer under way has come.
    answered: usize,
    mischief: Option<Mischief>,
    /// What a batch leaves over, and its answer as far as it has come.
    left_over: Option<(Value, Vec<u8>)>,
}

impl Link {
    async fn carry(mut self, mut function: TcpStream) {
        let (mut sent, mut came) = (vec![0; 1 << 16], vec![0; 1 << 16]);
        let mut request = Vec::new();
        let mut is_first = true;
        loop {
            let idle = *self.proxy.0.idle.lock().unwrap();
            let limit = match idle {
                Idle::Closed(limit) | Idle::Reset(limit) if self.is_idle() => Some(limit),
                _ => None,
            };
            tokio::select! {
                read = function.read(&mut sent) => {
                    let Ok(count @ 1..) = read else { return };
                    let bytes = &sent[..count];
                    if self.is_idle() {
                        request.clear();
                        if !is_first && self.is_lost(idle) {
                            self.proxy.0.broken.fetch_add(1, Ordering::Relaxed);
                            // One that is forgotten looks alive until its function gives up.
                            while matches!(idle, Idle::Forgotten(_)) && matches!(function.read(&mut sent).await, Ok(1..)) {}
                            return;
                        }
                        is_first = false;
                        self.answered = 0;
                        self.mischief = None;
                    }
                    request.extend_from_slice(bytes);
                    if !self.pass_on(&mut function, &request).await {
                        return;
                    }
                }
                read = read(self.aws.as_mut(), &mut came) => match read {
                    Ok(count @ 1..) => {
                        if !self.answer(&mut function, &mut request, &came[..count]).await {
                            return;
                        }
                    }
                    // Before it was done.
                    _ if !self.is_idle() => return,
                    _ => self.aws = None,
                },
                () = limited(limit) => {
                    if matches!(idle, Idle::Reset(_)) {
                        let _ = function.set_zero_linger();
                    }
                    return;
                }
            }
            self.last = Instant::now();
        }
    }

    /// Hands a request on as far as it has come. `false` when nothing more goes over the connection.
    async fn pass_on(&mut self, function: &mut TcpStream, request: &[u8]) -> bool {
        if self.aws.is_none() {
            self.aws = TcpStream::connect(&self.proxy.0.aws).await.ok();
        }
        self.mischief = self.mischief.or_else(|| self.proxy.planned(request));
        match self.mischief {
            // Its function writes until nothing more fits, and waits.
            Some(Mischief::StallRequest) => {
                sleep(FOR_LONG).await;
                return false;
            }
            Some(Mischief::Kill(Moment::Before)) => {
                self.kill();
                return false;
            }
            _ => {}
        }
        // AWS gets requests whole: of one before which its function dies it has seen nothing.
        self.answered = 0;
        if !is_whole(request) {
            return self.aws.is_some();
        }
        match self.proxy.befalls(request) {
            Some(Befalls::Nothing) => {
                sleep(FOR_LONG).await;
                false
            }
            Some(Befalls::Answer(answer)) => {
                self.answered = answer.len();
                function.write_all(&answer).await.is_ok()
            }
            None => self.pass_on_as_aws(function, request).await,
        }
    }

    /// Hands a whole request on as far as AWS would do it.
    async fn pass_on_as_aws(&mut self, function: &mut TcpStream, request: &[u8]) -> bool {
        sleep(self.proxy.manners(|manners| manners.latency())).await;
        let judged = self.proxy.manners(|manners| manners.judge(request));
        let done = match judged {
            Judged::Answered(answer) => {
                self.answered = answer.len();
                return function.write_all(&answer).await.is_ok();
            }
            Judged::Done(at) => {
                sleep_until(at).await;
                request.to_vec()
            }
            Judged::InPart { request, left_over } => {
                self.left_over = Some((left_over, Vec::new()));
                request
            }
        };
        match &mut self.aws {
            Some(aws) => aws.write_all(&done).await.is_ok(),
            None => false,
        }
    }

    /// Whether all that was asked is answered; one that has begun to be counts as answered.
    fn is_idle(&self) -> bool {
        self.aws.is_none() || self.answered > 0
    }

    /// Whether the connection is no more, as a request comes over it.
    fn is_lost(&self, idle: Idle) -> bool {
        let reused = self.proxy.0.reused.fetch_add(1, Ordering::Relaxed);
        match idle {
            Idle::Forgotten(limit) => self.last.elapsed() > limit,
            Idle::Snapped(each) => reused.is_multiple_of(each),
            Idle::Kept | Idle::Closed(_) | Idle::Reset(_) => false,
        }
    }

    /// Kills the function at the other end.
    fn kill(&self) {
        let [from, to] = self.ports;
        let process = processes::children(self.proxy.0.emulator).find(|pid| processes::holds(pid, from, to));
        assert!(process.is_some_and(|pid| processes::kill(&pid)), "no function made the request");
    }

    /// Hands a piece of an answer on. `false` when there is nobody any more to take it.
    async fn answer(&mut self, function: &mut TcpStream, request: &mut Vec<u8>, bytes: &[u8]) -> bool {
        let before = self.answered;
        self.answered += bytes.len();
        if before == 0 {
            self.proxy.0.requests.lock().unwrap().push(mem::take(request));
        }
        if let Some((left_over, mut answer)) = self.left_over.take() {
            answer.extend_from_slice(bytes);
            if !is_whole(&answer) {
                self.left_over = Some((left_over, answer));
                return true;
            }
            return function.write_all(&manners::with_left_over(&answer, left_over)).await.is_ok();
        }
        match self.mischief {
            Some(Mischief::Kill(Moment::After)) => {
                self.kill();
                return false;
            }
            Some(Mischief::Hold(time)) if before == 0 => sleep(time).await,
            Some(Mischief::StallAnswer(most)) if self.answered > most => {
                let rest = most.saturating_sub(before);
                let _ = function.write_all(&bytes[..rest]).await;
                sleep(FOR_LONG).await;
                return false;
            }
            Some(Mischief::Trickle(size)) => {
                for piece in bytes.chunks(size) {
                    if function.write_all(piece).await.is_err() {
                        return false;
                    }
                    sleep(Duration::from_millis(10)).await;
                }
                return true;
            }
            _ => {}
        }
        function.write_all(bytes).await.is_ok()
    }
}

async fn read(aws: Option<&mut TcpStream>, into: &mut [u8]) -> std::io::Result<usize> {
    match aws {
        Some(aws) => aws.read(into).await,
        None => pending().await,
    }
}

async fn limited(limit: Option<Duration>) {
    match limit {
        Some(limit) => sleep(limit).await,
        None => pending().await,
    }
}
