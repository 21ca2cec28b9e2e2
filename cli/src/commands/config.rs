//! Profiles: which services there are, and who calls them.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use serde_json::json;

use crate::{
    Global,
    error::Error,
    exit::Exit,
    output::Output,
    profile::{self, Credentials, DEFAULT, Profile, Sigv4},
};

const EXAMPLES: &str = "  imports config
  imports config set --api https://api.example.com --token-file ~/.token
  imports config set --profile b --api https://b.example.com --sigv4 eu-west-1";

/// Shows profiles, or sets one.
#[derive(Debug, Args)]
#[command(after_help = Exit::help(EXAMPLES))]
pub(crate) struct Config {
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Shows the profiles.
    #[command(after_help = Exit::help("  imports config show\n  imports config show --json"))]
    Show,
    /// Sets a profile: where the service is, and one way to call it.
    #[command(after_help = Exit::help(SET_EXAMPLES), override_usage = "imports config set --api <ADDRESS> <WAY TO CALL> [OPTIONS]")]
    Set(Box<Set>),
}

const SET_EXAMPLES: &str = "  imports config set --api https://api.example.com --token-file token.txt
  imports config set --api https://api.example.com --sigv4 eu-west-1";

#[derive(Debug, Args)]
struct Set {
    /// The address of the service.
    #[arg(long, value_name = "ADDRESS")]
    api: String,
    #[command(flatten)]
    way: Way,
    /// The client's id at the issuer.
    #[arg(long, value_name = "ID", requires = "token_url")]
    client_id: Option<String>,
    /// A file with the client's secret.
    #[arg(long, value_name = "FILE", requires = "token_url")]
    client_secret_file: Option<PathBuf>,
    /// The scopes to ask the issuer for.
    #[arg(long, value_name = "SCOPES", requires = "token_url")]
    scope: Option<String>,
    /// Whom the tokens are for.
    #[arg(long, value_name = "AUDIENCE", requires = "token_url")]
    audience: Option<String>,
    /// A profile of the AWS CLI to sign as.
    #[arg(long, value_name = "NAME", requires = "sigv4")]
    aws_profile: Option<String>,
}

/// Who calls.
#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
struct Way {
    /// Call with the token in this file.
    #[arg(long, value_name = "FILE")]
    token_file: Option<PathBuf>,
    /// Call with the token that this command prints.
    #[arg(long, value_name = "COMMAND")]
    token_command: Option<String>,
    /// Call with tokens that this address hands out.
    #[arg(long, value_name = "ADDRESS", requires_all = ["client_id", "client_secret_file"])]
    token_url: Option<String>,
    /// Sign calls as AWS wants them, for this region.
    #[arg(long, value_name = "REGION")]
    sigv4: Option<String>,
}

impl Config {
    pub(crate) fn run(self, global: &Global, output: Output) -> Result<Exit, Error> {
        match self.command {
            None | Some(Command::Show) => show(output),
            Some(Command::Set(set)) => set.run(global.profile.as_deref().unwrap_or(DEFAULT), output),
        }
    }
}

fn show(output: Output) -> Result<Exit, Error> {
    let config = profile::Config::read()?;
    let path = profile::Config::path()?;
    if output.json {
        return output.document(json!({"file": path, "profiles": config.profile}), Exit::Success);
    }
    let text = toml::to_string(&config).unwrap_or_default();
    let text = if text.is_empty() { "There is no profile: imports config set --help\n" } else { &text };
    output.answer(&format!("# {}\n{text}", path.display())).map(|()| Exit::Success)
}

impl Set {
    fn run(self, name: &str, output: Output) -> Result<Exit, Error> {
        profile::address(&self.api, "--api")?;
        self.way.token_url.iter().try_for_each(|issuer| profile::address(issuer, "--token-url").map(drop))?;
        let mut config = profile::Config::read()?;
        config.profile.insert(name.to_owned(), self.profile());
        let path = config.write()?;
        if output.json {
            return output.document(json!({"file": path, "profile": name}), Exit::Success);
        }
        output.answer(&format!("The profile {name} is in {}\n", path.display())).map(|()| Exit::Success)
    }

    fn profile(self) -> Profile {
        let Self { api, way, client_id, client_secret_file, scope, audience, aws_profile } = self;
        // From wherever the tool is called.
        let whole = |path: PathBuf| std::path::absolute(&path).unwrap_or(path);
        let credentials = match (way.token_url, client_id, client_secret_file.map(whole)) {
            (Some(token_url), Some(client_id), Some(client_secret_file)) => {
                Some(Credentials { token_url, client_id, client_secret_file, scope, audience })
            }
            _ => None,
        };
        Profile {
            api,
            token_file: way.token_file.map(whole),
            token_command: way.token_command,
            client_credentials: credentials,
            sigv4: way.sigv4.map(|region| Sigv4 { region, profile: aws_profile }),
        }
    }
}
