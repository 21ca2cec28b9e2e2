//! A network that can be made bad: every connection between the functions and AWS goes through it.

use std::{
    fmt,
    future::pending,
    net::SocketAddr,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU32, Ordering},
    },
    time::{Duration, Instant},
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    time::sleep,
};

/// Longer than anybody waits for an answer.
const FOR_LONG: Duration = Duration::from_secs(90);

/// What becomes of connections over which nothing goes for a while.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Idle {
    /// They stay.
    Kept,
    /// Nobody is told: what is sent over them later gets no answer.
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
pub(super) enum Mischief {
    /// The answer takes so long.
    Hold(Duration),
    /// The request gets no further, nor does anything after it.
    StallRequest,
    /// The answer stops after so many bytes.
    StallAnswer(usize),
    /// The answer comes in pieces of so many bytes, one each hundredth of a second.
    Trickle(usize),
}

#[derive(Clone)]
pub(super) struct Proxy(Arc<Shared>);

struct Shared {
    address: SocketAddr,
    idle: Mutex<Idle>,
    /// Each for the first request that holds two texts.
    plans: Mutex<Vec<([&'static str; 2], Mischief)>>,
    connections: AtomicU32,
    reused: AtomicU32,
    broken: AtomicU32,
}

impl Proxy {
    /// Takes a port, whose connections wait until AWS is there too.
    pub(super) async fn bind() -> (Self, TcpListener) {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let (idle, plans) = (Mutex::new(Idle::Kept), Mutex::default());
        let [connections, reused, broken] = [const { AtomicU32::new(0) }; 3];
        let address = listener.local_addr().unwrap();
        (Self(Arc::new(Shared { address, idle, plans, connections, reused, broken })), listener)
    }

    pub(super) fn url(&self) -> String {
        format!("http://{}", self.0.address)
    }

    /// Hands what comes on to `aws`, for good.
    pub(super) fn start(&self, listener: TcpListener, aws: String) {
        let proxy = self.clone();
        tokio::spawn(async move {
            while let Ok((function, _)) = listener.accept().await {
                proxy.0.connections.fetch_add(1, Ordering::Relaxed);
                let link = Link { proxy: proxy.clone(), aws: None, last: Instant::now(), answered: 0, mischief: None };
                tokio::spawn(link.carry(function, aws.clone()));
            }
        });
    }

    pub(super) fn idle(&self, idle: Idle) {
        *self.0.idle.lock().unwrap() = idle;
    }

    /// Plans something for the next request that holds both texts.
    pub(super) fn plan(&self, texts: [&'static str; 2], mischief: Mischief) {
        self.0.plans.lock().unwrap().push((texts, mischief));
    }

    /// Whether everything planned has happened.
    pub(super) fn is_done(&self) -> bool {
        self.0.plans.lock().unwrap().is_empty()
    }

    /// How many connections broke over which something was still to go.
    pub(super) fn broken(&self) -> u32 {
        self.0.broken.load(Ordering::Relaxed)
    }

    fn planned(&self, request: &[u8]) -> Option<Mischief> {
        let mut plans = self.0.plans.lock().unwrap();
        let place = plans.iter().position(|(texts, _)| texts.iter().all(|text| holds(request, text.as_bytes())))?;
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

fn holds(text: &[u8], part: &[u8]) -> bool {
    text.windows(part.len()).any(|window| window == part)
}

/// One connection of a function.
struct Link {
    proxy: Proxy,
    /// Made anew where AWS has closed it: what functions are to see of that is for the proxy to say.
    aws: Option<TcpStream>,
    /// When something last went over it.
    last: Instant,
    /// How much of the answer under way has come.
    answered: usize,
    mischief: Option<Mischief>,
}

impl Link {
    async fn carry(mut self, mut function: TcpStream, aws: String) {
        let address = aws.trim_start_matches("http://").to_owned();
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
                    self.mischief = self.mischief.or_else(|| self.proxy.planned(&request));
                    if let Some(Mischief::StallRequest) = self.mischief {
                        // Its function writes until nothing more fits, and waits.
                        return sleep(FOR_LONG).await;
                    }
                    if self.aws.is_none() {
                        self.aws = TcpStream::connect(&address).await.ok();
                    }
                    let Some(aws) = &mut self.aws else { return };
                    if aws.write_all(bytes).await.is_err() {
                        return;
                    }
                    self.answered = 0;
                }
                read = read(self.aws.as_mut(), &mut came) => match read {
                    Ok(count @ 1..) => {
                        if !self.answer(&mut function, &came[..count]).await {
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

    /// Hands a piece of an answer on. `false` when there is nobody any more to take it.
    async fn answer(&mut self, function: &mut TcpStream, bytes: &[u8]) -> bool {
        let before = self.answered;
        self.answered += bytes.len();
        match self.mischief {
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
