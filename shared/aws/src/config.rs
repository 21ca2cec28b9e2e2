//! The environment of a function, read once at start: the names that `template.yaml` sets.

use std::{env, str::FromStr};

use chrono::TimeDelta;
use tracing::level_filters::LevelFilter;

use records::StoreId;

/// A variable that is missing or can't be read: the function was deployed without its template.
#[derive(Debug, thiserror::Error)]
#[error("the environment variable {name} {problem}; template.yaml sets it")]
pub struct ConfigError {
    name: &'static str,
    problem: &'static str,
}

/// The table of import jobs.
///
/// # Errors
/// When the variable is missing.
pub fn imports_table() -> Result<String, ConfigError> {
    required("IMPORTS_TABLE")
}

/// The table of imported objects.
///
/// # Errors
/// When the variable is missing.
pub fn objects_table() -> Result<String, ConfigError> {
    required("OBJECTS_TABLE")
}

/// The bucket of uploads, drops and reports.
///
/// # Errors
/// When the variable is missing.
pub fn bucket() -> Result<String, ConfigError> {
    required("BUCKET")
}

/// The operator's key, with which the bucket encrypts, if there is one.
#[must_use]
pub fn kms_key() -> Option<String> {
    env::var("KMS_KEY").ok().filter(|key| !key.is_empty())
}

/// The address of the FIFO queue.
///
/// # Errors
/// When the variable is missing.
pub fn queue_url() -> Result<String, ConfigError> {
    required("QUEUE_URL")
}

/// The stack's name.
///
/// # Errors
/// When the variable is missing.
pub fn stack() -> Result<String, ConfigError> {
    required("STACK")
}

/// The bus that events go to, if there is one.
#[must_use]
pub fn event_bus() -> Option<String> {
    env::var("EVENT_BUS").ok().filter(|bus| !bus.is_empty())
}

/// The address of the API, for links of those who are told of a job without having called.
///
/// # Errors
/// When the variable is missing.
pub fn api_url() -> Result<String, ConfigError> {
    required("API_URL")
}

/// How long an ended job is kept.
///
/// # Errors
/// When the variable is missing or no whole number.
pub fn import_retention() -> Result<TimeDelta, ConfigError> {
    number::<u32>("IMPORT_RETENTION_DAYS").map(|days| TimeDelta::days(days.into()))
}

/// For how long the form of an upload is good.
///
/// # Errors
/// When the variable is missing or no whole number.
pub fn upload_time() -> Result<TimeDelta, ConfigError> {
    number::<u32>("UPLOAD_SECONDS").map(|seconds| TimeDelta::seconds(seconds.into()))
}

/// How many calls may wait at once for a job to change.
///
/// # Errors
/// When the variable is missing or no whole number.
pub fn waiting_calls() -> Result<u16, ConfigError> {
    number("WAITING_CALLS")
}

/// What the page has to know of its stack.
#[derive(Clone, Debug)]
pub struct PageConfig {
    /// Whose tokens the API takes.
    pub issuer: String,
    /// Whom they are for.
    pub audience: String,
    /// As whom the page asks the issuer for one; empty where people paste theirs.
    pub client_id: String,
    /// The addresses that a browser reaches beside the API's own.
    pub reached: Vec<String>,
}

/// What the page has to know of its stack.
///
/// # Errors
/// When a variable is missing.
pub fn page() -> Result<PageConfig, ConfigError> {
    let (issuer, audience, bucket) = (required("ISSUER")?, required("AUDIENCE")?, required("BUCKET_ADDRESS")?);
    let optional = |name| env::var(name).ok().filter(|value| !value.is_empty());
    // The bucket of a local AWS is below its endpoint.
    let bucket = optional("AWS_ENDPOINT_URL").unwrap_or(bucket);
    let reached = [Some(issuer.clone()), Some(bucket), optional("SIGN_IN_ADDRESS")].into_iter().flatten().collect();
    Ok(PageConfig { issuer, audience, client_id: optional("WEB_CLIENT_ID").unwrap_or_default(), reached })
}

/// What the template decides about calls of the API.
#[derive(Clone, Debug)]
pub struct ApiConfig {
    /// What tells the store that a call acts for.
    pub stores: StoreSource,
    /// The scheme of the addresses that callers get.
    pub scheme: &'static str,
}

/// What tells the store that a call acts for: one of two, as the stack was deployed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StoreSource {
    /// The claim of this name, of the call's verified token.
    Claim(String),
    /// Nothing in the call: it is signed with IAM credentials, and acts for the stack's own store.
    Own(StoreId),
}

impl StoreSource {
    /// Reads `claim:{name}` or `store:{name}`.
    fn parse(text: &str) -> Option<Self> {
        match text.split_once(':')? {
            ("claim", name) if !name.is_empty() => Some(Self::Claim(name.to_owned())),
            ("store", name) => StoreId::from_configuration(name).map(Self::Own),
            _ => None,
        }
    }
}

/// What a function of the API has to know of its calls.
///
/// # Errors
/// When the variable is missing or tells neither a claim nor a store.
pub fn api() -> Result<ApiConfig, ConfigError> {
    const NAME: &str = "STORE_SOURCE";
    let problem = "must be \"claim:\" and a claim's name, or \"store:\" and a store's";
    let stores = StoreSource::parse(&required(NAME)?).ok_or(ConfigError { name: NAME, problem })?;
    // API Gateway speaks nothing but HTTPS; a local AWS, which has an endpoint of its own, may speak HTTP.
    let local = env::var("AWS_ENDPOINT_URL").is_ok_and(|url| url.starts_with("http://"));
    Ok(ApiConfig { stores, scheme: if local { "http" } else { "https" } })
}

/// The least severe level that is logged. Lambda's own variable for it is not read: where a function logs JSON, Lambda sets it
/// to `INFO` by itself.
#[must_use]
pub(crate) fn log_level() -> LevelFilter {
    env::var("RUST_LOG").ok().and_then(|level| level.parse().ok()).unwrap_or(LevelFilter::INFO)
}

/// Whether Lambda wants the log as JSON.
#[must_use]
pub(crate) fn logs_json() -> bool {
    env::var("AWS_LAMBDA_LOG_FORMAT").is_ok_and(|format| format.eq_ignore_ascii_case("json"))
}

fn number<T: FromStr>(name: &'static str) -> Result<T, ConfigError> {
    required(name)?.parse().map_err(|_| ConfigError { name, problem: "is not a whole number" })
}

fn required(name: &'static str) -> Result<String, ConfigError> {
    env::var(name).ok().filter(|value| !value.is_empty()).ok_or(ConfigError { name, problem: "is not set" })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_store_is_named_by_a_claim_or_is_the_stacks_own_and_never_both() {
        let own = StoreSource::Own(StoreId::from_configuration("main").unwrap());
        assert_eq!(StoreSource::parse("store:main"), Some(own));
        let claim = "https://example.com/store";
        assert_eq!(StoreSource::parse(&format!("claim:{claim}")), Some(StoreSource::Claim(claim.to_owned())));
        for neither in ["", "main", "claim", "claim:", "store:", "store:true", "store:a b", "Claim:a", ":main"] {
            assert_eq!(StoreSource::parse(neither), None, "{neither}");
        }
    }
}
