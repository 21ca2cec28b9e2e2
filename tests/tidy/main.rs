//! What no compiler checks: how the house is kept, and promises that the template alone keeps.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that meets what it does not expect has failed"
)]

use std::{
    collections::BTreeSet,
    fs,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::Command,
};

mod circles;

/// The project's folder, as seen from the package's folder, in which Cargo runs its tests.
const ROOT: &str = "../..";

/// All Rust files below some folders, by their paths from the root.
fn sources(folders: &[&str]) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut open: Vec<PathBuf> = folders.iter().map(|folder| Path::new(ROOT).join(folder)).collect();
    while let Some(folder) = open.pop() {
        for entry in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
            if entry.is_dir() {
                open.push(entry);
            } else if entry.extension().is_some_and(|extension| extension == "rs") {
                let name = entry.strip_prefix(ROOT).unwrap().display().to_string();
                found.push((name, fs::read_to_string(entry).unwrap()));
            }
        }
    }
    assert!(!found.is_empty());
    found
}

/// The folders of all members of the workspace that have files in `src`.
fn crates() -> Vec<String> {
    let manifest = fs::read_to_string(format!("{ROOT}/Cargo.toml")).unwrap();
    let members = manifest.split_once("members = [").unwrap().1.split_once(']').unwrap().0;
    let within = |folder: &str| {
        let entries = fs::read_dir(format!("{ROOT}/{folder}")).unwrap().map(|entry| entry.unwrap().file_name());
        entries.map(|name| format!("{folder}/{}", name.display())).collect::<Vec<_>>()
    };
    let named = members.split('"').skip(1).step_by(2);
    let all = named.flat_map(|name| name.strip_suffix("/*").map_or_else(|| vec![name.to_owned()], within));
    all.filter(|folder| Path::new(ROOT).join(folder).join("src").is_dir()).collect()
}

/// What `records` is made of neither waits nor knows of AWS: a command line can check a file with it alone.
#[test]
fn records_stand_on_no_runtime_and_no_sdk() {
    let cargo = std::env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned());
    let tree = ["tree", "--package", "records", "--edges", "normal", "--prefix", "none"];
    let tree = Command::new(cargo).args(tree).current_dir(ROOT).output().unwrap();
    let tree = String::from_utf8(tree.stdout).unwrap();
    assert!(tree.contains("serde_json"), "{tree}");
    let below =
        tree.lines().find(|line| ["tokio", "futures", "aws", "lambda"].iter().any(|name| line.starts_with(name)));
    assert_eq!(below, None);
}

/// Every package of others that Cargo builds for these arguments, with its features.
fn built(arguments: &[&str]) -> BTreeSet<String> {
    let cargo = std::env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned());
    let tree = ["tree", "--locked", "--prefix", "none", "--format", "{p} {f}"];
    let tree = Command::new(cargo).args(tree).args(arguments).current_dir(ROOT).output().unwrap();
    assert!(tree.status.success(), "{}", String::from_utf8_lossy(&tree.stderr));
    let tree = String::from_utf8(tree.stdout).unwrap();
    // Those of this workspace come with their folder; a star marks what was listed before.
    let packages = tree.lines().map(|line| line.trim_end_matches(" (*)").replace("(proc-macro) ", ""));
    packages.filter(|package| !package.contains(" (/")).collect()
}

/// A feature that one of them alone asks for has most of what stands on it compiled once more.
#[test]
fn the_first_command_and_the_tests_share_what_is_compiled() {
    let first = built(&["--package", "local", "--edges", "no-dev"]);
    let beside = ["twins", "tests", "simulation", "input", "tidy", "weather", "bench"]
        .map(|package| format!("--exclude={package}"));
    let beside: Vec<_> = beside.iter().map(String::as_str).chain(["--workspace", "--edges", "no-dev"]).collect();
    let functions = built(&beside);
    let tests = built(&["--workspace"]);
    assert!(first.iter().any(|package| package.starts_with("aws-sdk-s3 ")), "{first:?}");
    let others = |less: &BTreeSet<String>, more| less.difference(more).cloned().collect::<Vec<_>>();
    assert_eq!(others(&first, &functions), [""; 0], "name these features in local/Cargo.toml");
    assert_eq!(others(&functions, &tests), [""; 0], "name these features in local/Cargo.toml");
}

#[test]
fn the_environment_is_read_in_one_place() {
    for (name, text) in sources(&["shared", "functions"]) {
        let reads = text.contains("env::var") || text.contains("env::{");
        assert!(
            !reads || name == "shared/aws/src/config.rs" || name == "shared/aws/src/lib.rs",
            "{name} reads the environment"
        );
    }
}

#[test]
fn no_function_depends_on_another() {
    let folders: Vec<_> = fs::read_dir(format!("{ROOT}/functions")).unwrap().map(|entry| entry.unwrap()).collect();
    let names: Vec<_> = folders.iter().map(|folder| folder.file_name().into_string().unwrap()).collect();
    for (folder, own) in folders.iter().zip(&names) {
        let manifest = fs::read_to_string(folder.path().join("Cargo.toml")).unwrap();
        let lines = manifest.lines().map(|line| line.split([' ', '.', '=']).next().unwrap_or_default());
        let other = lines.into_iter().find(|name| *name != own && names.iter().any(|known| known == name));
        assert_eq!(other, None, "{own} depends on another function");
    }
}

/// Whether a package of this workspace can't hold unsafe code: the workspace forbids it, and the package takes its lints.
fn forbids_unsafe(workspace: &str, package: &str) -> bool {
    let section = |manifest: &str, name: &str, line: &str| {
        let lines = manifest.lines().skip_while(|line| line.trim() != format!("[{name}]")).skip(1);
        lines.take_while(|line| !line.starts_with('[')).any(|other| other.trim() == line)
    };
    section(workspace, "workspace.lints.rust", "unsafe_code = \"forbid\"")
        && section(package, "lints", "workspace = true")
}

#[test]
fn no_package_may_hold_unsafe_code() {
    let read = |path: &str| fs::read_to_string(format!("{ROOT}/{path}/Cargo.toml")).unwrap();
    let workspace = read("");
    for package in
        [crates(), ["", "/simulation", "/input", "/tidy", "/weather"].map(|folder| format!("tests{folder}")).to_vec()]
            .concat()
    {
        assert!(forbids_unsafe(&workspace, &read(&package)), "{package} may hold unsafe code");
    }
    let package = read("shared/records");
    assert!(!forbids_unsafe(&workspace.replace("\"forbid\"", "\"warn\""), &package), "finds a weaker lint");
    assert!(
        !forbids_unsafe(&workspace, &package.replace("[lints]\nworkspace = true", "")),
        "finds a package without lints"
    );
}

#[test]
fn files_stay_small_enough_to_read() {
    for (name, text) in sources(&["shared", "functions", "cli", "local/src", "benches/src", "tests"]) {
        let lines = text.lines().count();
        assert!(lines <= 430, "{name} has {lines} lines");
    }
}

#[test]
fn every_function_is_deployed_under_its_own_name() {
    let template = fs::read_to_string(format!("{ROOT}/template.yaml")).unwrap();
    for folder in fs::read_dir(format!("{ROOT}/functions")).unwrap() {
        let name = folder.unwrap().file_name().into_string().unwrap();
        let capitalised = name.split('-').map(|word| word[..1].to_uppercase() + &word[1..]);
        let resource = format!("\n  {}Function:\n", capitalised.collect::<String>());
        let place = template.find(&resource).unwrap_or_else(|| panic!("no {resource}"));
        assert!(template[place..].find(&format!("Binary: {name}\n")).is_some_and(|distance| distance < 400), "{name}");
    }
}

/// What CI's check of advisories says and whether it passes, with a cargo-deny that fetches and checks like this.
fn advisories(name: &str, fetch: &str, check: &str) -> (bool, String) {
    let deny = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("cargo-deny-{name}"));
    let script =
        format!("#!/bin/sh\ncase \"$*\" in *' fetch db') {fetch};; *' check advisories') {check};; *) exit 9;; esac\n");
    fs::write(&deny, script).unwrap();
    fs::set_permissions(&deny, fs::Permissions::from_mode(0o755)).unwrap();
    let run = Command::new(format!("{ROOT}/.ci/advisories")).arg(deny).arg("1").output().unwrap();
    (run.status.success(), String::from_utf8(run.stdout).unwrap())
}

#[test]
fn an_advisory_fails_ci_and_a_database_that_cannot_be_had_is_reported() {
    let ci = fs::read_to_string(format!("{ROOT}/.ci/run")).unwrap();
    assert!(
        ci.lines().any(|line| line.starts_with("step ") && line.contains(".ci/advisories")),
        "CI checks advisories"
    );
    let checked = advisories("good", "echo fetched", "echo advisories ok");
    assert_eq!(checked, (true, "advisories ok\n".to_owned()));
    let (passed, _) = advisories("bad", "echo fetched", "exit 1");
    assert!(!passed, "an advisory was found");
    for (name, fetch, why) in
        [("far", "echo no host >&2; exit 1", "no host"), ("slow", "exec sleep 60", "nothing came in 1 s")]
    {
        let (passed, said) = advisories(name, fetch, "exit 1");
        assert!(passed, "{said}");
        assert_eq!(said, format!("advisories: NOT CHECKED, since their database can't be had: {why}\n"));
    }
}
