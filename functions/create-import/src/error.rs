//! What is wrong with a part of a call.

use imports::api::ApiError;

pub(crate) fn wrong(name: &str, problem: &str) -> ApiError {
    invalid(name, &format!("\"{name}\" {problem}"))
}

pub(crate) fn invalid(place: &str, problem: &str) -> ApiError {
    ApiError::Validation(format!("{place}: {problem}"))
}
