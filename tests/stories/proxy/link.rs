//! One connection of a function through the proxy.

use std::{
    future::pending,
    mem,
    sync::atomic::Ordering,
    time::{Duration, Instant},
};

use serde_json::Value;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::{sleep, sleep_until},
};

use super::{
    Befalls, FOR_LONG, Idle, Mischief, Moment, Proxy, is_whole,
    manners::{self, Judged},
};
use crate::processes;

/// One connection of a function.
pub(super) struct Link {
    pub(super) proxy: Proxy,
    /// The ports of the function and of this proxy.
    pub(super) ports: [u16; 2],
    /// Made anew where AWS has closed it: what functions are to see of that is for the proxy to say.
    pub(super) aws: Option<TcpStream>,
    /// When something last went over it.
    pub(super) last: Instant,
    /// How much of the answer under way has come.
    pub(super) answered: usize,
    pub(super) mischief: Option<Mischief>,
    /// What a batch leaves over, and its answer as far as it has come.
    pub(super) left_over: Option<(Value, Vec<u8>)>,
}

impl Link {
    pub(super) async fn carry(mut self, mut function: TcpStream) {
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
