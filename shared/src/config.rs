//! The environment of a function, read once at start: the names that `template.yaml` sets.

use std::env;

use chrono::TimeDelta;
use tracing::level_filters::LevelFilter;

use crate::owner::StoreId;

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

/// How long an ended job is kept, in days.
///
/// # Errors
/// When the variable is missing or no whole number.
pub fn import_retention_days() -> Result<u32, ConfigError> {
    const NAME: &str = "IMPORT_RETENTION_DAYS";
    required(NAME)?.parse().map_err(|_| ConfigError { name: NAME, problem: "is not a whole number of days" })
}

/// For how long the form of an upload is good.
///
/// # Errors
/// When the variable is missing or no whole number.
pub fn upload_time() -> Result<TimeDelta, ConfigError> {
    const NAME: &str = "UPLOAD_SECONDS";
    let seconds: u32 =
        required(NAME)?.parse().map_err(|_| ConfigError { name: NAME, problem: "is not a whole number of seconds" })?;
    Ok(TimeDelta::seconds(seconds.into()))
}

/// Whom a call acts for.
#[derive(Clone, Debug)]
pub struct StoreSource {
    /// The claim of a verified token that names the store.
    pub claim: String,
    /// The stack's own store, for which IAM-signed calls act.
    pub configured: StoreId,
}

/// How the store of a call is known.
///
/// # Errors
/// When a variable is missing or the configured store can't be one.
pub fn store_source() -> Result<StoreSource, ConfigError> {
    let configured = StoreId::from_configuration(&required("STORE")?)
        .ok_or(ConfigError { name: "STORE", problem: "must be 1 to 64 letters, digits, hyphens or underscores" })?;
    Ok(StoreSource { claim: required("STORE_CLAIM")?, configured })
}

/// The least severe level that is logged: what Lambda was told or, where it was told nothing, the template's.
#[must_use]
pub fn log_level() -> LevelFilter {
    let level = env::var("AWS_LAMBDA_LOG_LEVEL").or_else(|_| env::var("RUST_LOG"));
    level.ok().and_then(|level| level.parse().ok()).unwrap_or(LevelFilter::INFO)
}

/// Whether Lambda wants the log as JSON.
#[must_use]
pub fn logs_json() -> bool {
    env::var("AWS_LAMBDA_LOG_FORMAT").is_ok_and(|format| format.eq_ignore_ascii_case("json"))
}

fn required(name: &'static str) -> Result<String, ConfigError> {
    env::var(name).ok().filter(|value| !value.is_empty()).ok_or(ConfigError { name, problem: "is not set" })
}
