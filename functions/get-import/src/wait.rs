//! How long a call waits for the job to change.

use std::time::Duration;

use imports::{
    api::ApiError,
    parameters::{MAX_WAIT, Parameter, given},
};

/// What is written where no number can be made out.
const EXAMPLE: u32 = 20;

/// Reads `wait`, in seconds.
///
/// # Errors
/// [`ApiError::Validation`] when it is no whole number within its bounds; it says what to write.
pub(crate) fn wait(query: &[(String, String)]) -> Result<Duration, ApiError> {
    let Some(text) = given(query, Parameter::Wait)? else { return Ok(Duration::ZERO) };
    let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let seconds = text.parse::<u32>().ok().filter(|seconds| is_number && *seconds <= MAX_WAIT);
    seconds.map(|seconds| Duration::from_secs(u64::from(seconds))).ok_or_else(|| {
        let instead = near(text).unwrap_or(EXAMPLE);
        let problem = format!("must be a whole number of seconds from 0 to {MAX_WAIT}: write wait={instead}");
        ApiError::Validation(format!("wait: \"wait\" {problem}"))
    })
}

/// The number that a text begins with, or the most: `60`, `20s`, `1.5`.
fn near(text: &str) -> Option<u32> {
    let text = text.trim();
    let end = text.find(|letter: char| !letter.is_ascii_digit()).unwrap_or(text.len());
    let (digits, _) = text.split_at(end);
    (!digits.is_empty()).then(|| digits.parse().unwrap_or(MAX_WAIT).min(MAX_WAIT))
}

#[cfg(test)]
mod tests {
    use twins::fixture::query;

    use super::*;

    #[test]
    fn a_wait_is_read_within_its_bounds_and_any_other_is_told_what_to_write() {
        let read = |values: &[&str]| {
            wait(&query(&values.iter().map(|value| ("wait", *value)).collect::<Vec<_>>())).map(|wait| wait.as_secs())
        };
        assert_eq!((read(&[]), read(&["0"]), read(&["7"]), read(&["25"])), (Ok(0), Ok(0), Ok(7), Ok(25)));
        let bounds = "wait: \"wait\" must be a whole number of seconds from 0 to 25: write wait=";
        for (value, instead) in [
            ("26", 25),
            ("99999999999999999999", 25),
            ("20s", 20),
            ("1.5", 1),
            (" 5", 5),
            ("+5", 20),
            ("-1", 20),
            ("", 20),
            ("true", 20),
            ("１", 20),
        ] {
            assert_eq!(read(&[value]), Err(ApiError::Validation(format!("{bounds}{instead}"))), "{value}");
        }
        assert_eq!(read(&["1", "1"]), Err(ApiError::Validation("wait: \"wait\" must be given once".to_owned())));
    }
}
