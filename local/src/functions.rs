//! The functions as Lambda takes them: compiled, each in a zip of its own.

use std::collections::BTreeMap;
use std::io::{Cursor, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::{Mutex, PoisonError};

use bytes::Bytes;
use serde::Deserialize;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

use crate::{Error, workspace};

/// A function ready to deploy.
#[derive(Clone, Debug)]
pub(crate) struct Package {
    /// The binary's name, which the template tells as `Binary`.
    pub(crate) name: String,
    /// The executable.
    pub(crate) path: PathBuf,
    /// The zip: the executable, named `bootstrap`.
    pub(crate) zip: Bytes,
}

/// How functions are built.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Build {
    /// Optimised, as released.
    pub(crate) release: bool,
    /// Without a word about what is compiled.
    pub(crate) quiet: bool,
}

/// Builds every function in one Cargo call, into the folder that Cargo uses anyway, and packs them. Once: what this process
/// asks for again is what it has.
pub(crate) fn build(how: Build) -> Result<Vec<Package>, Error> {
    static BUILT: Mutex<BTreeMap<bool, Vec<Package>>> = Mutex::new(BTreeMap::new());
    let mut built = BUILT.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(packages) = built.get(&how.release) {
        return Ok(packages.clone());
    }
    let executables = compile(&names()?, how)?;
    let packages: Result<Vec<_>, _> = std::thread::scope(|scope| {
        let packing: Vec<_> = executables.into_iter().map(|built| scope.spawn(move || pack(built))).collect();
        packing
            .into_iter()
            .map(|thread| thread.join().unwrap_or_else(|_| Err(Error::new("packing a function failed", "try again"))))
            .collect()
    });
    let packages = packages?;
    built.insert(how.release, packages.clone());
    Ok(packages)
}

/// Builds every function, `release` as released, and gives their names and executables.
///
/// # Errors
/// When they do not build.
pub fn executables(release: bool) -> Result<Vec<(String, PathBuf)>, Error> {
    let built = compile(&names()?, Build { release, ..Build::default() })?;
    Ok(built.into_iter().map(|Executable { name, path }| (name, path)).collect())
}

/// Builds one function and gives its executable.
pub(crate) fn executable(name: &str) -> Result<PathBuf, Error> {
    let names = names()?;
    if !names.iter().any(|known| known == name) {
        return Err(Error::new(format!("there is no function {name}"), format!("name one of: {}", names.join(", "))));
    }
    let built = build(Build { quiet: true, ..Build::default() })?.into_iter().find(|built| built.name == name);
    built.map(|built| built.path).ok_or_else(|| Error::new(format!("{name} was not built"), "try again"))
}

/// The functions' names: the folders of `functions/`, which are also the names of their packages and binaries.
fn names() -> Result<Vec<String>, Error> {
    let folder = workspace::root()?.join("functions");
    let entries = std::fs::read_dir(&folder).map_err(|error| Error::file("read", &folder, &error))?;
    let mut names: Vec<String> = entries
        .filter_map(Result::ok)
        .filter(|entry| entry.path().join("Cargo.toml").is_file())
        .filter_map(|entry| entry.file_name().into_string().ok())
        .collect();
    names.sort();
    Ok(names)
}

struct Executable {
    name: String,
    path: PathBuf,
}

/// One line of what `cargo build --message-format=json` prints.
#[derive(Deserialize)]
struct Message {
    executable: Option<PathBuf>,
    target: Option<Target>,
}

#[derive(Deserialize)]
struct Target {
    name: String,
}

fn compile(names: &[String], how: Build) -> Result<Vec<Executable>, Error> {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.current_dir(workspace::root()?);
    command.args(["build", "--message-format=json-render-diagnostics"]);
    // With this package among them Cargo resolves the features that it was built with itself: what both depend on, the
    // AWS SDK above all, is compiled once.
    command.args(["--package", "local"]);
    for name in names {
        command.args(["--package", name, "--bin", name]);
    }
    if how.release {
        command.arg("--release");
    }
    if how.quiet {
        command.arg("--quiet");
    }
    // Cargo tells what it runs about this package; handed on, that would look like changed settings to build scripts.
    for (name, _) in std::env::vars_os() {
        let known = name.to_string_lossy();
        if known.starts_with("CARGO_PKG_") || known.starts_with("CARGO_MANIFEST_") || known == "LD_LIBRARY_PATH" {
            command.env_remove(&name);
        }
    }
    let output = command
        .stdin(Stdio::null())
        .stderr(Stdio::inherit())
        .output()
        .map_err(|error| Error::new(format!("can't run cargo: {error}"), "install Rust from https://rustup.rs"))?;
    if !output.status.success() {
        return Err(Error::new("the functions do not build", "mend what the compiler says above, then run this again"));
    }
    let built: Vec<Executable> = String::from_utf8_lossy(&output.stdout)
        .lines()
        .filter_map(|line| serde_json::from_str::<Message>(line).ok())
        .filter_map(|message| Some(Executable { name: message.target?.name, path: message.executable? }))
        .filter(|built| names.contains(&built.name))
        .collect();
    match names.iter().find(|name| !built.iter().any(|built| built.name == **name)) {
        None => Ok(built),
        Some(name) => Err(Error::new(
            format!("building the function {name} made no executable of that name"),
            format!("give functions/{name}/Cargo.toml a [[bin]] named {name}"),
        )),
    }
}

/// The executable without its symbols, half its size: each stack sends, hashes and unpacks every function. Where there is no
/// `strip`, whole.
fn without_symbols(path: &Path) -> std::io::Result<Vec<u8>> {
    let stripped = path.with_extension(format!("stripped-{}", std::process::id()));
    let strip = Command::new("strip").arg("-o").arg(&stripped).arg(path).stderr(Stdio::null()).status();
    if !strip.is_ok_and(|status| status.success()) {
        return std::fs::read(path);
    }
    let binary = std::fs::read(&stripped);
    std::fs::remove_file(stripped)?;
    binary
}

fn pack(built: Executable) -> Result<Package, Error> {
    let Executable { name, path } = built;
    let failed =
        |error: &dyn std::fmt::Display| Error::new(format!("can't pack {}: {error}", path.display()), "try again");
    let binary = without_symbols(&path).map_err(|error| Error::file("read", &path, &error))?;
    // The fastest level: the zip only travels over the loopback. One fixed time, so that the same binary makes the
    // same zip, and an unchanged function is not deployed again.
    let options = SimpleFileOptions::default()
        .compression_method(CompressionMethod::Deflated)
        .compression_level(Some(1))
        .last_modified_time(zip::DateTime::default())
        .unix_permissions(0o755);
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    writer.start_file("bootstrap", options).map_err(|error| failed(&error))?;
    writer.write_all(&binary).map_err(|error| failed(&error))?;
    let zip = writer.finish().map_err(|error| failed(&error))?.into_inner();
    Ok(Package { name, path, zip: zip.into() })
}
