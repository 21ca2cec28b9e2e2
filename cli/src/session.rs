//! A command that talks to the service: its client, its signals, its errors.

use std::{future::ready, pin::pin, sync::Arc, time::Instant};

use client::{Client, Job, interrupted};
use tokio::sync::Notify;

use crate::{
    Global,
    error::Error,
    exit::Exit,
    meter::{GoesOn, Meter},
    newest,
    output::Output,
    profile::Service,
};

/// A client of the chosen service, and whatever shows how it comes along.
pub(crate) struct Session {
    pub(crate) client: Client,
    pub(crate) meter: Arc<Meter>,
    pub(crate) profile: String,
    pub(crate) output: Output,
    /// What has to follow `imports` in a command for the same service.
    choice: String,
    /// That the command is interrupted.
    stop: Notify,
}

/// A job is named by so much of its id where that is enough.
const SHORT: usize = 8;

/// As much of an id as is typed.
pub(crate) fn short(id: &str) -> &str {
    id.get(..SHORT).unwrap_or(id)
}

impl Session {
    /// Runs what a command does until it is done or interrupted.
    pub(crate) fn run<F: Future<Output = Result<Exit, Error>>>(
        global: &Global,
        output: Output,
        command: impl FnOnce(Arc<Self>) -> F,
    ) -> Result<Exit, Error> {
        let session = Arc::new(Self::open(global, output)?);
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build();
        let runtime =
            runtime.map_err(|error| Error::new(Exit::Trouble, format!("can't start: {error}"), "free some memory"))?;
        let result = runtime.block_on(async {
            let mut command = pin!(command(Arc::clone(&session)));
            tokio::select! {
                result = &mut command => result,
                () = interrupted() => {
                    session.stop.notify_one();
                    // Whoever heeds that ends now, and says what is known so far.
                    tokio::select! {
                        biased;
                        result = command => result,
                        () = ready(()) => Err(session.interruption()),
                    }
                }
            }
        });
        session.meter.clear();
        runtime.shutdown_background();
        result
    }

    fn open(global: &Global, output: Output) -> Result<Self, Error> {
        let Service { name, api, auth } = Service::chosen(global)?;
        let choice = global.choice();
        let meter = Arc::new(Meter::new(output, &name));
        let client = Client::new(&api, auth).map_err(|error| {
            Error::new(Exit::Usage, error.to_string(), "correct IMPORTS_API, or type imports config set --help")
        })?;
        let client = client.observed_by(Arc::<Meter>::clone(&meter));
        Ok(Self { client, meter, profile: name, output, choice, stop: Notify::new() })
    }

    /// What to type for the same service.
    pub(crate) fn command(&self, words: &str) -> String {
        format!("imports{} {words}", self.choice)
    }

    /// Does something, unless the command is interrupted meanwhile: what was done before can still be reported.
    pub(crate) async fn unless_interrupted<T>(&self, work: impl Future<Output = Result<T, Error>>) -> Result<T, Error> {
        tokio::select! {
            biased;
            () = self.stop.notified() => Err(self.interruption()),
            result = work => result,
        }
    }

    /// What an interrupt leaves behind. What was sent goes on.
    fn interruption(&self) -> Error {
        self.meter.clear();
        let error = |problem: &str, next: String| Error::new(Exit::Interrupted, problem, next);
        let watch = |id: &str| self.command(&format!("watch {}", short(id)));
        match self.meter.goes_on() {
            GoesOn::Job(id) => {
                error(&format!("interrupted; the job {id} goes on"), format!("To follow it:\n  {}", watch(&id)))
                    .of_job(id)
            }
            GoesOn::Ended(id) => {
                let next = format!("To see its report:\n  {}", watch(&id));
                error(&format!("interrupted; the job {id} has ended"), next).of_job(id)
            }
            GoesOn::Perhaps => {
                let next = format!("see whether there is one all the same: {}", self.command("list"));
                error("interrupted before there was word of a job", next).in_doubt()
            }
            GoesOn::Nothing => error("interrupted", "nothing goes on; type it again".to_owned()),
        }
    }

    /// An error of the client, and what to do about it.
    pub(crate) fn failed(&self, error: &client::Error) -> Error {
        let is_missing = matches!(error.status(), Some(404 | 409));
        let may_have_come = error.passes() && !error.found_nobody();
        let (exit, next) = match error {
            client::Error::NoToken(_) => {
                (Exit::Token, "see where the token comes from: imports config show".to_owned())
            }
            client::Error::Written(_) => (Exit::Trouble, "give it a place with room that you may write to".to_owned()),
            client::Error::Late { id } | client::Error::NoWord { id } => {
                (Exit::StillRuns, self.command(&format!("watch {id}")))
            }
            client::Error::Settings(_) => (Exit::Usage, "see imports config show".to_owned()),
            client::Error::Unreadable { .. } => (Exit::Trouble, "see the address: imports config show".to_owned()),
            _ if error.is_about_the_token() => {
                (Exit::Token, "get another token; imports config show has its place".to_owned())
            }
            _ if matches!(error.status(), Some(400 | 404 | 409 | 413 | 415)) => {
                (Exit::Usage, "correct what it names, then type it again".to_owned())
            }
            _ if error.found_nobody() => (
                Exit::Trouble,
                "see whether that is the address (imports config show), or try again in a while".to_owned(),
            ),
            _ => (Exit::Trouble, "type it again in a while".to_owned()),
        };
        let error = |next| Error::new(exit, error.to_string(), next);
        match self.meter.goes_on() {
            GoesOn::Job(id) if exit == Exit::StillRuns => error(next).of_job(id),
            // Of a job that is missing or has ended nothing goes on.
            GoesOn::Job(id) if !is_missing => {
                let watch = self.command(&format!("watch {}", short(&id)));
                error(format!("{next}; the job goes on, to follow it: {watch}")).of_job(id)
            }
            GoesOn::Perhaps if may_have_come => {
                let list = self.command("list");
                error(format!("see whether there is a job all the same: {list}; if not, {next}")).in_doubt()
            }
            _ => error(next),
        }
    }

    /// The job that is meant: by its id, by an unambiguous beginning, or the newest that was made here.
    pub(crate) async fn meant(&self, id: Option<&str>) -> Result<String, Error> {
        let Some(start) = id else {
            return newest::of(&self.profile).ok_or_else(|| {
                let problem = format!("no job of the profile {:?} was made here", self.profile);
                Error::new(Exit::Usage, problem, format!("name one of those that {} shows", self.command("list")))
            });
        };
        if start.len() == 36 {
            return Ok(start.to_owned());
        }
        let jobs = self.client.list(None, 100, None).await.map_err(|error| self.failed(&error))?;
        let newest = newest::of(&self.profile).into_iter();
        let mut fitting: Vec<_> =
            jobs.jobs.into_iter().map(|job| job.id).chain(newest).filter(|id| id.starts_with(start)).collect();
        fitting.sort();
        fitting.dedup();
        match &fitting[..] {
            [one] if !start.is_empty() => Ok(one.clone()),
            [] => Err(Error::new(
                Exit::Usage,
                format!("none of the newest 100 jobs begins with {start:?}"),
                format!("type {} to see them, or the whole id of an older one", self.command("list")),
            )),
            many => {
                Err(Error::new(Exit::Usage, format!("{} jobs begin with {start:?}", many.len()), "type more of it"))
            }
        }
    }

    /// Follows a job to its end, or until the time is up.
    pub(crate) async fn follow(&self, id: &str, until: Option<Instant>) -> Result<Job, Error> {
        self.meter.follows(id);
        let job = self.client.follow(id, until, |job| self.meter.job(job)).await;
        self.meter.clear();
        job.map_err(|error| self.failed(&error))
    }
}
