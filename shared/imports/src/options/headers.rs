//! Headers that ask for something, where no header is read: a rehearsal that is asked for so must not become an import, and a
//! call that is to be made once not be made twice.

use super::{Meant, OptionName, meant, meant_by, names::is_rehearsal};
use crate::{
    api::{ApiError, Call},
    idempotency::HEADER,
};
use records::near::same_letters;

/// The header by which callers say how they would like a call to be answered (RFC 7240).
const PREFER: &str = "prefer";

/// Refuses a header that means an option, or nearly `Idempotency-Key`: a header is asked for by its name, and nothing that
/// clients and proxies send of themselves is called so. Beside the right key another spelling of it does no harm. `place` says where
/// an option goes.
///
/// # Errors
/// [`ApiError::Validation`], which says what to write.
pub fn refuse_headers(call: &Call, place: impl Fn(OptionName) -> String) -> Result<(), ApiError> {
    let is_key = |name: &&String| meant(bare(name)) == Meant::IdempotencyKey;
    let (name, instead) = if let Some((name, option)) = option_asked(call) {
        (name, place(option))
    } else if let (None, Some(name)) =
        (call.headers.iter().find(|name| *name == HEADER), call.headers.iter().find(is_key))
    {
        (name.as_str(), "Idempotency-Key".to_owned())
    } else {
        return Ok(());
    };
    let problem = if name == PREFER {
        format!("asks for an option, and no option is read there: write {instead}")
    } else {
        format!("is no header of this call: write {instead}, or leave it out")
    };
    Err(ApiError::Validation(format!("header.{name}: \"{name}\" {problem}")))
}

/// The header that asks for an option, and the option: one of the same letters, or one that a rehearsal is called elsewhere. No
/// letter may be wrong, since there are headers of all names.
#[must_use]
pub fn option_asked(call: &Call) -> Option<(&str, OptionName)> {
    let preferred = || Some((PREFER, call.prefer.as_deref().and_then(preferred)?));
    call.headers.iter().find_map(|name| Some((name.as_str(), option_meant(name)?))).or_else(preferred)
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
        refused_of(names, None)
    }

    fn refused_of(names: &[&str], prefer: Option<&str>) -> Option<String> {
        let call = Call {
            store: records::StoreId::from_own_record("main").unwrap(),
            origin: String::new(),
            path: String::new(),
            id: None,
            query: Vec::new(),
            headers: names.iter().map(|name| (*name).to_owned()).collect(),
            prefer: prefer.map(str::to_owned),
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
            assert_eq!(refused_of(&["prefer"], Some(preferences)).as_deref(), Some(detail), "{preferences}");
        }
        for preferences in [
            "return=representation",
            "respond-async, wait=10",
            "handling=strict",
            "count=exact",
            "odata.maxpagesize=5",
            "safe",
        ] {
            assert_eq!(refused_of(&["prefer"], Some(preferences)), None, "{preferences}");
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
    }
}
