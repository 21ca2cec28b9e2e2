//! Where the service and the token come from.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use serde_json::json;

use crate::home::{Home, Ran};
use crate::server::{Server, answer};
use crate::{GOOD, job, service};

fn mode(path: &std::path::Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

#[tokio::test(flavor = "multi_thread")]
async fn a_profile_is_set_shown_and_used_and_the_environment_wins() {
    let server = Server::start(service(vec![job("success", 2, &json!({}))])).await;
    let home = Home::new("profile", "");
    let ran = |words: &str| Ran::of(home.command(words).env_remove("IMPORTS_API").env_remove("IMPORTS_TOKEN"));
    let none = ran("list");
    assert!(none.code == 2 && none.err.contains("imports config set --help"), "{none:?}");

    fs::write(home.path("token"), "of-the-file\n").unwrap();
    let set = ran(&format!("config set --api {} --token-file token", server.url));
    assert_eq!(set.code, 0, "{set:?}");
    let file = home.path(".config/imports/config.toml");
    assert_eq!((mode(&file), mode(file.parent().unwrap())), (0o600, 0o700));
    let shown = ran("config");
    assert!(shown.out.contains("token_file") && !shown.out.contains("of-the-file"), "{shown:?}");
    assert_eq!(ran("list").code, 0);
    let other = ran(&format!("config set --profile other --api {} --token-command", server.url)).code;
    assert_eq!(other, 2, "a command is to be named");
    let set = home
        .command("config set --profile other --api")
        .args([&server.url, "--token-command", "echo of-the-command"])
        .status()
        .unwrap();
    assert!(set.success());
    assert_eq!(ran("list --profile other").code, 0);
    assert_eq!(
        Ran::of(
            home.command("list")
                .env("IMPORTS_API", &server.url)
                .env("IMPORTS_TOKEN", "of-the-environment")
                .env("IMPORTS_PROFILE", "other")
        )
        .code,
        0
    );
    let tokens: Vec<_> = server.seen().iter().map(|seen| seen.header("authorization")).collect();
    assert_eq!(tokens, ["Bearer of-the-file", "Bearer of-the-command", "Bearer of-the-environment"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_that_runs_out_midway_is_renewed() {
    let behind =
        service(vec![job("started", 1, &json!({})), job("started", 1, &json!({})), job("success", 2, &json!({}))]);
    let server = Server::start(move |seen, count| match seen.header("authorization").as_str() {
        "Bearer first" if count < 2 => behind(seen, count),
        "Bearer second" => behind(seen, count),
        _ => answer(401),
    })
    .await;
    let home = Home::new("renewed", &server.url);
    fs::write(home.path("good.jsonl"), GOOD).unwrap();
    fs::write(home.path("token"), "first").unwrap();
    let command = "cat token; printf second > token";
    assert!(
        home.command("config set --token-command").args([command, "--api", &server.url]).status().unwrap().success()
    );
    let ran = Ran::of(home.command("run good.jsonl").env_remove("IMPORTS_API").env_remove("IMPORTS_TOKEN"));
    assert_eq!(ran.code, 0, "{ran:?}");
    // One that can't be renewed ends the wait, and the job is still named.
    let ran = Ran::of(home.command("run good.jsonl").env("IMPORTS_TOKEN", "stale"));
    assert_eq!(ran.code, 4, "{ran:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn folders_that_can_t_be_written_are_told_and_harm_nothing_else() {
    let server = Server::start(service(vec![job("success", 2, &json!({}))])).await;
    let home = Home::new("read-only", &server.url);
    fs::write(home.path("good.jsonl"), GOOD).unwrap();
    // A file where the folders would be: it keeps out even root.
    fs::write(home.path(".config"), "").unwrap();
    fs::write(home.path(".local"), "").unwrap();
    let set = home.run("config set --api http://localhost --token-file token");
    assert!(set.code == 3 && set.err.contains("config.toml can't be written"), "{set:?}");
    let ran = home.run("run good.jsonl");
    assert!(ran.code == 0 && ran.err.contains("can't be remembered as the newest"), "{ran:?}");
}

#[test]
fn a_file_of_profiles_that_can_t_be_read_names_the_line_and_shows_no_text_of_it() {
    let home = Home::new("unread", "");
    fs::create_dir_all(home.path(".config/imports")).unwrap();
    for (text, named) in [
        ("[profile.default]\ntoken = \"s3cret\"\n", "line 2: unknown field `token`"),
        ("[profile.default]\napi = \"a\"\ntoken_file = [\"s3cret\"]\n", "line 3"),
        ("[profile.default]\napi = \"a\" s3cret\n", "line 2"),
        ("[profile.default]\napi = \"a\"\nsigv4 = \"s3cret\"\n", "line 3"),
    ] {
        fs::write(home.path(".config/imports/config.toml"), text).unwrap();
        let ran = Ran::of(home.command("list").env_remove("IMPORTS_TOKEN").env_remove("IMPORTS_API"));
        assert!(ran.code == 2 && ran.err.contains(named) && !ran.err.contains("s3cret"), "{ran:?}");
    }
    fs::write(home.path(".config/imports/config.toml"), "[profile.default]\napi = \"https://a\"\n").unwrap();
    let ran = Ran::of(home.command("list").env_remove("IMPORTS_TOKEN").env_remove("IMPORTS_API"));
    assert!(ran.code == 2 && ran.err.contains("needs one of token_file"), "{ran:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_credentials_of_a_profile_go_to_no_other_service() {
    let states = || service(vec![job("success", 2, &json!({}))]);
    let (own, other) = (Server::start(states()).await, Server::start(states()).await);
    let home = Home::new("origin", "");
    fs::write(home.path("token"), "of-the-file\n").unwrap();
    let set = format!("config set --api {} --token-file token", own.url);
    assert_eq!(home.run(&set).code, 0);
    let list = |api: &str| Ran::of(home.command("list").env("IMPORTS_API", api).env_remove("IMPORTS_TOKEN"));
    let ran = list(&other.url);
    assert!(ran.code == 4 && ran.err.contains("set IMPORTS_TOKEN"), "{ran:?}");
    assert!(other.seen().is_empty(), "nothing is sent there: {:?}", other.seen());
    assert_eq!(list(&format!("{}/", own.url)).code, 0, "it is the same service");
    assert_eq!(Ran::of(home.command("list").env("IMPORTS_API", &other.url)).code, 0, "a token of its own");
}

#[test]
fn what_can_t_be_an_address_is_refused_and_not_written() {
    let home = Home::new("nonsense", "");
    for words in [
        "--api nonsense --token-file token",
        "--api http://api.example.com --token-file token",
        "--api https://api.example.com?x=1 --token-file token",
        "--api https://api.example.com --token-url issuer --client-id a --client-secret-file secret",
        "--api https://api.example.com --token-url http://issuer.example.com --client-id a --client-secret-file secret",
    ] {
        let ran = home.run(&format!("config set {words}"));
        assert!(ran.code == 2 && ran.err.contains("is no address of a service"), "{words}: {ran:?}");
        assert!(!home.path(".config").exists(), "{words}");
    }
    let ran = home.run("config set --api api.example.com --token-file token");
    assert!(ran.err.contains("no address of a service: it begins with https://"), "{ran:?}");
}

#[test]
fn a_host_that_is_not_there_is_given_up_soon_and_what_was_tried_is_told() {
    let home = Home::new("nowhere", "");
    for api in ["http://127.0.0.1:1", "https://no.such.host.invalid"] {
        let began = std::time::Instant::now();
        let ran = Ran::of(home.command("list").env("IMPORTS_API", api));
        assert!(ran.code == 3 && ran.err.contains("; tried ") && ran.err.contains("imports config show"), "{ran:?}");
        assert!(ran.err.matches("trying again").count() >= 2, "{ran:?}");
        assert!(began.elapsed() < std::time::Duration::from_secs(9), "{api}: {:?}", began.elapsed());
    }
}
