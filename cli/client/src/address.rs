//! Where an API is, and whether a token may go there.

use std::net::IpAddr;

use reqwest::Url;

use crate::Error;

/// The address of an API, or of an issuer, that a token or a secret may go to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Address {
    url: Url,
    /// On this machine.
    pub(crate) is_here: bool,
}

impl Address {
    /// Reads an address.
    ///
    /// # Errors
    /// [`Error::Settings`] when that is none, or one that a token would go to unprotected.
    pub fn parse(text: &str) -> Result<Self, Error> {
        let not = |why: &str| Error::Settings(format!("{text:?} is no address of a service: {why}"));
        let url = Url::parse(text).map_err(|error| {
            if text.contains("://") { not(&error.to_string()) } else { not("it begins with https://") }
        })?;
        let host = url.host_str().filter(|_| ["http", "https"].contains(&url.scheme()));
        let host = host.ok_or_else(|| not("it begins with https://"))?;
        let address = host.trim_matches(['[', ']']).parse::<IpAddr>();
        let is_here =
            address.map_or(host == "localhost" || host.ends_with(".localhost"), |address| address.is_loopback());
        if url.scheme() == "http" && !is_here {
            return Err(not("a token goes over https:// alone"));
        }
        if url.query().is_some() || url.fragment().is_some() {
            return Err(not("it ends with its path, without ? and #"));
        }
        Ok(Self { url, is_here })
    }

    /// Whether whoever answers at the one answers at the other: what may go to the one may go to the other.
    #[must_use]
    pub fn has_origin_of(&self, other: &Self) -> bool {
        self.url.origin() == other.url.origin()
    }
}
