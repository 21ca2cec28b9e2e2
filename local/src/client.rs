//! A client of the import API, as much of it as the command line needs.

use std::collections::BTreeMap;

use reqwest::multipart::{Form, Part};
use reqwest::{Method, RequestBuilder, StatusCode};
use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::Error;

/// Where the last page of a list may begin.
const LAST_OFFSET: u64 = 10_000;

/// A client that acts with one token.
#[derive(Clone, Debug)]
pub struct Client {
    http: reqwest::Client,
    base: String,
    token: String,
}

/// A document of the API.
#[derive(Debug, Deserialize)]
pub struct Document<T> {
    pub data: T,
}

/// An import job.
#[derive(Debug, Deserialize)]
pub struct Import {
    pub id: String,
    pub attributes: ImportAttributes,
    pub meta: ImportMeta,
}

/// What an import job is.
#[derive(Debug, Deserialize)]
pub struct ImportAttributes {
    pub status: Status,
    pub external_ref: Option<String>,
}

/// How far an import job is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    Pending,
    Started,
    Success,
    Failed,
}

/// What is known of an import job.
#[derive(Debug, Deserialize)]
pub struct ImportMeta {
    pub records: Records,
}

/// How many records of each type.
#[derive(Debug, Default, Deserialize)]
pub struct Records {
    pub uploaded: BTreeMap<String, u64>,
    pub imported: BTreeMap<String, u64>,
    /// What a run that writes would import, of one that does not.
    pub importable: Option<BTreeMap<String, u64>>,
}

/// A page of the lines that were refused.
#[derive(Debug, Deserialize)]
pub struct ImportErrors {
    pub data: Vec<ImportError>,
    pub meta: ImportErrorsMeta,
}

/// One thing wrong with one line.
#[derive(Debug, Deserialize)]
pub struct ImportError {
    pub meta: ImportErrorMeta,
}

/// Where it is and what it is. Line 0 is the whole file.
#[derive(Debug, Deserialize)]
pub struct ImportErrorMeta {
    pub line_number: u64,
    pub field: Option<String>,
    pub error: String,
    pub code: Option<String>,
}

impl ImportErrors {
    /// How many there are here.
    pub(crate) fn shown(&self) -> u64 {
        u64::try_from(self.data.len()).unwrap_or(u64::MAX)
    }
}

/// How many rows there are on all pages.
#[derive(Debug, Deserialize)]
pub struct ImportErrorsMeta {
    pub results: Results,
}

/// The number of rows.
#[derive(Debug, Deserialize)]
pub struct Results {
    pub total: u64,
}

impl Client {
    /// Makes a client of the API at this address.
    #[must_use]
    pub fn new(http: reqwest::Client, base: String, token: String) -> Self {
        Self { http, base, token }
    }

    /// Starts a call of the API, its token set, for what the other methods leave out.
    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.http.request(method, format!("{}{path}", self.base)).bearer_auth(&self.token)
    }

    /// Uploads a file with options, by their names, and gives the job made of it.
    ///
    /// # Errors
    /// When the API can't be reached or refuses the file.
    pub async fn create_import(
        &self,
        name: &str,
        file: Vec<u8>,
        options: Vec<(&'static str, String)>,
    ) -> Result<Import, Error> {
        let form = options.into_iter().fold(Form::new(), |form, (name, text)| form.text(name, text));
        let form = form.part("import_file", Part::bytes(file).file_name(name.to_owned()));
        let call = self.request(Method::POST, "/v2/subscriptions/imports").multipart(form);
        let document: Document<Import> = read(call).await?;
        Ok(document.data)
    }

    /// Gets a job.
    ///
    /// # Errors
    /// When the API can't be reached or does not know the job.
    pub async fn get_import(&self, id: &str) -> Result<Import, Error> {
        let document: Document<Import> =
            read(self.request(Method::GET, &format!("/v2/subscriptions/imports/{id}"))).await?;
        Ok(document.data)
    }

    /// Gets the first errors of a job, at most so many, and how many there are.
    ///
    /// # Errors
    /// When the API can't be reached or does not know the job.
    pub async fn list_import_errors(&self, id: &str, most: u32) -> Result<ImportErrors, Error> {
        let mut errors = self.errors_page(id, 0, u64::from(most)).await?;
        let wanted = errors.meta.results.total.min(u64::from(most));
        // A page may hold fewer than asked for.
        while errors.shown() < wanted && errors.shown() <= LAST_OFFSET {
            let page = self.errors_page(id, errors.shown(), wanted - errors.shown()).await?;
            errors.data.extend(page.data);
        }
        Ok(errors)
    }

    async fn errors_page(&self, id: &str, offset: u64, limit: u64) -> Result<ImportErrors, Error> {
        let path = format!("/v2/subscriptions/imports/{id}/errors");
        let page = [("page[offset]", offset), ("page[limit]", limit.min(100))];
        read(self.request(Method::GET, &path).query(&page)).await
    }
}

/// Sends a call and reads the document it answers.
async fn read<T: DeserializeOwned>(call: RequestBuilder) -> Result<T, Error> {
    let unreachable = |error: reqwest::Error| {
        Error::new(format!("the API can't be reached: {error}"), "read the emulator's log in target/local/logs")
    };
    let response = call.send().await.map_err(unreachable)?;
    let (status, url) = (response.status(), response.url().path().to_owned());
    let body = response.text().await.map_err(unreachable)?;
    if !status.is_success() {
        return Err(refused(status, &url, &body));
    }
    serde_json::from_str(&body).map_err(|error| {
        Error::new(
            format!("{url} answered something that is not the document it promises ({error}): {}", shown(&body)),
            "check the function that answers it",
        )
    })
}

fn refused(status: StatusCode, url: &str, body: &str) -> Error {
    let details = serde_json::from_str::<serde_json::Value>(body).ok().and_then(|body| {
        let errors = body.get("errors")?.as_array()?.iter();
        let details: Vec<String> = errors.filter_map(|error| Some(error.get("detail")?.as_str()?.to_owned())).collect();
        (!details.is_empty()).then(|| details.join("; "))
    });
    let problem = format!("{url} answered {status}: {}", details.unwrap_or_else(|| shown(body)));
    let remedy = if status == StatusCode::PAYLOAD_TOO_LARGE {
        "`cargo run -p local -- up` prints a line that drops a large file into the bucket instead"
    } else if status.is_server_error() {
        "the reason is in the emulator's log in target/local/logs"
    } else {
        "mend what it names, then run this again"
    };
    Error::new(problem, remedy)
}

/// The start of a body: enough to recognise it by.
fn shown(body: &str) -> String {
    body.chars().take(300).collect()
}
