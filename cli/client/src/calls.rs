//! The calls of the API.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use bytes::Bytes;
use reqwest::Method;
use reqwest::header::{ETAG, HeaderMap, IF_NONE_MATCH, RETRY_AFTER};
use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::retry::{Nobody, until_through};
use crate::{Address, Auth, Error, ErrorRow, Errors, Job, Jobs, Observer, Refusal};

/// Where the API has its import jobs.
pub(crate) const IMPORTS: &str = "/v2/subscriptions/imports";

/// Where the last page of a list may begin, and how long a page may be.
const LAST_OFFSET: u64 = 10_000;
const LONGEST_PAGE: u64 = 100;

/// How many entries the API lists.
pub const MOST_LISTED: u64 = LAST_OFFSET + LONGEST_PAGE;

/// A call is answered within half a minute, or by the gateway; this is that, and the time to carry it.
const PATIENCE: Duration = Duration::from_mins(2);

/// A client of one API, for one caller.
#[derive(Clone)]
pub struct Client {
    pub(crate) http: reqwest::Client,
    base: String,
    auth: Arc<Auth>,
    pub(crate) observer: Arc<dyn Observer>,
    /// Whether anything has ever answered there.
    pub(crate) has_answered: Arc<AtomicBool>,
}

impl std::fmt::Debug for Client {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Client").field("base", &self.base).field("auth", &self.auth).finish_non_exhaustive()
    }
}

/// A call to be made, as often as it takes.
#[derive(Clone, Debug, Default)]
pub(crate) struct Call {
    pub(crate) method: Method,
    pub(crate) path: String,
    pub(crate) query: Vec<(&'static str, String)>,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Option<Bytes>,
}

impl Call {
    pub(crate) fn get(path: &str) -> Self {
        Self { path: format!("{IMPORTS}{path}"), ..Self::default() }
    }

    pub(crate) fn post(path: &str) -> Self {
        Self { method: Method::POST, ..Self::get(path) }
    }
}

/// What was answered.
#[derive(Debug)]
pub(crate) struct Answer {
    call: String,
    pub(crate) status: u16,
    headers: HeaderMap,
    body: Bytes,
}

impl Answer {
    /// Which state of the job it shows.
    pub(crate) fn etag(&self) -> Option<String> {
        Some(self.headers.get(ETAG)?.to_str().ok()?.to_owned())
    }

    pub(crate) fn read<T: DeserializeOwned>(&self) -> Result<T, Error> {
        serde_json::from_slice(&self.body)
            .map_err(|error| Error::Unreadable { call: self.call.clone(), why: error.to_string() })
    }

    pub(crate) fn data<T: DeserializeOwned>(&self) -> Result<T, Error> {
        #[derive(Deserialize)]
        struct Document<T> {
            data: T,
        }
        Ok(self.read::<Document<T>>()?.data)
    }
}

/// The first entries of a list.
struct Pages<T> {
    entries: Vec<T>,
    /// How many the list has, wanted or not.
    total: u64,
    /// Whether these are all that are wanted.
    is_whole: bool,
}

fn count<T>(entries: &[T]) -> u64 {
    u64::try_from(entries.len()).unwrap_or(u64::MAX)
}

/// What was answered about the changes of a job.
#[derive(Debug, Default)]
pub(crate) struct Change {
    /// The job, where it changed.
    pub(crate) job: Option<Job>,
    /// Which state of it that is.
    pub(crate) tag: Option<String>,
    /// How long the service asks to wait, which could not wait itself.
    pub(crate) pause: Option<Duration>,
}

/// How long an answer asks to wait.
pub(crate) fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    headers.get(RETRY_AFTER)?.to_str().ok()?.trim().parse().ok().map(Duration::from_secs)
}

impl Client {
    /// Makes a client of the API at this address.
    ///
    /// # Errors
    /// [`Error::Settings`] when that is no address.
    pub fn new(api: &str, auth: Auth) -> Result<Self, Error> {
        let is_here = Address::parse(api)?.is_here;
        // A call that leads elsewhere is answered by its address: a token goes nowhere but to the API.
        let builder = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .user_agent(concat!("imports/", env!("CARGO_PKG_VERSION")))
            .connect_timeout(Duration::from_secs(15))
            .tcp_keepalive(Duration::from_secs(15));
        #[cfg(target_os = "linux")]
        let builder = builder.tcp_user_timeout(Duration::from_mins(1));
        let http = if is_here { builder.no_proxy() } else { builder }.build();
        let http = http.map_err(|error| Error::Settings(format!("calls can't be made from here: {error}")))?;
        Ok(Self::over(http, api, auth))
    }

    /// Makes a client that calls over connections of the caller's making. They must follow no redirect.
    #[must_use]
    pub fn over(http: reqwest::Client, api: &str, auth: Auth) -> Self {
        let base = api.trim_end_matches('/').trim_end_matches(IMPORTS).to_owned();
        Self { http, base, auth: Arc::new(auth), observer: Arc::new(Nobody), has_answered: Arc::default() }
    }

    /// Tells this one how calls come along.
    #[must_use]
    pub fn observed_by(self, observer: Arc<dyn Observer>) -> Self {
        Self { observer, ..self }
    }

    /// Gets a job.
    ///
    /// # Errors
    /// When the call does not get through; with the status 404 when there is no such job.
    pub async fn show(&self, id: &str) -> Result<Job, Error> {
        self.call(&Call::get(&format!("/{id}"))).await?.data()
    }

    /// Gets a job as soon as it differs from the state with this tag, or after so long. A service that can't wait answers
    /// at once and without a tag.
    pub(crate) async fn show_change(&self, id: &str, tag: Option<&str>) -> Result<Change, Error> {
        let mut call = Call::get(&format!("/{id}"));
        call.query = vec![("wait", "20".to_owned())];
        if let Some(tag) = tag.and_then(|tag| tag.parse().ok()) {
            call.headers.insert(IF_NONE_MATCH, tag);
        }
        let answer = self.call(&call).await?;
        let job = if answer.status == 304 { None } else { Some(answer.data()?) };
        let tag = answer.etag().or_else(|| tag.map(str::to_owned));
        Ok(Change { job, tag, pause: retry_after(&answer.headers) })
    }

    /// Lists jobs, newest first, at most so many: all, or those that a filter lets through, and of these those that are wanted.
    ///
    /// # Errors
    /// When a call does not get through; with the status 400 when the filter can't be read.
    pub async fn list(
        &self,
        filter: Option<&str>,
        limit: u64,
        is_wanted: Option<&(dyn Fn(&Job) -> bool + Send + Sync)>,
    ) -> Result<Jobs, Error> {
        let filter = filter.map(|filter| ("filter", filter.to_owned()));
        let Pages { entries: jobs, total, is_whole } = self.pages("", filter.as_slice(), limit, is_wanted).await?;
        let total = if is_wanted.is_none() { Some(total) } else { is_whole.then(|| count(&jobs)) };
        Ok(Jobs { jobs, total })
    }

    /// Gets the first errors of a job, at most so many.
    ///
    /// # Errors
    /// When a call does not get through.
    pub async fn errors(&self, id: &str, limit: u64) -> Result<Errors, Error> {
        #[derive(Deserialize)]
        struct Row {
            meta: ErrorRow,
        }
        let pages: Pages<Row> = self.pages(&format!("/{id}/errors"), &[], limit, None).await?;
        Ok(Errors { rows: pages.entries.into_iter().map(|row| row.meta).collect(), total: pages.total })
    }

    /// Stops a job that waits or runs.
    ///
    /// # Errors
    /// When the call does not get through; with the status 409 when the job has ended.
    pub async fn cancel(&self, id: &str) -> Result<Job, Error> {
        self.call(&Call::post(&format!("/{id}/cancel"))).await?.data()
    }

    /// The first entries of a list that are wanted, page after page.
    async fn pages<T: DeserializeOwned>(
        &self,
        path: &str,
        query: &[(&'static str, String)],
        limit: u64,
        is_wanted: Option<&(dyn Fn(&T) -> bool + Send + Sync)>,
    ) -> Result<Pages<T>, Error> {
        #[derive(Deserialize)]
        struct Page<T> {
            data: Vec<T>,
            meta: PageMeta,
        }
        #[derive(Deserialize)]
        struct PageMeta {
            results: Total,
        }
        #[derive(Deserialize)]
        struct Total {
            total: u64,
        }
        let (mut entries, mut offset) = (Vec::new(), 0);
        loop {
            let mut call = Call::get(path);
            // Of those that come, not all may be wanted.
            let asked = if is_wanted.is_some() { LONGEST_PAGE } else { (limit - offset.min(limit)).min(LONGEST_PAGE) };
            call.query = vec![("page[offset]", offset.to_string()), ("page[limit]", asked.to_string())];
            call.query.extend_from_slice(query);
            let page: Page<T> = self.call(&call).await?.read()?;
            let (last, total) = (page.data.is_empty(), page.meta.results.total);
            // A page may hold fewer than asked for.
            offset += count(&page.data);
            entries.extend(page.data.into_iter().filter(|entry| is_wanted.is_none_or(|is_wanted| is_wanted(entry))));
            let (is_over, is_enough) = (last || offset >= total, count(&entries) >= limit);
            if is_over || is_enough || offset > LAST_OFFSET {
                let is_whole = is_over && count(&entries) <= limit;
                entries.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
                return Ok(Pages { entries, total, is_whole });
            }
        }
    }

    /// Makes a call until it gets through or fails for good.
    pub(crate) async fn call(&self, call: &Call) -> Result<Answer, Error> {
        until_through(&*self.observer, &self.has_answered, || self.attempt(call)).await
    }

    /// Makes a call once; once more where a token that ran out has a successor.
    async fn attempt(&self, call: &Call) -> Result<Answer, Error> {
        match self.once(call).await {
            Err(error) if error.status() == Some(401) && self.auth.forget().await => self.once(call).await,
            answer => answer,
        }
    }

    async fn once(&self, call: &Call) -> Result<Answer, Error> {
        let request = self.http.request(call.method.clone(), format!("{}{}", self.base, call.path)).query(&call.query);
        let request = request.headers(call.headers.clone()).timeout(PATIENCE);
        let request = call.body.iter().fold(request, |request, body| request.body(body.clone()));
        let mut request = request.build().map_err(|error| Error::Settings(error.without_url().to_string()))?;
        self.auth.sign(&self.http, &mut request).await?;
        let answer = self.http.execute(request).await.map_err(|error| Error::unreachable(&error))?;
        self.has_answered.store(true, Ordering::Relaxed);
        let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
        let body = answer.bytes().await.map_err(|error| Error::unreachable(&error))?;
        if status >= 400 {
            return Err(Error::Refused(Refusal::read(status, retry_after(&headers), &body)));
        }
        Ok(Answer { call: format!("{} {}", call.method, call.path), status, headers, body })
    }
}
