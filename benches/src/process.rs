//! The functions' own executables as processes, and what processes use.

use std::{
    fs::{self, File},
    path::{Path, PathBuf},
    process::{Child, Command, ExitStatus, Stdio},
    time::{Duration, Instant},
};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use tokio::time::sleep;

use crate::{
    Outcome,
    fake::{Fake, runtime::Runtime},
};

/// What template.yaml gives the worker before Lambda stops it.
pub(crate) const WORKER_TIME: Duration = Duration::from_secs(100);

/// A function that waits for events. It is killed when this is dropped.
#[derive(Debug)]
pub(crate) struct Function {
    child: Child,
    runtime: Runtime,
    /// From being run to asking for the first event.
    pub(crate) cold_start: Duration,
}

/// What a process has used.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Usage {
    /// Time of processors, in seconds.
    pub(crate) cpu: f64,
    /// The most memory that was resident at once, in bytes.
    pub(crate) peak: u64,
}

impl Function {
    /// Starts an executable beside a fake AWS, and waits until it asks for an event.
    pub(crate) async fn start(program: &Path, fake: &Fake) -> Outcome<Self> {
        Self::start_as(Command::new(program), program, fake).await
    }

    /// Starts an executable with a command that runs it, such as valgrind's.
    pub(crate) async fn start_as(mut command: Command, program: &Path, fake: &Fake) -> Outcome<Self> {
        let mut runtime = Runtime::start().await?;
        let name = program.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let log = log_file(&name)?;
        let errors = log.try_clone()?;
        command
            .env_clear()
            .envs(fake.environment())
            .env("AWS_LAMBDA_RUNTIME_API", runtime.server.address.to_string())
            .env("AWS_LAMBDA_FUNCTION_NAME", &name)
            .env("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST")
            .env("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "2048")
            .env("AWS_LAMBDA_LOG_GROUP_NAME", "bench")
            .env("AWS_LAMBDA_LOG_STREAM_NAME", "bench")
            .stdin(Stdio::null())
            .stdout(log)
            .stderr(errors);
        let began = Instant::now();
        let mut child = command.spawn().map_err(|error| format!("can't run {}: {error}", program.display()))?;
        let polled = tokio::select! {
            polled = runtime.first_poll() => polled?,
            status = end(&mut child) => {
                return Err(format!("{name} ended before it asked for an event ({}): see target/bench/{name}.log", status?).into());
            }
        };
        Ok(Self { child, runtime, cold_start: polled - began })
    }

    /// Hands an event to the function. Gives its answer and how long that took.
    pub(crate) async fn invoke(&mut self, event: &Value) -> Outcome<(Value, Duration)> {
        self.invoke_within(event, WORKER_TIME).await
    }

    /// The same for a function that is stopped after so long.
    pub(crate) async fn invoke_within(&mut self, event: &Value, time: Duration) -> Outcome<(Value, Duration)> {
        self.runtime.invoke(event, time).await
    }

    /// The time of processors that its threads have used so far, to the nanosecond.
    pub(crate) fn processor_time(&self) -> Outcome<Duration> {
        let mut time = Duration::ZERO;
        for thread in fs::read_dir(format!("/proc/{}/task", self.child.id()))? {
            let told = fs::read_to_string(thread?.path().join("schedstat"))?;
            let nanoseconds = told.split_whitespace().next().ok_or("the kernel does not tell a thread's time")?;
            time += Duration::from_nanos(nanoseconds.parse()?);
        }
        Ok(time)
    }

    pub(crate) fn usage(&self) -> Outcome<Usage> {
        usage_of(&self.child.id().to_string())
    }

    /// Ends the process in good order, so that what runs it can write down what it saw.
    pub(crate) fn terminate(mut self) -> Outcome {
        if let Some(pid) = i32::try_from(self.child.id()).ok().and_then(Pid::from_raw) {
            kill_process(pid, Signal::TERM)?;
        }
        self.child.wait()?;
        Ok(())
    }
}

impl Drop for Function {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Waits for the end of a process.
async fn end(child: &mut Child) -> Outcome<ExitStatus> {
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(status);
        }
        sleep(Duration::from_millis(50)).await;
    }
}

/// What a process has used; `self` is this one.
pub(crate) fn usage_of(process: &str) -> Outcome<Usage> {
    /// Linux counts in hundredths of a second, whatever the kernel's own clock.
    const TICKS: f64 = 100.0;
    let stat = fs::read_to_string(format!("/proc/{process}/stat"))?;
    // The name, in brackets, may hold anything. Times in user and system mode are the 12th and 13th field after it.
    let fields = stat.rsplit_once(')').map_or("", |(_, fields)| fields).split_whitespace();
    let ticks: f64 = fields.skip(11).take(2).filter_map(|ticks| ticks.parse::<f64>().ok()).sum();
    let status = fs::read_to_string(format!("/proc/{process}/status"))?;
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")?.trim().strip_suffix(" kB")?.parse().ok());
    let peak: u64 = peak.ok_or("the kernel does not tell a process's memory")?;
    Ok(Usage { cpu: ticks / TICKS, peak: peak << 10 })
}

/// The folder for all that a bench leaves on disk.
pub(crate) fn folder() -> Outcome<PathBuf> {
    let folder = PathBuf::from("target/bench");
    fs::create_dir_all(&folder)?;
    Ok(folder)
}

/// What the function of a name prints, added to what was printed before.
fn log_file(name: &str) -> Outcome<File> {
    Ok(File::options().create(true).append(true).open(folder()?.join(format!("{name}.log")))?)
}
