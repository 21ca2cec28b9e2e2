//! The page for people who import, in a browser, as they use it. What it promises is in `tests/page/`, a check each.

use std::{
    fs,
    io::{ErrorKind, Write, stderr},
    path::Path,
    process::Command,
};

use local::issuer::{READ, TokenRequest};
use reqwest::Method;

use crate::{
    generated_client::Node,
    root,
    world::{IMPORTS, ROOT, World, succeed},
};

/// The checks and what they need of npm, in a folder of their own.
fn checks() -> Node {
    let folder = Path::new(ROOT).join("target/local/page");
    fs::create_dir_all(&folder).unwrap();
    for entry in fs::read_dir(format!("{ROOT}/tests/page")).unwrap() {
        let entry = entry.unwrap();
        fs::copy(entry.path(), folder.join(entry.file_name())).unwrap();
    }
    Node::with_packages(&folder)
}

/// Whether there is a browser. Where there has to be one, there is.
fn has_browser() -> bool {
    match Command::new("chromium").arg("--version").output() {
        Err(error) if error.kind() == ErrorKind::NotFound => {
            let is_required = std::env::var_os("REQUIRE_BROWSER").is_some();
            assert!(!is_required, "there is no chromium; Debian's package is chromium");
            false
        }
        _ => true,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_sends_watches_and_mends_or_is_skipped_where_there_is_no_browser() {
    let node = checks();
    let typed = fs::canonicalize(format!("{ROOT}/page/tsconfig.json")).unwrap();
    succeed(node.run("node_modules/typescript/bin/tsc").arg("--project").arg(typed));
    if !has_browser() {
        let said = "SKIPPED: nobody tried the page for people who import, for want of the Debian package chromium";
        return writeln!(stderr(), "\n{said}\n").unwrap();
    }
    let world = World::own().await;
    let files = fs::canonicalize(env!("CARGO_TARGET_TMPDIR")).unwrap();
    let (bad, huge) = (files.join("bad.jsonl"), files.join("huge.jsonl"));
    samples::generate(300, 1, 100, &mut fs::File::create(&bad).unwrap()).unwrap();
    // All holes: nothing of it is read.
    fs::File::create(&huge).unwrap().set_len((256 << 20) + 1).unwrap();
    // Pictures stay, to be looked at.
    fs::create_dir_all(format!("{ROOT}/target/page")).unwrap();
    let reader = TokenRequest { store: Some(world.store.clone()), scope: READ.to_owned(), ..TokenRequest::default() };
    // A store for each check.
    let token = |number: u32| world.stack.token(&format!("{}-{number}", world.store), 3600).unwrap();
    let tokens: Vec<_> = (0..40).map(token).collect();
    let checked = node
        .run("checks.mjs")
        .env("PAGE_URL", world.stack.import_page())
        .env("API_URL", world.stack.endpoint_url())
        .env("TOKENS", tokens.join(" "))
        .env("READER", world.stack.issuer().token(&reader).unwrap())
        .env("OVER", world.stack.token(&world.store, -60).unwrap())
        .env("AXE", "node_modules/axe-core/axe.min.js")
        .env("SHOTS", fs::canonicalize(format!("{ROOT}/target/page")).unwrap())
        .env("SAMPLE", fs::canonicalize(format!("{ROOT}/events/sample.jsonl")).unwrap())
        .env("BAD", bad)
        .env("HUGE", huge)
        .status()
        .unwrap();
    assert!(checked.success(), "a check failed; the pictures are in target/page");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_page_is_open_and_nothing_else_is() {
    let world = World::shared().await;
    let get = async |path: &str| world.anonymous(Method::GET, path).send().await.unwrap();
    let page = get("/imports-ui").await;
    assert_eq!(page.status(), 200);
    let policy = page.headers()["content-security-policy"].to_str().unwrap().to_owned();
    for reached in [world.stack.issuer().url().to_owned(), world.stack.endpoint_url()] {
        assert!(policy.contains(&format!(" {reached}")), "{policy}");
    }
    assert_eq!(page.headers().get("set-cookie"), None);
    let file = get("/imports-ui/index.html").await;
    assert_eq!((file.status().as_u16(), &file.headers()["location"]), (307, &"../imports-ui".parse().unwrap()));
    for other in ["/imports-ui-other", "/", "/v2/subscriptions/imports"] {
        assert_eq!(get(other).await.status(), 401, "{other}");
    }
    assert_eq!(get("/imports-ui/Cargo.toml").await.status(), 404);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stack_whose_page_is_off_has_neither_its_address_nor_its_function() {
    let world = World::with_parameters(&[("Page", "off")]).await;
    for path in ["/imports-ui", "/imports-ui/", "/imports-ui/main.js", "/imports-ui/settings.json"] {
        // Like any path that there is not: nobody is let in, and who is finds nothing.
        assert_eq!(world.anonymous(Method::GET, path).send().await.unwrap().status(), 401, "{path}");
        assert_eq!(world.request(Method::GET, path).send().await.unwrap().status(), 404, "{path}");
    }
    let folders: Vec<_> = root::functions(&world.stack).await.into_iter().map(|function| function.folder).collect();
    assert!(!folders.contains(&"serve-page".to_owned()) && folders.contains(&"get-import".to_owned()), "{folders:?}");
    // All else is there.
    let answer = world.get(IMPORTS).await.expect(200);
    assert_eq!(answer["data"], serde_json::json!([]));
}
