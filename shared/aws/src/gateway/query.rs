//! The query of a call.

use percent_encoding::percent_decode_str;

use imports::api::ApiError;

/// How the parameters of a signature begin.
const SIGNATURE: &str = "X-Amz-";

/// How much of a parameter's name is quoted, in characters.
const SHOWN: usize = 64;

/// Reads a query as forms are read: pairs in their order, a plus for a space. A name or value that is not UTF-8 is an error
/// that names the parameter: replaced, it would be another text than the caller's. The signature of a call that is signed in
/// its address is the gateway's, and no link repeats it.
pub(super) fn read(query: &str) -> Result<Vec<(String, String)>, ApiError> {
    let signs = |pair: &str| pair.get(..SIGNATURE.len()).is_some_and(|start| start.eq_ignore_ascii_case(SIGNATURE));
    query.split('&').filter(|pair| !pair.is_empty() && !signs(pair)).map(parameter).collect()
}

fn parameter(pair: &str) -> Result<(String, String), ApiError> {
    let spaced = pair.replace('+', " ");
    let (name, value) = spaced.split_once('=').unwrap_or((&spaced, ""));
    let (name, value) = (percent_decode_str(name), percent_decode_str(value));
    match (name.clone().decode_utf8(), value.decode_utf8()) {
        (Ok(name), Ok(value)) => Ok((name.into_owned(), value.into_owned())),
        _ => {
            let shown: String = name.decode_utf8_lossy().chars().take(SHOWN).collect();
            Err(ApiError::Validation(format!("{shown}: \"{shown}\" must be UTF-8 text")))
        }
    }
}
