//! Headers that ask for something, where no header is read: a rehearsal that is asked for so must not become an import, and a
//! call that is to be made once not be made twice.

use super::{
    Meant, OptionName, meant, meant_by,
    names::{is_rehearsal, is_way},
    pasted,
};
use crate::{
    api::{ApiError, Call},
    idempotency::HEADER,
};
use records::near::same_letters;

/// The header by which callers say how they would like a call to be answered (RFC 7240).
const PREFER: &str = "prefer";

/// A header with parameters of its own, of which an option is none.
const CONTENT_TYPE: &str = "content-type";

/// Refuses a header that means an option, or nearly `Idempotency-Key`: a header is asked for by its name, and nothing that
/// clients and proxies send of themselves is called so. Beside the right key another spelling of it does no harm. `place` says where
/// an option goes.
///
/// # Errors
/// [`ApiError::Validation`], which says what to write.
pub fn refuse_headers(call: &Call, place: impl Fn(OptionName) -> String) -> Result<(), ApiError> {
    let names = || call.headers.iter().map(|(name, _)| name.as_str());
    let is_key = |name: &&str| meant(bare(name)) == Meant::IdempotencyKey;
    let (name, instead) = if let Some((name, option)) = option_asked(call) {
        (name, place(option))
    } else if let (None, Some(name)) = (names().find(|name| *name == HEADER), names().find(is_key)) {
        (name, "Idempotency-Key".to_owned())
    } else {
        return Ok(());
    };
    let problem = if option_meant(name).is_none() && !is_key(&name) {
        format!("asks for an option, and no option is read there: write {instead}")
    } else {
        format!("is no header of this call: write {instead}, or leave it out")
    };
    Err(ApiError::Validation(format!("header.{name}: \"{name}\" {problem}")))
}

/// Whether the value of a header may ask for an option.
#[must_use]
pub fn may_ask(name: &str) -> bool {
    name == PREFER || ways(name).next().is_some()
}

/// The header that asks for an option, and the option: one of the same letters, one that a rehearsal is called elsewhere, or one
/// like `X-Mode: test`. No letter may be wrong, since there are headers of all names.
#[must_use]
pub fn option_asked(call: &Call) -> Option<(&str, OptionName)> {
    let typed = || Some((CONTENT_TYPE, call.content_type.as_deref().and_then(pasted)?));
    let asked = |(name, value): &(String, String)| {
        let is_rehearsed = || ways(name).any(|way| meant_by(way, value) == Meant::Rehearsal);
        let preferred = || if name == PREFER { preferred(value) } else { None };
        option_meant(name).or_else(preferred).or_else(|| is_rehearsed().then_some(OptionName::DryRun))
    };
    call.headers.iter().find_map(|header| Some((header.0.as_str(), asked(header)?))).or_else(typed)
}

/// The ends of a header's name that say how something is to run: `mode` of `x-mode`, `x-acme-mode`.
fn ways(name: &str) -> impl Iterator<Item = &str> {
    let ends = name.match_indices('-').filter_map(|(at, _)| name.get(at + 1..));
    [name].into_iter().chain(ends).filter(|end| is_way(end))
}

fn option_meant(header: &str) -> Option<OptionName> {
    let name = bare(header);
    let option = same_letters(name, OptionName::ALL.iter().map(|option| option.as_str()));
    let rehearsal = || is_rehearsal(name).then_some(OptionName::DryRun);
    option.and_then(|option| option.parse().ok()).or_else(rehearsal)
}

/// The option among preferences such as `return=minimal, dry-run`.
fn preferred(preferences: &str) -> Option<OptionName> {
    preferences.split([',', ';']).find_map(|preference| {
        let (name, value) = preference.split_once('=').unwrap_or((preference, ""));
        match meant_by(name.trim(), value) {
            Meant::Option(option) | Meant::Nearly(option) => Some(option),
            Meant::Rehearsal => Some(OptionName::DryRun),
            Meant::IdempotencyKey | Meant::Nothing => None,
        }
    })
}

/// A header's name without what is put before names of one's own: `X-`, and in S3 `x-amz-meta-`.
fn bare(name: &str) -> &str {
    ["x-amz-meta-", "x-"].into_iter().find_map(|prefix| name.strip_prefix(prefix)).unwrap_or(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(names: &[&str]) -> Option<String> {
        refused_of(names.iter().map(|name| (*name, "true")))
    }

    fn refused_of<'h>(headers: impl IntoIterator<Item = (&'h str, &'h str)>) -> Option<String> {
        let call = Call {
            store: records::StoreId::from_own_record("main").unwrap(),
            origin: String::new(),
            path: String::new(),
            id: None,
            query: Vec::new(),
            headers: headers.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect(),
            content_type: None,
            idempotency_key: None,
            if_none_match: None,
            body: bytes::Bytes::new(),
        };
        match refuse_headers(&call, |option| format!("it as {}", option.example())) {
            Ok(()) => None,
            Err(ApiError::Validation(detail)) => Some(detail),
            Err(other) => panic!("{other:?}"),
        }
    }

    #[test]
    fn an_option_as_a_header_is_refused_with_where_it_goes() {
        let detail =
            r#"header.x-dry-run: "x-dry-run" is no header of this call: write it as dry_run=true, or leave it out"#;
        assert_eq!(refused(&["host", "x-dry-run"]).as_deref(), Some(detail));
        for (name, instead) in [
            ("dry-run", "dry_run=true"),
            ("dry_run", "dry_run=true"),
            ("dryrun", "dry_run=true"),
            ("x-amz-meta-dry-run", "dry_run=true"),
            ("x-validate-only", "dry_run=true"),
            ("x-goog-dry-run", "dry_run=true"),
            ("is-dryrun", "dry_run=true"),
            ("on-conflict", "on_conflict=skip or update"),
            ("x-onconflict", "on_conflict=skip or update"),
            ("external-ref", "external_ref=NAME"),
            ("x-unknown", "unknown=refuse"),
            ("x-idempotency-key", "Idempotency-Key"),
            ("idempotence-key", "Idempotency-Key"),
            ("idempotencykey", "Idempotency-Key"),
            ("idempotency-token", "Idempotency-Key"),
            ("idempotncy-key", "Idempotency-Key"),
        ] {
            assert!(refused(&[name]).is_some_and(|detail| detail.contains(instead)), "{name}");
        }
        assert_eq!(refused(&["idempotency-key", "x-idempotency-key"]), None);
    }

    #[test]
    fn a_rehearsal_that_is_preferred_is_refused_and_other_preferences_are_not() {
        let detail =
            r#"header.prefer: "prefer" asks for an option, and no option is read there: write it as dry_run=true"#;
        for preferences in ["dry-run", "return=minimal, dry-run", "Dry_Run=true; x=y", "mode=test", "tx=rollback"] {
            assert_eq!(refused_of([("prefer", preferences)]).as_deref(), Some(detail), "{preferences}");
        }
        for preferences in [
            "return=representation",
            "respond-async, wait=10",
            "handling=strict",
            "count=exact",
            "odata.maxpagesize=5",
            "safe",
        ] {
            assert_eq!(refused_of([("prefer", preferences)]), None, "{preferences}");
        }
    }

    #[test]
    fn a_rehearsal_that_is_asked_for_by_the_value_of_a_header_is_refused() {
        let detail =
            r#"header.x-mode: "x-mode" asks for an option, and no option is read there: write it as dry_run=true"#;
        assert_eq!(refused_of([("host", "test"), ("x-mode", "test")]).as_deref(), Some(detail));
        for asked in [
            ("mode", "Dry-Run"),
            ("x-run-mode", "simulate"),
            ("x-import-mode", "validate_only"),
            ("x-acme-mode", "preview"),
            ("x-execution-mode", "\"test\""),
            ("x-commit", "false"),
            ("x-auto-commit", "0"),
            ("commit", "no"),
            ("x-execute", "False"),
            ("x-persist", "off"),
            ("x-simulate", "true"),
            ("x-action", "validate"),
            ("x-tx", "rollback"),
        ] {
            assert!(may_ask(asked.0) || asked.0 == "x-simulate", "{asked:?}");
            assert!(refused_of([asked]).is_some_and(|detail| detail.contains("dry_run=true")), "{asked:?}");
        }
        for sent in [
            ("x-mode", "import"),
            ("x-commit", "true"),
            ("x-commit", "4f2a9c1"),
            ("x-environment", "test"),
            ("x-forwarded-host", "test"),
            ("x-request-name", "dry-run"),
            ("soapaction", "test"),
            ("x-run", "42"),
        ] {
            assert_eq!(refused_of([sent]), None, "{sent:?}");
        }
    }

    #[test]
    fn what_clients_and_proxies_send_of_themselves_is_never_refused() {
        let sent = "accept accept-charset accept-encoding accept-language access-control-request-headers \
             access-control-request-method amz-sdk-invocation-id amz-sdk-request authorization baggage cache-control \
             cdn-loop cf-connecting-ip cf-ipcountry cf-ray cf-visitor client-ip connection content-digest content-disposition \
             content-encoding content-language content-length content-location content-md5 content-range content-type cookie \
             cookie2 date device-memory dnt downlink dpr early-data expect fastly-client-ip forwarded from host if-match \
             if-modified-since if-none-match if-range if-unmodified-since keep-alive max-forwards mime-version newrelic \
             ot-baggage-a origin postman-token pragma prefer priority proxy-authorization proxy-connection purpose range referer \
             request-id rtt save-data sec-ch-ua sec-ch-ua-mobile sec-ch-ua-platform sec-fetch-dest sec-fetch-mode \
             sec-fetch-site sec-fetch-user sec-gpc sec-purpose sentry-trace te trace-id traceparent tracestate trailer \
             transfer-encoding true-client-ip uber-trace-id upgrade upgrade-insecure-requests user-agent via warning \
             x-amz-cf-id x-amz-content-sha256 x-amz-date x-amz-meta-mtime x-amz-meta-name x-amz-security-token x-amz-user-agent \
             x-amzn-trace-id x-api-key x-api-version x-b3-flags x-b3-sampled x-b3-spanid x-b3-traceid x-client-id \
             x-client-version x-cloud-trace-context x-correlation-id x-csrf-token x-datadog-parent-id \
             x-datadog-sampling-priority x-datadog-trace-id x-envoy-expected-rq-timeout-ms x-forwarded-for x-forwarded-host \
             x-forwarded-port x-forwarded-prefix x-forwarded-proto x-forwarded-server x-http-method-override x-moltin-auth-store \
             x-moltin-sdk-language x-ot-span-context x-powered-by x-real-ip x-request-id x-request-name x-requested-with \
             x-scheme x-stainless-lang x-stainless-retry-count x-trace-id x-ua-compatible x-wap-profile x-xsrf-token";
        for name in sent.split_whitespace() {
            assert_eq!(refused(&[name]), None, "{name}");
        }
        // Of these the value is read.
        for (name, values) in [
            ("sec-fetch-mode", "cors navigate no-cors same-origin websocket"),
            ("x-amz-bucket-object-lock-mode", "GOVERNANCE COMPLIANCE"),
            ("x-amz-object-lock-mode", "GOVERNANCE"),
            ("x-cache-mode", "hit"),
            ("x-httpd-operation", "post"),
            ("x-git-commit", "4f2a9c1"),
        ] {
            assert!(may_ask(name), "{name}");
            for value in values.split(' ') {
                assert_eq!(refused_of([(name, value)]), None, "{name}: {value}");
            }
        }
    }
}
