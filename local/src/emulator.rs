//! The emulator: one process that is an AWS account, on one port of the loopback interface.

use std::fs::File;
use std::net::{Ipv4Addr, TcpListener};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process, kill_process_group};

use crate::{Error, Options, python, workspace};

/// The region the emulator plays.
pub(crate) const REGION: &str = "us-east-1";

/// The credentials of the emulator's root user: this key id is taken with any secret.
pub(crate) const ROOT_KEY: &str = "test";

const LAUNCHER: &str = include_str!("emulator.py");

/// How long the emulator may take to answer. It takes some two seconds; a busy machine takes longer.
const START_LIMIT: Duration = Duration::from_secs(90);

/// How long it may take to save its state and stop.
const STOP_LIMIT: Duration = Duration::from_secs(15);

/// A running emulator. It stops when this is dropped, and also when this process ends in any other way.
#[derive(Debug)]
pub(crate) struct Emulator {
    process: Child,
    port: u16,
    log: PathBuf,
    scratch: PathBuf,
}

impl Emulator {
    /// Starts an emulator and waits until it answers.
    ///
    /// Without a port it takes a free one. With a state folder what it holds is there again at the next start.
    pub(crate) async fn start(python: &Path, options: &Options) -> Result<Self, Error> {
        let local = workspace::local_dir()?;
        let state = options.state.as_deref().map(workspace::make_dir).transpose()?;
        let port = match (options.port, &state) {
            (Some(port), _) => check_free(port)?,
            (None, Some(state)) => port_of_state(state)?,
            (None, None) => free_port()?,
        };
        let log = workspace::make_dir(&local.join("logs"))?.join(format!("emulator-{port}.log"));
        // The emulator unpacks functions here. A port has one owner at a time, so what is there is nobody's.
        let scratch = local.join("scratch").join(port.to_string());
        if scratch.exists() {
            std::fs::remove_dir_all(&scratch).map_err(|error| Error::file("remove", &scratch, &error))?;
        }
        workspace::make_dir(&scratch)?;
        let process = spawn(python, port, state.as_deref(), &log, &scratch, options)?;
        let mut emulator = Self { process, port, log, scratch };
        emulator.wait_until_healthy().await?;
        Ok(emulator)
    }

    /// The address that AWS clients use.
    pub(crate) fn endpoint_url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// The port it listens on.
    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    /// The process id.
    pub(crate) fn pid(&self) -> u32 {
        self.process.id()
    }

    /// The file with its log and that of the functions.
    pub(crate) fn log(&self) -> &Path {
        &self.log
    }

    async fn wait_until_healthy(&mut self) -> Result<(), Error> {
        let health = format!("{}/_ministack/health", self.endpoint_url());
        let http = reqwest::Client::builder()
            .no_proxy()
            .timeout(Duration::from_secs(5))
            .build()
            .map_err(|error| Error::new(format!("can't make an HTTP client: {error}"), "try again"))?;
        let begun = Instant::now();
        loop {
            if let Ok(Some(status)) = self.process.try_wait() {
                return Err(self.failed(&format!("the emulator stopped at its start ({status})")));
            }
            if http.get(&health).send().await.is_ok_and(|response| response.status().is_success()) {
                return Ok(());
            }
            if begun.elapsed() > START_LIMIT {
                return Err(self.failed("the emulator does not answer"));
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }

    fn failed(&self, problem: &str) -> Error {
        let log = std::fs::read_to_string(&self.log).unwrap_or_default();
        Error::new(
            format!("{problem}. The end of its log:\n{}", python::tail(&log)),
            format!("read {}; removing target/local/python makes its environment anew", self.log.display()),
        )
    }
}

impl Drop for Emulator {
    fn drop(&mut self) {
        // Its process group has the same id: the functions it started are in it.
        if let Some(pid) = i32::try_from(self.process.id()).ok().and_then(Pid::from_raw) {
            // SIGTERM first: only then does it save its state.
            let _ = kill_process(pid, Signal::TERM);
            let begun = Instant::now();
            while begun.elapsed() < STOP_LIMIT && matches!(self.process.try_wait(), Ok(None)) {
                std::thread::sleep(Duration::from_millis(20));
            }
            let _ = kill_process_group(pid, Signal::KILL);
        }
        let _ = self.process.wait();
        let _ = std::fs::remove_dir_all(&self.scratch);
    }
}

fn spawn(
    python: &Path,
    port: u16,
    state: Option<&Path>,
    log: &Path,
    scratch: &Path,
    options: &Options,
) -> Result<Child, Error> {
    let log_file = File::create(log).map_err(|error| Error::file("create", log, &error))?;
    let log_copy = log_file.try_clone().map_err(|error| Error::file("write", log, &error))?;
    let mut command = Command::new(python);
    // The functions inherit the emulator's environment whole: it gets no more than it needs.
    command.env_clear();
    for name in ["PATH", "HOME"] {
        if let Some(value) = std::env::var_os(name) {
            command.env(name, value);
        }
    }
    command
        .env("TMPDIR", scratch)
        .env("PYTHONUNBUFFERED", "1")
        .env("PYTHONUTF8", "1")
        .env("BIND_HOST", Ipv4Addr::LOCALHOST.to_string())
        .env("GATEWAY_PORT", port.to_string())
        // Only the functions heed it.
        .env(
            "AWS_ENDPOINT_URL",
            options.functions_endpoint_url.clone().unwrap_or_else(|| format!("http://127.0.0.1:{port}")),
        )
        .env("AWS_REGION", REGION)
        .env("AWS_DEFAULT_REGION", REGION)
        .env("MINISTACK_REGION", REGION)
        // Enforces the template's policies: a missing permission shows here, not on AWS.
        .env("AUTH", "true")
        .env("IOT_MTLS_ENABLED", "0")
        .env("SFTP_ENABLED", "0");
    if let Some(state) = state {
        command
            .env("PERSIST_STATE", "1")
            .env("STATE_DIR", state.join("state"))
            .env("S3_PERSIST", "1")
            .env("S3_DATA_DIR", state.join("s3"));
    }
    if let Some(decisions) = &options.decisions {
        command.env("LOCAL_DECISIONS", decisions);
    }
    command
        .args(["-c", LAUNCHER])
        .current_dir(scratch)
        // Its end of the pipe closes when this process is gone: the launcher stops the emulator then.
        .stdin(Stdio::piped())
        .stdout(log_file)
        .stderr(log_copy)
        // Out of the terminal's group: a Ctrl-C reaches this process, which stops the emulator in order.
        .process_group(0)
        .spawn()
        .map_err(|error| {
            Error::new(format!("can't run {}: {error}", python.display()), "remove target/local/python, then try again")
        })
}

/// Refuses a port that something else listens on.
pub(crate) fn check_free(port: u16) -> Result<u16, Error> {
    TcpListener::bind((Ipv4Addr::LOCALHOST, port)).map(|_| port).map_err(|error| {
        Error::new(
            format!("port {port} can't be used: {error}"),
            "stop what listens there, or take another port with --port (without it any free one is taken)",
        )
    })
}

fn free_port() -> Result<u16, Error> {
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0))
        .and_then(|listener| listener.local_addr())
        .map(|address| address.port())
        .map_err(|error| Error::new(format!("no port is free on the loopback interface: {error}"), "free some"))
}

/// Kept state holds addresses with the port in them, such as the queue's: it always gets the same port.
fn port_of_state(state: &Path) -> Result<u16, Error> {
    let file = state.join("port");
    if let Ok(text) = std::fs::read_to_string(&file)
        && let Ok(port) = text.trim().parse()
    {
        return check_free(port);
    }
    let port = free_port()?;
    std::fs::write(&file, port.to_string()).map_err(|error| Error::file("write", &file, &error))?;
    Ok(port)
}
