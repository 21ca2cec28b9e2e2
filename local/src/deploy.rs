//! Deploys the template: code to a bucket, then a `CloudFormation` change set, as on AWS.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

use aws_sdk_s3::error::DisplayErrorContext;
use aws_sdk_s3::primitives::ByteStream;
use aws_types::SdkConfig;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::json;
use tokio::task::spawn_blocking;

use crate::emulator::ROOT_KEY;
use crate::functions::Package;
use crate::{Error, python, template, workspace};

/// `CloudFormation`'s client comes with the emulator's Python: a Rust one would take minutes to compile.
const DEPLOYER: &str = include_str!("deploy.py");

/// The stack's name.
pub(crate) const STACK: &str = "subscriptions-import";

const CODE_BUCKET: &str = "subscriptions-import-code";
const TEMPLATE: &str = "template.yaml";

/// The stack's outputs by name.
pub(crate) type Outputs = BTreeMap<String, String>;

/// Deploys the template with these functions and parameters, and gives the stack's outputs.
pub(crate) async fn deploy(
    interpreter: &Path,
    config: &SdkConfig,
    packages: Vec<Package>,
    parameters: &[(String, String)],
) -> Result<Outputs, Error> {
    let path = workspace::root()?.join("template.yaml");
    let text = std::fs::read_to_string(&path).map_err(|error| Error::file("read", &path, &error))?;
    let s3 = s3(config);
    let locations = upload_code(&s3, packages).await?;
    let text = template::with_code(&text, |binary| locations.get(binary).cloned())?;
    // Not in the call itself, which takes templates of at most 51,200 bytes.
    put(&s3, TEMPLATE, text.into_bytes()).await?;
    let template_url = format!("{}/{CODE_BUCKET}/{TEMPLATE}", config.endpoint_url().unwrap_or_default());
    let (interpreter, config, parameters) = (interpreter.to_path_buf(), config.clone(), parameters.to_vec());
    let made = spawn_blocking(move || make_stack(&interpreter, &config, &template_url, &parameters)).await;
    made.map_err(|error| failed("the deployment broke off", &error))?
}

fn s3(config: &SdkConfig) -> aws_sdk_s3::Client {
    aws_sdk_s3::Client::from_conf(aws_sdk_s3::config::Builder::from(config).force_path_style(true).build())
}

async fn put(s3: &aws_sdk_s3::Client, key: &str, body: impl Into<ByteStream>) -> Result<(), Error> {
    let put = s3.put_object().bucket(CODE_BUCKET).key(key).body(body.into()).send().await;
    put.map(drop).map_err(|error| failed(&format!("{key} can't be uploaded"), &DisplayErrorContext(&error)))
}

async fn upload_code(s3: &aws_sdk_s3::Client, packages: Vec<Package>) -> Result<BTreeMap<String, String>, Error> {
    let bucket = s3.create_bucket().bucket(CODE_BUCKET).send().await;
    bucket.map_err(|error| failed("a bucket for the functions' code can't be made", &DisplayErrorContext(&error)))?;
    let mut locations = BTreeMap::new();
    for package in packages {
        // By content: CloudFormation takes a function for changed when its code has another address.
        let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, &package.zip);
        let key = format!("{}-{}.zip", package.name, URL_SAFE_NO_PAD.encode(digest));
        put(s3, &key, package.zip).await?;
        locations.insert(package.name, format!("s3://{CODE_BUCKET}/{key}"));
    }
    Ok(locations)
}

/// Makes the stack what the template at `template_url` says, and gives its outputs.
fn make_stack(
    interpreter: &Path,
    config: &SdkConfig,
    template_url: &str,
    parameters: &[(String, String)],
) -> Result<Outputs, Error> {
    let order = json!({
        "stack": STACK,
        "change_set": format!("local-{}", std::process::id()),
        "template_url": template_url,
        "parameters": parameters,
        "client": {
            "endpoint_url": config.endpoint_url(),
            "region_name": config.region().map(AsRef::<str>::as_ref),
            "aws_access_key_id": ROOT_KEY,
            "aws_secret_access_key": ROOT_KEY,
        },
    });
    let cant_run = |error: std::io::Error| failed("Python can't be run", &error);
    let mut program = Command::new(interpreter);
    let program = program.args(["-c", DEPLOYER]).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut program = program.spawn().map_err(cant_run)?;
    if let Some(mut input) = program.stdin.take() {
        input.write_all(order.to_string().as_bytes()).map_err(cant_run)?;
    }
    let output = program.wait_with_output().map_err(cant_run)?;
    if !output.status.success() {
        return Err(failed("the template was not deployed", &python::tail(&String::from_utf8_lossy(&output.stderr))));
    }
    serde_json::from_slice(&output.stdout).map_err(|error| failed("the stack's outputs can't be read", &error))
}

fn failed(problem: &str, reason: &dyn std::fmt::Display) -> Error {
    Error::new(
        format!("{problem}: {reason}"),
        "mend template.yaml (`sam validate --lint` may tell more), then run this again",
    )
}
