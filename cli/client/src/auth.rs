//! Who calls: with a token, wherever it comes from, or with AWS's signature.

#[cfg(feature = "sigv4")]
pub(crate) mod sigv4;

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use reqwest::header::{AUTHORIZATION, HeaderValue};
use serde::Deserialize;
use tokio::sync::Mutex;

use crate::{Error, Refusal};

/// A token is renewed so long before it runs out, or after nine tenths of a shorter life.
const RENEWED_BEFORE: Duration = Duration::from_mins(1);

/// Longer than anybody needs to hand out a token, a person who is asked for a second factor included.
const COMMAND_PATIENCE: Duration = Duration::from_mins(3);

/// Who calls.
#[derive(Debug)]
pub struct Auth {
    source: Source,
    held: Mutex<Option<Held>>,
}

#[derive(Debug)]
enum Source {
    Token(Secret),
    File(PathBuf),
    Command(String),
    Credentials(ClientCredentials),
    #[cfg(feature = "sigv4")]
    Sigv4(sigv4::Signer),
}

/// The OAuth client that tokens are asked for with (the grant `client_credentials`).
#[derive(Clone, Debug)]
pub struct ClientCredentials {
    /// Where the issuer hands out tokens.
    pub token_url: String,
    /// The client's id.
    pub client_id: String,
    /// A file with the client's secret.
    pub client_secret_file: PathBuf,
    /// The scopes to ask for, where the issuer wants to be told.
    pub scope: Option<String>,
    /// Whom the tokens are for, where the issuer wants to be told.
    pub audience: Option<String>,
}

/// A text that shows nowhere.
#[derive(Clone)]
pub(crate) struct Secret(String);

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("…")
    }
}

/// A token, and until when it is used.
#[derive(Clone, Debug)]
struct Held {
    token: Secret,
    until: Option<SystemTime>,
}

impl Held {
    /// A token as it came; one that says when it runs out is renewed before.
    fn new(token: &str, lives: Option<Duration>) -> Result<Self, Error> {
        let token = token.trim();
        if token.is_empty() || !token.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(Error::NoToken(
                "what was found is empty, or has spaces or letters that no token has".to_owned(),
            ));
        }
        let now = SystemTime::now();
        let lives = lives.or_else(|| expiry(token).map(|end| end.duration_since(now).unwrap_or_default()));
        let until = lives.map(|lives| now + lives.saturating_sub(RENEWED_BEFORE).max(lives * 9 / 10));
        Ok(Self { token: Secret(token.to_owned()), until })
    }

    fn is_good(&self) -> bool {
        self.until.is_none_or(|until| SystemTime::now() < until)
    }
}

/// When a token runs out, of one that says so as JWTs do.
fn expiry(token: &str) -> Option<SystemTime> {
    #[derive(Deserialize)]
    struct Claims {
        exp: u64,
    }
    let claims = URL_SAFE_NO_PAD.decode(token.split('.').nth(1)?.trim_end_matches('=')).ok()?;
    let claims: Claims = serde_json::from_slice(&claims).ok()?;
    Some(UNIX_EPOCH + Duration::from_secs(claims.exp))
}

impl Auth {
    fn new(source: Source) -> Self {
        Self { source, held: Mutex::new(None) }
    }

    /// Calls with this token, which can't be renewed.
    #[must_use]
    pub fn token(token: impl Into<String>) -> Self {
        Self::new(Source::Token(Secret(token.into())))
    }

    /// Calls with the token in a file, which is read again once that has run out.
    #[must_use]
    pub fn token_file(path: impl Into<PathBuf>) -> Self {
        Self::new(Source::File(path.into()))
    }

    /// Calls with the token that a shell's command prints, which is run again once that has run out.
    #[must_use]
    pub fn token_command(command: impl Into<String>) -> Self {
        Self::new(Source::Command(command.into()))
    }

    /// Calls with tokens that an issuer hands out.
    #[must_use]
    pub fn client_credentials(client: ClientCredentials) -> Self {
        Self::new(Source::Credentials(client))
    }

    /// Signs calls as AWS wants them, with the credentials of the environment, else with those that the AWS CLI exports for
    /// a profile of its own.
    #[cfg(feature = "sigv4")]
    #[must_use]
    pub fn sigv4(region: impl Into<String>, profile: Option<String>) -> Self {
        Self::new(Source::Sigv4(sigv4::Signer::new(region.into(), profile)))
    }

    /// Lets go of a token that was refused. Tells whether there may be another one.
    pub(crate) async fn forget(&self) -> bool {
        *self.held.lock().await = None;
        matches!(self.source, Source::File(_) | Source::Command(_) | Source::Credentials(_))
    }

    /// Adds to a call who makes it.
    pub(crate) async fn sign(&self, http: &reqwest::Client, call: &mut reqwest::Request) -> Result<(), Error> {
        #[cfg(feature = "sigv4")]
        if let Source::Sigv4(signer) = &self.source {
            return signer.sign(call).await;
        }
        let Secret(token) = self.current(http).await?;
        let mut header = HeaderValue::try_from(format!("Bearer {token}"))
            .map_err(|_| Error::NoToken("it has letters that no token has".to_owned()))?;
        header.set_sensitive(true);
        call.headers_mut().insert(AUTHORIZATION, header);
        Ok(())
    }

    async fn current(&self, http: &reqwest::Client) -> Result<Secret, Error> {
        let mut held = self.held.lock().await;
        if let Some(held) = held.as_ref().filter(|held| held.is_good()) {
            return Ok(held.token.clone());
        }
        let fresh = match &self.source {
            Source::Token(token) => Held::new(&token.0, None)?,
            Source::File(path) => Held::new(&read(path)?, None)?,
            Source::Command(command) => Held::new(&printed("token_command", &["sh", "-c", command]).await?, None)?,
            Source::Credentials(client) => client.ask(http).await?,
            #[cfg(feature = "sigv4")]
            Source::Sigv4(_) => return Err(Error::NoToken("calls are signed".to_owned())),
        };
        Ok(held.insert(fresh).token.clone())
    }
}

fn read(path: &Path) -> Result<String, Error> {
    std::fs::read_to_string(path)
        .map_err(|error| Error::NoToken(format!("the file {} can't be read: {error}", path.display())))
}

/// What a command prints. What it complains of goes to the terminal, for whoever has to answer.
pub(crate) async fn printed(what: &str, words: &[&str]) -> Result<String, Error> {
    let failed = |why: String| Error::NoToken(format!("{what} {why}"));
    let [program, arguments @ ..] = words else { return Err(failed("is empty".to_owned())) };
    let mut command = tokio::process::Command::new(program);
    // Tokio's `output` would take what it complains of, too.
    command.args(arguments).stdout(Stdio::piped()).kill_on_drop(true);
    let unrun = |error| failed(format!("can't be run: {error}"));
    let child = command.spawn().map_err(unrun)?;
    let output = tokio::time::timeout(COMMAND_PATIENCE, child.wait_with_output()).await;
    let output = output.map_err(|_| failed("does not end".to_owned()))?.map_err(unrun)?;
    if !output.status.success() {
        return Err(failed(format!("failed ({})", output.status)));
    }
    String::from_utf8(output.stdout).map_err(|_| failed("printed something that is no text".to_owned()))
}

/// What an issuer answers.
#[derive(Deserialize)]
struct Granted {
    access_token: String,
    expires_in: Option<u64>,
}

impl ClientCredentials {
    async fn ask(&self, http: &reqwest::Client) -> Result<Held, Error> {
        let secret = read(&self.client_secret_file)?;
        let optional = [("scope", &self.scope), ("audience", &self.audience)];
        let mut form = vec![("grant_type", "client_credentials")];
        form.extend(optional.iter().filter_map(|(name, text)| Some((*name, text.as_deref()?))));
        let call = http.post(&self.token_url).basic_auth(&self.client_id, Some(secret.trim())).form(&form);
        let answer = call.send().await.map_err(|error| Error::unreachable(&error))?;
        let status = answer.status().as_u16();
        let body = answer.bytes().await.map_err(|error| Error::unreachable(&error))?;
        match status {
            200..300 => (),
            429 | 500.. => return Err(Error::Refused(Refusal::read(status, None, &[]))),
            _ => return Err(Error::NoToken(format!("{} refuses this client ({status})", self.token_url))),
        }
        let granted: Granted = serde_json::from_slice(&body)
            .map_err(|_| Error::NoToken(format!("{} gave an answer without access_token", self.token_url)))?;
        Held::new(&granted.access_token, granted.expires_in.map(Duration::from_secs))
    }
}
