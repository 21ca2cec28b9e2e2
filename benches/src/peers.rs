//! Others that write the same items, each in a process of its own: what writing costs that does nothing but write.

mod batches;
pub(crate) mod child;
mod pipe;
mod sdk_loop;

use std::{
    env, fmt, fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use serde::{Deserialize, Serialize};

use crate::{
    Outcome,
    fake::{Fake, Manner},
    process::folder,
};

/// How many calls are under way at once where a peer makes several.
pub(crate) const TASKS: usize = 16;

/// The clients of other languages. Their files stand here, so that the program needs no other folder.
const BOTO3: &str = include_str!("peers/boto3_writer.py");
const LIB_DYNAMODB: &str = include_str!("peers/lib_dynamodb.mjs");
const LIB_DYNAMODB_PACKAGES: &str = include_str!("peers/package.json");

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Peer {
    /// `BatchWriteItem` of the Rust SDK, with items that are ready.
    SdkLoop { tasks: usize },
    /// Bodies that are ready, only signed and sent.
    Pipe,
    /// Python's `batch_writer`.
    Boto3,
    /// JavaScript's document client.
    LibDynamodb,
}

/// What a peer took from its first call to its last answer: time, and time of processors, in seconds.
#[derive(Clone, Copy, Debug, Deserialize, Serialize)]
pub(crate) struct Took {
    pub(crate) wall: f64,
    pub(crate) cpu: f64,
    /// The most memory of its process, in bytes; nothing where a peer does not tell.
    #[serde(default)]
    pub(crate) peak: u64,
}

impl fmt::Display for Peer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::SdkLoop { tasks: 1 } => f.write_str("bare SDK loop, one task"),
            Self::SdkLoop { tasks } => write!(f, "bare SDK loop, {tasks} tasks"),
            Self::Pipe => f.write_str("pre-encoded pipe"),
            Self::Boto3 => f.write_str("boto3 batch_writer"),
            Self::LibDynamodb => f.write_str("@aws-sdk/lib-dynamodb"),
        }
    }
}

/// Has a peer write items, one on each line of a file, into a table of its own.
pub(crate) async fn run(peer: Peer, items: &Path, manner: Manner) -> Outcome<Took> {
    let fake = Fake::start(manner).await?;
    let mut command = command(peer)?;
    command.arg(items).arg(fake.endpoint()).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let output = tokio::task::spawn_blocking(move || command.output()).await??;
    if !output.status.success() {
        return Err(format!("{peer} failed:\n{}", String::from_utf8_lossy(&output.stderr)).into());
    }
    let expected = fs::read_to_string(items)?.lines().count();
    let written = fake.objects().counts()?.items.len();
    if written != expected {
        return Err(format!("{peer} wrote {written} items of {expected}").into());
    }
    Ok(serde_json::from_slice(&output.stdout)?)
}

/// Checks a file against the rules, in a process of its own.
pub(crate) async fn check(file: &[u8]) -> Outcome<Took> {
    let path = folder()?.join("check.jsonl");
    fs::write(&path, file)?;
    let mut command = this_program(&["peer", "check", "1"])?;
    command.arg(path).arg("").stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::inherit());
    let output = tokio::task::spawn_blocking(move || command.output()).await??;
    Ok(serde_json::from_slice(&output.stdout)?)
}

/// Makes ready what a peer needs, or tells why that can't be had.
pub(crate) fn prepare(peer: Peer) -> Outcome {
    command(peer).map(drop)
}

fn command(peer: Peer) -> Outcome<Command> {
    Ok(match peer {
        Peer::SdkLoop { tasks } => this_program(&["peer", "loop", &tasks.to_string()])?,
        Peer::Pipe => this_program(&["peer", "pipe", &TASKS.to_string()])?,
        Peer::Boto3 => {
            let mut command = Command::new(local::python::EMULATOR.interpreter()?);
            command.arg(written("boto3_writer.py", BOTO3)?);
            command
        }
        Peer::LibDynamodb => {
            let mut command = Command::new("node");
            command.arg(lib_dynamodb()?);
            command
        }
    })
}

fn this_program(arguments: &[&str]) -> Outcome<Command> {
    let mut command = Command::new(env::current_exe()?);
    command.args(arguments);
    Ok(command)
}

fn written(name: &str, text: &str) -> Outcome<PathBuf> {
    let path = folder()?.join(name);
    fs::write(&path, text)?;
    Ok(path)
}

/// Installs the JavaScript client the first time, and gives the program that uses it.
fn lib_dynamodb() -> Outcome<PathBuf> {
    let folder = folder()?.join("node");
    fs::create_dir_all(&folder)?;
    let (program, list) = (folder.join("lib_dynamodb.mjs"), folder.join("package.json"));
    fs::write(&program, LIB_DYNAMODB)?;
    if fs::read_to_string(&list).is_ok_and(|installed| installed == LIB_DYNAMODB_PACKAGES) {
        return Ok(program);
    }
    let wanted = folder.join("wanted");
    fs::create_dir_all(&wanted)?;
    fs::write(wanted.join("package.json"), LIB_DYNAMODB_PACKAGES)?;
    let mut npm = Command::new("npm");
    npm.args(["install", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]).current_dir(&wanted);
    let output = npm.output().map_err(|error| format!("npm can't be run: {error}"))?;
    if !output.status.success() {
        return Err(format!("npm failed: {}", String::from_utf8_lossy(&output.stderr)).into());
    }
    let modules = folder.join("node_modules");
    if modules.exists() {
        fs::remove_dir_all(&modules)?;
    }
    fs::rename(wanted.join("node_modules"), &modules)?;
    // Last: half an installation is never taken for a whole one.
    fs::write(&list, LIB_DYNAMODB_PACKAGES)?;
    Ok(program)
}
