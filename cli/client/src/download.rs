//! Fetching what became of a job's lines.

use std::io::Write;
use std::time::Duration;

use bytes::Bytes;
use reqwest::header::RANGE;
use serde::Deserialize;

use crate::calls::{Call, retry_after};
use crate::retry::until_through;
use crate::{Client, Error, Job, Refusal, ResultLine};

/// So often in a row a file may break off without a byte more.
const VAIN: u32 = 6;

/// How much longer each pause is than the one before.
const PAUSE: Duration = Duration::from_millis(300);

impl Client {
    /// Writes what became of every line, or of the refused ones alone, each with its text.
    ///
    /// # Errors
    /// When a call does not get through or the writer fails; with the status 409 while the job runs.
    pub async fn results(&self, id: &str, only_failed: bool, to: &mut (dyn Write + Send)) -> Result<(), Error> {
        let only = only_failed.then(|| ("only", "failed".to_owned()));
        self.download(&Call { query: only.into_iter().collect(), ..Call::get(&format!("/{id}/results")) }, to).await
    }

    /// What became of the refused lines, each with its text.
    ///
    /// # Errors
    /// As [`Self::results`].
    pub async fn failed_results(&self, id: &str) -> Result<Vec<ResultLine>, Error> {
        self.rows(id, true).await
    }

    /// What became of those lines of a job of which something is to be said although they were imported.
    ///
    /// # Errors
    /// As [`Self::results`].
    pub async fn warned_results(&self, job: &Job) -> Result<Vec<ResultLine>, Error> {
        let mut rows = if job.warnings > 0 { self.rows(&job.id, false).await? } else { Vec::new() };
        rows.retain(|row| !row.warnings.is_empty());
        Ok(rows)
    }

    async fn rows(&self, id: &str, only_failed: bool) -> Result<Vec<ResultLine>, Error> {
        let mut file = Vec::new();
        self.results(id, only_failed, &mut file).await?;
        let rows = serde_json::Deserializer::from_slice(&file).into_iter().collect::<Result<_, _>>();
        rows.map_err(|error| Error::Unreadable { call: format!("the results of {id}"), why: error.to_string() })
    }

    /// Writes the refused lines, byte for byte as they came.
    ///
    /// # Errors
    /// As [`Self::results`].
    pub async fn failed_lines(&self, id: &str, to: &mut (dyn Write + Send)) -> Result<(), Error> {
        self.download(&Call::get(&format!("/{id}/failed-lines")), to).await
    }

    /// Writes the file to which a call leads. After a lost connection it goes on where that broke off, as long as that brings more.
    async fn download(&self, call: &Call, to: &mut (dyn Write + Send)) -> Result<(), Error> {
        let (mut written, mut vain) = (0, 0);
        let mut reading: Option<reqwest::Response> = None;
        loop {
            let chunk = match &mut reading {
                None => {
                    reading =
                        Some(until_through(&*self.observer, &self.has_answered, || self.open(call, written)).await?);
                    continue;
                }
                Some(response) => response.chunk().await,
            };
            match chunk {
                Ok(Some(chunk)) => {
                    to.write_all(&chunk)?;
                    (written, vain) = (written + chunk.len(), 0);
                }
                Ok(None) => return Ok(to.flush()?),
                Err(error) => {
                    let (error, pause) = (Error::unreachable(&error), PAUSE * vain);
                    if vain == VAIN {
                        return Err(error);
                    }
                    self.observer.waits(&error, pause);
                    tokio::time::sleep(pause).await;
                    (reading, vain) = (None, vain + 1);
                }
            }
        }
    }

    /// Asks for an address, and for what is there from a byte on. The token stays here: the address is signed.
    async fn open(&self, call: &Call, from: usize) -> Result<reqwest::Response, Error> {
        #[derive(Deserialize)]
        struct Leads {
            links: Links,
        }
        #[derive(Deserialize)]
        struct Links {
            download: String,
        }
        let Leads { links } = self.call(call).await?.read()?;
        let get = self.http.get(links.download);
        let get = if from > 0 { get.header(RANGE, format!("bytes={from}-")) } else { get };
        let response = get.send().await.map_err(|error| Error::unreachable(&error))?;
        let (status, pause) = (response.status().as_u16(), retry_after(response.headers()));
        match (status, from) {
            (200, 0) | (206, _) => Ok(response),
            (200, _) => Err(Error::Unreadable { call: call.path.clone(), why: "it begins anew".to_owned() }),
            _ => Err(Error::AtStorage(Refusal::read(status, pause, &response.bytes().await.unwrap_or(Bytes::new())))),
        }
    }
}
