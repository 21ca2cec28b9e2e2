//! The calls there are, and what is said of one that there is not.

use super::{ApiError, IMPORTS_PATH};
use records::near::nearest;

/// Every call: its method, and what follows [`IMPORTS_PATH`] in its path.
pub const CALLS: [(&str, &str); 8] = [
    ("POST", ""),
    ("GET", ""),
    ("POST", "/uploads"),
    ("GET", "/{id}"),
    ("GET", "/{id}/errors"),
    ("GET", "/{id}/results"),
    ("GET", "/{id}/failed-lines"),
    ("POST", "/{id}/cancel"),
];

/// Refuses a call that there is not, with the one that is near it. Nothing of its path is repeated.
#[must_use]
pub fn no_such_call(method: &str, path: &str) -> ApiError {
    // What stands before is where a domain maps the API to.
    let Some((_, below)) = path.split_once(IMPORTS_PATH) else { return other() };
    if !below.is_empty() && !below.starts_with('/') {
        return other();
    }
    let named: Vec<_> = below.split('/').filter(|part| !part.is_empty()).collect();
    let calls = |is_meant: fn(&str, &str) -> bool| -> Vec<(&str, &str)> {
        let matches = |path: &str| {
            let parts: Vec<_> = path.split('/').skip(1).collect();
            parts.len() == named.len() && parts.iter().zip(&named).all(|(part, name)| is_meant(part, name))
        };
        CALLS.into_iter().filter(|(_, path)| matches(path)).collect()
    };
    let same = calls(|part, name| part == "{id}" || name == part);
    let near = calls(|part, name| part == "{id}" || nearest(name, [part]).is_some());
    let with_method =
        |calls: &[(&str, &'static str)]| calls.iter().find(|(of, _)| *of == method).map(|(_, path)| *path);
    if let Some(path) = with_method(&same) {
        return missing(&format!("leave out the / that is too much: {method} {IMPORTS_PATH}{path}"));
    }
    if let Some(path) = with_method(&near) {
        return missing(&format!("{method} {IMPORTS_PATH}{path} is near it"));
    }
    let methods: Vec<_> = same.iter().map(|(method, _)| *method).collect();
    match same.first() {
        Some((_, path)) => ApiError::NoSuchMethod {
            detail: there_is_no(&format!("{IMPORTS_PATH}{path} takes {} alone", methods.join(" and "))),
            allow: methods.join(", "),
        },
        None => other(),
    }
}

fn other() -> ApiError {
    missing(&format!("the path of each begins with {IMPORTS_PATH}, and openapi.yaml lists them"))
}

fn missing(hint: &str) -> ApiError {
    ApiError::NoSuchCall(there_is_no(hint))
}

fn there_is_no(hint: &str) -> String {
    format!("There is no such call: {hint}.")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(method: &str, path: &str) -> String {
        match no_such_call(method, path) {
            ApiError::NoSuchCall(detail) | ApiError::NoSuchMethod { detail, .. } => {
                detail.strip_prefix("There is no such call: ").unwrap().to_owned()
            }
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_call_that_there_is_not_is_answered_with_the_one_that_is_near_it() {
        let slash = "leave out the / that is too much: ";
        let listed = "the path of each begins with /v2/subscriptions/imports, and openapi.yaml lists them.";
        for (method, path, hint) in [
            ("GET", "/v2/subscriptions/imports/", format!("{slash}GET /v2/subscriptions/imports.")),
            ("POST", "/shop/v2/subscriptions/imports/", format!("{slash}POST /v2/subscriptions/imports.")),
            (
                "GET",
                "/v2/subscriptions/imports//x/errors/",
                format!("{slash}GET /v2/subscriptions/imports/{{id}}/errors."),
            ),
            (
                "GET",
                "/v2/subscriptions/imports/x/error",
                "GET /v2/subscriptions/imports/{id}/errors is near it.".to_owned(),
            ),
            (
                "GET",
                "/v2/subscriptions/imports/x/failed_lines",
                "GET /v2/subscriptions/imports/{id}/failed-lines is near it.".to_owned(),
            ),
            (
                "POST",
                "/v2/subscriptions/imports/upload",
                "POST /v2/subscriptions/imports/uploads is near it.".to_owned(),
            ),
            ("DELETE", "/v2/subscriptions/imports", "/v2/subscriptions/imports takes POST and GET alone.".to_owned()),
            ("DELETE", "/v2/subscriptions/imports/x", "/v2/subscriptions/imports/{id} takes GET alone.".to_owned()),
            (
                "GET",
                "/v2/subscriptions/imports/x/cancel",
                "/v2/subscriptions/imports/{id}/cancel takes POST alone.".to_owned(),
            ),
            ("GET", "/v2/subscriptions/imports/x/y/z", listed.to_owned()),
            ("GET", "/v2/subscriptions/importsx", listed.to_owned()),
            ("GET", "/v2/subscriptions/import", listed.to_owned()),
            ("GET", "/", listed.to_owned()),
        ] {
            assert_eq!(said(method, path), hint, "{method} {path}");
        }
    }

    #[test]
    fn a_path_that_there_is_says_which_methods_it_takes() {
        for (method, below, allow) in [("HEAD", "/x", "GET"), ("HEAD", "", "POST, GET"), ("PUT", "/x/cancel", "POST")] {
            let error = no_such_call(method, &format!("{IMPORTS_PATH}{below}"));
            assert!(
                matches!(&error, ApiError::NoSuchMethod { allow: told, .. } if told == allow),
                "{method} {below}: {error:?}"
            );
            let reply = error.reply("request-1");
            assert_eq!((reply.status, reply.allow.as_deref()), (405, Some(allow)));
        }
    }
}
