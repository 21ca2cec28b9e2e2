//! Where the service is and who calls it: from the environment, else from a profile.

use std::{
    collections::BTreeMap,
    env, fs,
    io::{self, ErrorKind, Write},
    os::unix::fs::{DirBuilderExt, OpenOptionsExt},
    path::{Path, PathBuf},
};

use client::{Address, Auth, ClientCredentials};
use etcetera::{BaseStrategy, base_strategy};
use serde::{Deserialize, Serialize};

use crate::{Global, error::Error, exit::Exit};

/// The profile that is used unless another one is named.
pub(crate) const DEFAULT: &str = "default";

/// The file of profiles.
#[derive(Debug, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Config {
    #[serde(default)]
    pub(crate) profile: BTreeMap<String, Profile>,
}

/// Where a service is, and one way to call it. No secret stands here: only where it is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Profile {
    pub(crate) api: String,
    pub(crate) token_file: Option<PathBuf>,
    pub(crate) token_command: Option<String>,
    pub(crate) client_credentials: Option<Credentials>,
    pub(crate) sigv4: Option<Sigv4>,
}

/// A client that an issuer hands tokens to.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Credentials {
    pub(crate) token_url: String,
    pub(crate) client_id: String,
    pub(crate) client_secret_file: PathBuf,
    pub(crate) scope: Option<String>,
    pub(crate) audience: Option<String>,
}

/// Calls that are signed as AWS wants them.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Sigv4 {
    pub(crate) region: String,
    /// A profile of the AWS CLI; else the credentials of the environment.
    pub(crate) profile: Option<String>,
}

impl Config {
    pub(crate) fn path() -> Result<PathBuf, Error> {
        Ok(folders()?.config_dir().join("imports").join("config.toml"))
    }

    pub(crate) fn read() -> Result<Self, Error> {
        let path = Self::path()?;
        let text = match fs::read_to_string(&path) {
            Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {
                return Ok(Self::default());
            }
            text => text.map_err(|error| unreadable(&path, &error.to_string()))?,
        };
        toml::from_str(&text).map_err(|error| unreadable(&path, &told(&error, &text)))
    }

    /// Writes the file whole, for its owner's eyes only.
    pub(crate) fn write(&self) -> Result<PathBuf, Error> {
        let path = Self::path()?;
        let text = toml::to_string(self).map_err(|error| unreadable(&path, &error.to_string()))?;
        write_private(&path, text.as_bytes()).map_err(|error| {
            let next = "make its folder writable, or set IMPORTS_API and IMPORTS_TOKEN: they need no file";
            Error::new(Exit::Trouble, format!("{} can't be written: {error}", path.display()), next)
        })?;
        Ok(path)
    }
}

/// What is wrong with the file, without its text, in which somebody may have put a token.
fn told(error: &toml::de::Error, text: &str) -> String {
    let line = error.span().map_or(1, |span| text.get(..span.start).unwrap_or_default().matches('\n').count() + 1);
    let message = error.message();
    let about_names = ["unknown field", "missing field", "duplicate"].iter().any(|known| message.starts_with(known));
    format!("line {line}: {}", if about_names { message } else { "a name, =, and a text in quotes are expected" })
}

fn unreadable(path: &Path, why: &str) -> Error {
    let next = "mend that line; or remove the file, and type imports config set --help";
    Error::new(Exit::Usage, format!("{} can't be read: {why}", path.display()), next)
}

/// Where this system keeps configuration and state.
fn folders() -> Result<impl BaseStrategy, Error> {
    base_strategy::choose_base_strategy().map_err(|error| {
        Error::new(Exit::Usage, format!("there is no home folder: {error}"), "set HOME to a folder of yours")
    })
}

/// Where what is remembered of earlier commands lies.
pub(crate) fn state_folder() -> Result<PathBuf, Error> {
    let folders = folders()?;
    Ok(folders.state_dir().unwrap_or_else(|| folders.data_dir()).join("imports"))
}

/// Writes a file and its folder, readable for nobody else, whole or not at all.
pub(crate) fn write_private(path: &Path, text: &[u8]) -> io::Result<()> {
    if let Some(folder) = path.parent() {
        fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    }
    let part = path.with_extension(format!("{}.part", std::process::id()));
    let file = fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&part);
    let written = file.and_then(|mut file| file.write_all(text)).and_then(|()| fs::rename(&part, path));
    if written.is_err() {
        // It may never have been there.
        let _ = fs::remove_file(&part);
    }
    written
}

/// The service to call, as whom, and under which name its newest job is remembered.
#[derive(Debug)]
pub(crate) struct Service {
    pub(crate) name: String,
    pub(crate) api: String,
    pub(crate) auth: Auth,
}

/// What a running local stack tells.
#[derive(Deserialize)]
struct StackFile {
    api_url: String,
    token: String,
}

/// A variable that is set to something.
fn set(name: &str) -> Option<String> {
    env::var(name).ok().filter(|text| !text.is_empty())
}

impl Service {
    /// The service that the command line, the environment and the profiles name, in this order.
    pub(crate) fn chosen(global: &Global) -> Result<Self, Error> {
        if global.local {
            return Self::local();
        }
        let (api, token) = (set("IMPORTS_API"), set("IMPORTS_TOKEN"));
        let named = global.profile.clone().or_else(|| set("IMPORTS_PROFILE"));
        if let (Some(api), Some(token), None) = (&api, &token, &named) {
            return Ok(Self { name: "environment".to_owned(), api: api.clone(), auth: Auth::token(token) });
        }
        let name = named.unwrap_or_else(|| DEFAULT.to_owned());
        let mut config = Config::read()?;
        let Some(profile) = config.profile.remove(&name) else {
            return Err(missing(&name, &config, api.is_some()));
        };
        let auth = match token {
            Some(token) => Auth::token(token),
            None => {
                api.iter().try_for_each(|api| profile.is_for(api, &name))?;
                profile.auth(&name)?
            }
        };
        Ok(Self { name, api: api.unwrap_or(profile.api), auth })
    }

    fn local() -> Result<Self, Error> {
        let next = "start it with: cargo run -p local -- up";
        let here = env::current_dir().unwrap_or_default();
        let file = here.ancestors().map(|folder| folder.join("target/local/stack.json")).find(|file| file.is_file());
        let Some(file) = file else {
            let problem = "no local service runs: there is no target/local/stack.json here or in a folder above";
            return Err(Error::new(Exit::Usage, problem, next));
        };
        let stack = fs::read(&file).ok().and_then(|text| serde_json::from_slice::<StackFile>(&text).ok());
        let Some(StackFile { api_url, token }) = stack else {
            return Err(Error::new(Exit::Trouble, format!("{} can't be read", file.display()), next));
        };
        Ok(Self { name: "local".to_owned(), api: api_url, auth: Auth::token(token) })
    }
}

fn missing(name: &str, config: &Config, api: bool) -> Error {
    if api && name == DEFAULT {
        let problem = "IMPORTS_API is set, and neither IMPORTS_TOKEN nor a profile says who calls";
        return Error::new(Exit::Token, problem, "set IMPORTS_TOKEN, or type imports config set --help");
    }
    let known: Vec<_> = config.profile.keys().map(String::as_str).collect();
    let known =
        if known.is_empty() { "there is none yet".to_owned() } else { format!("there are {}", known.join(", ")) };
    let next = "type imports config set --help, or use --local for a service on this machine";
    Error::new(Exit::Usage, format!("there is no profile {name:?}: {known}"), next)
}

/// Reads an address that a token or a secret goes to.
pub(crate) fn address(text: &str, whose: &str) -> Result<Address, Error> {
    Address::parse(text).map_err(|error| {
        Error::new(Exit::Usage, error.to_string(), format!("correct {whose}, or type imports config set --help"))
    })
}

impl Profile {
    /// Keeps credentials from any service but that of the profile.
    fn is_for(&self, api: &str, name: &str) -> Result<(), Error> {
        let own = address(&self.api, &format!("the profile {name:?}"))?;
        if address(api, "IMPORTS_API")?.has_origin_of(&own) {
            return Ok(());
        }
        let problem = format!(
            "IMPORTS_API is {api}, and the profile {name:?} says who calls {} alone; nothing was sent",
            self.api
        );
        Err(Error::new(Exit::Token, problem, "set IMPORTS_TOKEN too, or name a profile for that address"))
    }

    /// The one way to call that the profile has.
    fn auth(&self, name: &str) -> Result<Auth, Error> {
        let Self { token_file, token_command, client_credentials, sigv4, .. } = self.clone();
        let ways = [
            token_file.map(|file| Ok(Auth::token_file(file))),
            token_command.map(|command| Ok(Auth::token_command(command))),
            client_credentials.map(Credentials::auth),
            sigv4.map(Sigv4::auth),
        ];
        let mut ways: Vec<_> = ways.into_iter().flatten().collect();
        match (ways.pop(), ways.is_empty()) {
            (Some(way), true) => way,
            _ => Err(Error::new(
                Exit::Usage,
                format!("the profile {name:?} needs one of token_file, token_command, client_credentials and sigv4"),
                format!("type imports config set --help, or mend {}", Config::path()?.display()),
            )),
        }
    }
}

impl Credentials {
    fn auth(self) -> Result<Auth, Error> {
        let Self { token_url, client_id, client_secret_file, scope, audience } = self;
        address(&token_url, "token_url")?;
        let client = ClientCredentials { token_url, client_id, client_secret_file, scope, audience };
        Ok(Auth::client_credentials(client))
    }
}

impl Sigv4 {
    #[cfg(feature = "sigv4")]
    #[expect(clippy::unnecessary_wraps, reason = "without the feature it fails")]
    fn auth(self) -> Result<Auth, Error> {
        Ok(Auth::sigv4(self.region, self.profile))
    }

    #[cfg(not(feature = "sigv4"))]
    fn auth(self) -> Result<Auth, Error> {
        let problem = format!("this build can't sign calls (region {})", self.region);
        Err(Error::new(Exit::Usage, problem, "build it with the feature sigv4"))
    }
}
