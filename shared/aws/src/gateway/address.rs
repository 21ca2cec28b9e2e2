//! The beginning of the addresses that a caller gets.

use std::net::Ipv6Addr;

use lambda_http::http::header::HOST;

use super::ApiGatewayV2httpRequest;
use imports::api::IMPORTS_PATH;

/// What stands before the API's own path in the address that was called: the scheme, the host, and the path to which a
/// custom domain maps the API.
///
/// The host is the caller's, since a domain of one's own may stand before the API's; a text that is no host is not repeated.
pub(super) fn origin(event: &ApiGatewayV2httpRequest, scheme: &str) -> String {
    let called = event.headers.get(HOST).and_then(|value| value.to_str().ok()).filter(|text| is_host(text));
    let host = called.or(event.request_context.domain_name.as_deref()).unwrap_or_default();
    let path = event.raw_path.as_deref().unwrap_or_default();
    // The first place: what follows the API's path is the caller's text.
    let mapping = path.split_once(IMPORTS_PATH).map_or("", |(before, _)| before);
    format!("{scheme}://{host}{mapping}")
}

/// Whether a text is a host's name or address, with or without a port.
fn is_host(text: &str) -> bool {
    let (host, port) = match text.rsplit_once(':') {
        Some((host, port)) if !port.ends_with(']') => (host, Some(port)),
        _ => (text, None),
    };
    let is_port = |port: &str| port.bytes().all(|byte| byte.is_ascii_digit()) && port.parse::<u16>().is_ok();
    let is_name = |host: &str| {
        !host.is_empty() && host.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._".contains(&byte))
    };
    let is_address = |host: &str| {
        let address = host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
        address.is_some_and(|address| address.parse::<Ipv6Addr>().is_ok())
    };
    (is_name(host) || is_address(host)) && port.is_none_or(is_port)
}
