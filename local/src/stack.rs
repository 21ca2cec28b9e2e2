//! The whole system on this machine: emulator, deployed template, token issuer.

use std::path::{Path, PathBuf};

use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_types::SdkConfig;
use aws_types::region::Region;
use client::{Auth, Client};

use crate::deploy::Outputs;
use crate::emulator::{self, Emulator};
use crate::functions::{Build, Package};
use crate::issuer::{self, Issuer, TokenRequest};
use crate::options::Options;
use crate::output::Output;
use crate::stack_file::StackFile;
use crate::{Error, deploy, functions, python};

/// The store that the local API's tokens and drops are for unless something else is asked for.
pub const STORE: &str = "main";

/// A running stack. It stops when this is dropped, or with the process.
#[derive(Debug)]
pub struct Stack {
    emulator: Emulator,
    issuer: Issuer,
    outputs: Outputs,
}

impl Stack {
    /// Builds the functions, starts the emulator and deploys the template.
    ///
    /// # Errors
    /// When a step fails; the error says which, why, and what to do.
    pub async fn start(options: Options) -> Result<Self, Error> {
        let output = Output::new(options.quiet);
        // Asked again at the start, but better said before a build than after.
        options.port.map(emulator::check_free).transpose()?;
        let (packages, interpreter) = prepare(&options, output).await?;

        let step = output.step("Starting the local AWS");
        let issuer = Issuer::start()?;
        let emulator = Emulator::start(&interpreter, &options).await?;
        step.done();

        let step = output.step("Deploying template.yaml");
        let mut parameters = vec![
            ("Architecture".to_owned(), architecture().to_owned()),
            ("JwtIssuer".to_owned(), issuer.url().to_owned()),
            ("JwtAudience".to_owned(), issuer::AUDIENCE.to_owned()),
            ("StoreClaim".to_owned(), issuer::STORE_CLAIM.to_owned()),
            ("WebClientId".to_owned(), issuer::WEB_CLIENT.to_owned()),
            // The API's id is in its host, and not known yet; and the page is at the emulator's own address, too.
            ("PageOrigin".to_owned(), format!("http://*:{}", emulator.port())),
            ("Store".to_owned(), STORE.to_owned()),
            // The emulator speaks plain HTTP, and it does enforce the policies that refuse it.
            ("RequireTls".to_owned(), "false".to_owned()),
        ];
        parameters.retain(|(name, _)| !options.parameters.iter().any(|(other, _)| other == name));
        parameters.extend(options.parameters);
        let config = sdk_config(&emulator.endpoint_url());
        let outputs = deploy::deploy(&interpreter, &config, packages, &parameters).await?;
        let stack = Self { emulator, issuer, outputs };
        stack.check_outputs()?;
        step.done();
        Ok(stack)
    }

    /// The API's base address with a host of its own, as on AWS. Python and Node find no names under `localhost`:
    /// [`Stack::endpoint_url`] is the API's base address, too.
    #[must_use]
    pub fn api_url(&self) -> String {
        format!("http://{}:{}", self.api_host(), self.emulator.port())
    }

    /// The address of the page for people who import.
    #[must_use]
    pub fn import_page(&self) -> String {
        format!("{}/imports-ui", self.api_url())
    }

    /// The address that AWS clients use.
    #[must_use]
    pub fn endpoint_url(&self) -> String {
        self.emulator.endpoint_url()
    }

    /// The region it plays.
    #[must_use]
    pub fn region(&self) -> &'static str {
        emulator::REGION
    }

    /// The root user's key id and secret, which may do everything.
    #[must_use]
    pub fn credentials(&self) -> (&'static str, &'static str) {
        (emulator::ROOT_KEY, emulator::ROOT_KEY)
    }

    /// Settings for AWS clients that act as the root user. S3 clients need `force_path_style` besides.
    #[must_use]
    pub fn sdk_config(&self) -> SdkConfig {
        sdk_config(&self.endpoint_url())
    }

    /// The bucket of files, drops and reports.
    #[must_use]
    pub fn bucket(&self) -> &str {
        self.output("BucketName")
    }

    /// The table of import jobs.
    #[must_use]
    pub fn imports_table(&self) -> &str {
        self.output("ImportsTableName")
    }

    /// The table of imported objects.
    #[must_use]
    pub fn objects_table(&self) -> &str {
        self.output("ObjectsTableName")
    }

    /// The queue that wakes the worker.
    #[must_use]
    pub fn queue_url(&self) -> &str {
        self.output("QueueUrl")
    }

    /// One of the template's outputs, or an empty text.
    #[must_use]
    pub fn output(&self, name: &str) -> &str {
        self.outputs.get(name).map_or("", String::as_str)
    }

    /// The issuer whose tokens the API accepts.
    #[must_use]
    pub fn issuer(&self) -> &Issuer {
        &self.issuer
    }

    /// The emulator's process id.
    #[must_use]
    pub fn pid(&self) -> u32 {
        self.emulator.pid()
    }

    /// The log of the emulator and of the functions that no caller waits for.
    #[must_use]
    pub fn log(&self) -> &Path {
        self.emulator.log()
    }

    /// An HTTP client that finds the API by its name. It follows no redirect: where one leads is for the caller to see.
    ///
    /// # Errors
    /// When the client can't be made.
    pub fn http_client(&self) -> Result<reqwest::Client, Error> {
        reqwest::Client::builder()
            .no_proxy()
            // It speaks plain HTTP: to read this machine's certificates takes longer than a call.
            .tls_certs_only([])
            .redirect(reqwest::redirect::Policy::none())
            .resolve(&self.api_host(), ([127, 0, 0, 1], self.emulator.port()).into())
            .build()
            .map_err(|error| Error::new(format!("can't make an HTTP client: {error}"), "try again"))
    }

    /// A client of the API that acts for a store.
    ///
    /// # Errors
    /// When the client or its token can't be made.
    pub fn client(&self, store: &str) -> Result<Client, Error> {
        let token = self.token(store, 3600)?;
        Ok(Client::over(self.http_client()?, &self.api_url(), Auth::token(token)))
    }

    /// Mints a token that allows everything for a store, for so many seconds.
    ///
    /// # Errors
    /// When it can't be signed.
    pub fn token(&self, store: &str, expires_in: i64) -> Result<String, Error> {
        self.issuer.token(&TokenRequest { store: Some(store.to_owned()), expires_in, ..TokenRequest::default() })
    }

    /// Tells everything another program needs to use this stack.
    #[must_use]
    pub fn file(&self, token: String, page_url: String) -> StackFile {
        let (access_key_id, secret_access_key) = self.credentials();
        StackFile {
            // Any client finds this host.
            api_url: self.endpoint_url(),
            page_url,
            token,
            endpoint_url: self.endpoint_url(),
            region: self.region().to_owned(),
            access_key_id: access_key_id.to_owned(),
            secret_access_key: secret_access_key.to_owned(),
            bucket: self.bucket().to_owned(),
            imports_table: self.imports_table().to_owned(),
            objects_table: self.objects_table().to_owned(),
            queue_url: self.queue_url().to_owned(),
            pid: self.pid(),
        }
    }

    fn api_host(&self) -> String {
        // The output ApiUrl names AWS's own domain.
        format!("{}.execute-api.localhost", self.output("ApiId"))
    }

    fn check_outputs(&self) -> Result<(), Error> {
        let needed = ["ApiId", "BucketName", "ImportsTableName", "ObjectsTableName", "QueueUrl"];
        match needed.into_iter().find(|name| self.output(name).is_empty()) {
            None => Ok(()),
            Some(name) => {
                Err(Error::new(format!("the stack has no output {name}"), "add it to the Outputs of template.yaml"))
            }
        }
    }
}

/// Builds the functions and, beside that, makes the emulator's environment: the first time both take minutes.
async fn prepare(options: &Options, output: Output) -> Result<(Vec<Package>, PathBuf), Error> {
    let how = Build { release: options.release, quiet: options.quiet };
    output.progress("Building the functions, and fetching the local AWS if it is not there yet …");
    let environment = tokio::task::spawn_blocking(|| python::EMULATOR.interpreter());
    let packages = tokio::task::spawn_blocking(move || functions::build(how));
    let broken = |error: tokio::task::JoinError| Error::new(format!("a preparation broke off: {error}"), "try again");
    let packages = packages.await.map_err(broken)??;
    let interpreter = environment.await.map_err(broken)??;
    Ok((packages, interpreter))
}

fn architecture() -> &'static str {
    if std::env::consts::ARCH == "aarch64" { "arm64" } else { "x86_64" }
}

fn sdk_config(endpoint_url: &str) -> SdkConfig {
    let credentials = Credentials::new(emulator::ROOT_KEY, emulator::ROOT_KEY, None, None, "local");
    SdkConfig::builder()
        .behavior_version(aws_sdk_s3::config::BehaviorVersion::latest())
        .region(Region::from_static(emulator::REGION))
        .endpoint_url(endpoint_url)
        .credentials_provider(SharedCredentialsProvider::new(credentials))
        .http_client(aws_smithy_http_client::Builder::new().build_http())
        .build()
}
