//! Who acts in a run: callers and partners, Lambda with its queue, the schedule, and mischief.

use std::{future::Future, panic::AssertUnwindSafe, sync::Arc, time::Duration};

use bytes::Bytes;
use futures_util::FutureExt;
use imports::{
    api,
    creation::submit,
    import::{Import, ImportFile, NewImport},
    ports::Files,
    times::{API_TIMEOUT, RESUME_EVERY, RESUME_TIMEOUT, duration},
};
use tokio::{
    task::spawn_local,
    time::{Instant, sleep, timeout},
};
use twins::{Mischief, Received, fixture::call};

use crate::{
    files::Planned,
    life::Life,
    world::{RETENTION, event},
};

impl Life {
    /// Runs a function until it ends, dies or has no time left.
    async fn under_way<T>(&self, work: impl Future<Output = T>, time: Duration) -> Option<T> {
        let function = self.runs.begin(AssertUnwindSafe(work).catch_unwind());
        let id = function.id;
        let output = timeout(time, function).await.ok().flatten();
        match output {
            Some(Ok(output)) => {
                self.watch.left(id);
                return Some(output);
            }
            Some(Err(_)) => self.watch.problem("a function panicked".to_owned()),
            None => self.watch.died(id),
        }
        None
    }

    /// A caller uploads a file, or a partner drops it and S3 announces that, until it is heard and perhaps once more; then
    /// somebody may cancel the job.
    pub(crate) async fn make(self, job: Planned) {
        sleep(job.made_after).await;
        match &job.dropped_as {
            None => {
                let file = ImportFile { key: format!("imports/{}/{}.jsonl", job.store, job.id), version: None };
                self.create(&job, file, None, Some(job.file.clone())).await;
            }
            Some(name) => {
                let file = self.worker.files.store(&format!("drops/{}/{name}", job.store), job.file.clone());
                let sequencer = sequencer(&file);
                sleep(job.announced_after).await;
                while !self.create(&job, file.clone(), sequencer.clone(), None).await {
                    sleep(Duration::from_secs(20)).await;
                }
                if self.runs.happens(|weather| weather.mischief) {
                    self.create(&job, file, sequencer, None).await;
                }
            }
        }
        if let Some(time) = job.cancelled_after {
            sleep(time).await;
            self.cancel(&job).await;
        }
    }

    /// Stores a file, if that is still to be done, and makes a job of it. The answer says whether the caller knows of it.
    async fn create(&self, job: &Planned, file: ImportFile, sequencer: Option<String>, bytes: Option<Bytes>) -> bool {
        let worker = Arc::clone(&self.worker);
        let options = job.options.clone();
        let new = NewImport { options, sequencer, ..NewImport::new(job.id, job.store.clone(), file) };
        let create = async move {
            if let Some(bytes) = bytes {
                worker.files.put(&new.file.key, bytes).await?;
            }
            submit(&worker.imports, &worker.queue, new, twins::now()).await
        };
        let Some(Ok(created)) = self.under_way(create, duration(API_TIMEOUT)).await else { return false };
        created.into_import().iter().for_each(|import| self.check_answer(import));
        true
    }

    fn check_answer(&self, import: &Import) {
        let mut is_stored = false;
        self.worker.imports.each(|stored, _| is_stored |= stored.id == import.id);
        if !is_stored {
            self.watch.problem(format!("{} was answered and is not stored", import.id));
        }
    }

    async fn cancel(&self, job: &Planned) {
        let call = api::Call { store: job.store.clone(), id: Some(job.id.to_string()), ..call() };
        let worker = Arc::clone(&self.worker);
        let cancel = async move {
            drop(
                cancel_import::handle(&worker.imports, &worker.files, twins::now, RETENTION, &worker.telemetry, &call)
                    .await,
            );
        };
        self.under_way(cancel, duration(API_TIMEOUT)).await;
    }

    /// Lambda takes messages from the queue and runs the worker for each.
    pub(crate) async fn receive(self) {
        loop {
            sleep(self.runs.draw(|chance| chance.millis(50, 1_000))).await;
            while let Some(message) = self.worker.queue.receive(twins::now()) {
                spawn_local(self.clone().handle(message));
            }
        }
    }

    async fn handle(self, message: Received) {
        let worker = Arc::clone(&self.worker);
        let (event, deadline) = (event(&message), twins::now() + self.weather.timeout);
        let handled = async move { worker.handle(event, deadline).await.unwrap() };
        let mut time = self.weather.timeout;
        if self.runs.happens(|weather| weather.kills / 3) {
            time = self.runs.draw(|chance| chance.millis(1, 70_000));
        }
        let response = self.under_way(handled, time).await;
        let is_done = response.is_some_and(|response| response.batch_item_failures.is_empty());
        if is_done && !self.runs.happens(|weather| weather.mischief / 2) {
            self.worker.queue.delete(&message.receipt_handle);
        }
    }

    /// The schedule runs the resume function.
    pub(crate) async fn schedule(self) {
        sleep(self.runs.draw(|chance| chance.millis(0, 60_000))).await;
        let mut next = Instant::now();
        loop {
            next += duration(RESUME_EVERY);
            let worker = Arc::clone(&self.worker);
            let resume = async move {
                let (files, imports, queue, events) = (&worker.files, &worker.imports, &worker.queue, &worker.events);
                drop(resume_imports::handle(files, imports, queue, events, twins::now, RETENTION).await);
            };
            self.under_way(resume, duration(RESUME_TIMEOUT)).await;
            tokio::time::sleep_until(next).await;
        }
    }

    /// The queue is worse than the real one.
    pub(crate) async fn mischief(self) {
        loop {
            sleep(Duration::from_secs(1)).await;
            if self.runs.happens(|weather| weather.mischief) {
                let (index, mischief) = self.runs.draw(|chance| {
                    let delay = Mischief::Delay(chance.millis(1_000, 60_000));
                    (chance.below(6), chance.pick(&[Mischief::Lose, Mischief::Double, delay, Mischief::Swap]))
                });
                self.worker.queue.disturb(index, mischief);
            }
        }
    }
}

/// S3's sequencer of a put, of another length each time: what counts is as if zeros filled the shorter one up.
fn sequencer(file: &ImportFile) -> Option<String> {
    let version: usize = file.version.as_ref()?.parse().ok()?;
    Some(format!("0066{version:X}{}", "0".repeat(version % 3)))
}
