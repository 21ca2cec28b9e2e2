//! Deploys the template: code to a bucket, then a `CloudFormation` change set, as on AWS.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use aws_sdk_cloudformation::Client;
use aws_sdk_cloudformation::error::DisplayErrorContext;
use aws_sdk_cloudformation::types::{Capability, ChangeSetStatus, ChangeSetType, Parameter, Stack, StackStatus};
use aws_sdk_s3::primitives::ByteStream;
use aws_types::SdkConfig;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::functions::Package;
use crate::{Error, template, workspace};

/// The stack's name.
pub(crate) const STACK: &str = "subscriptions-import";

const CODE_BUCKET: &str = "subscriptions-import-code";
const TEMPLATE: &str = "template.yaml";
const LIMIT: Duration = Duration::from_mins(3);

/// The stack's outputs by name.
pub(crate) type Outputs = BTreeMap<String, String>;

/// Deploys the template with these functions and parameters, and gives the stack's outputs.
pub(crate) async fn deploy(
    config: &SdkConfig,
    packages: Vec<Package>,
    parameters: &[(String, String)],
) -> Result<Outputs, Error> {
    let path = workspace::root().join("template.yaml");
    let text = std::fs::read_to_string(&path).map_err(|error| Error::file("read", &path, &error))?;
    let s3 = s3(config);
    let locations = upload_code(&s3, packages).await?;
    let text = template::with_code(&text, |binary| locations.get(binary).cloned())?;
    // Not in the call itself, which takes templates of at most 51,200 bytes.
    put(&s3, TEMPLATE, text.into_bytes()).await?;
    let endpoint = config.endpoint_url().unwrap_or_default();
    let cloudformation = Client::new(config);
    let address = format!("{endpoint}/{CODE_BUCKET}/{TEMPLATE}");
    if let Some(change_set) = create_change_set(&cloudformation, &address, parameters).await? {
        cloudformation
            .execute_change_set()
            .change_set_name(change_set)
            .send()
            .await
            .map_err(|error| failed("the change set can't be executed", &DisplayErrorContext(&error)))?;
    }
    wait_for_stack(&cloudformation).await
}

fn s3(config: &SdkConfig) -> aws_sdk_s3::Client {
    aws_sdk_s3::Client::from_conf(aws_sdk_s3::config::Builder::from(config).force_path_style(true).build())
}

async fn put(s3: &aws_sdk_s3::Client, key: &str, body: Vec<u8>) -> Result<(), Error> {
    let put = s3.put_object().bucket(CODE_BUCKET).key(key).body(ByteStream::from(body)).send().await;
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

/// Makes a change set and waits for it. None when the stack is already as the template says.
async fn create_change_set(
    cloudformation: &Client,
    address: &str,
    parameters: &[(String, String)],
) -> Result<Option<String>, Error> {
    let exists = cloudformation.describe_stacks().stack_name(STACK).send().await.is_ok();
    let kind = if exists { ChangeSetType::Update } else { ChangeSetType::Create };
    let parameters = parameters
        .iter()
        .map(|(name, value)| Parameter::builder().parameter_key(name).parameter_value(value).build())
        .collect();
    let created = cloudformation
        .create_change_set()
        .stack_name(STACK)
        .change_set_name(format!("local-{}", std::process::id()))
        .change_set_type(kind)
        .template_url(address)
        .set_parameters(Some(parameters))
        .capabilities(Capability::CapabilityIam)
        .capabilities(Capability::CapabilityAutoExpand)
        .send()
        .await
        .map_err(|error| failed("the template is refused", &DisplayErrorContext(&error)))?;
    let id = created.id().unwrap_or_default().to_owned();
    let begun = Instant::now();
    while begun.elapsed() < LIMIT {
        let change_set = cloudformation
            .describe_change_set()
            .change_set_name(&id)
            .send()
            .await
            .map_err(|error| failed("the change set can't be read", &DisplayErrorContext(&error)))?;
        let reason = change_set.status_reason().unwrap_or("no reason given");
        match change_set.status() {
            Some(ChangeSetStatus::CreateComplete) => return Ok(Some(id)),
            Some(ChangeSetStatus::Failed) if unchanged(reason) => return Ok(None),
            Some(ChangeSetStatus::Failed) => return Err(failed("the template is refused", &reason)),
            _ => tokio::time::sleep(Duration::from_millis(100)).await,
        }
    }
    Err(failed("the change set is not ready", &"it took too long"))
}

fn unchanged(reason: &str) -> bool {
    reason.contains("didn't contain changes") || reason.contains("No updates are to be performed")
}

async fn wait_for_stack(cloudformation: &Client) -> Result<Outputs, Error> {
    let begun = Instant::now();
    while begun.elapsed() < LIMIT {
        let described = cloudformation
            .describe_stacks()
            .stack_name(STACK)
            .send()
            .await
            .map_err(|error| failed("the stack can't be read", &DisplayErrorContext(&error)))?;
        let stack = described.stacks().first();
        match stack.and_then(|stack| stack.stack_status()) {
            Some(StackStatus::CreateComplete | StackStatus::UpdateComplete) => {
                let outputs = stack.map(Stack::outputs).unwrap_or_default().iter();
                return Ok(outputs
                    .filter_map(|output| Some((output.output_key()?.to_owned(), output.output_value()?.to_owned())))
                    .collect());
            }
            Some(status) if !status.as_str().ends_with("IN_PROGRESS") => {
                return Err(failed(&format!("the stack ended as {status}"), &first_failure(cloudformation).await));
            }
            _ => tokio::time::sleep(Duration::from_millis(100)).await,
        }
    }
    Err(failed("the stack is not ready", &"it took too long"))
}

/// Tells which resource failed first and why: what fails after it is only its consequence.
async fn first_failure(cloudformation: &Client) -> String {
    let Ok(events) = cloudformation.describe_stack_events().stack_name(STACK).send().await else {
        return "its events can't be read".to_owned();
    };
    let failure = events.stack_events().iter().rev().find(|event| {
        event.resource_status().is_some_and(|status| status.as_str().ends_with("FAILED"))
            && event.logical_resource_id() != Some(STACK)
    });
    failure.map_or_else(
        || "no resource says why".to_owned(),
        |event| {
            format!(
                "{} ({}): {}",
                event.logical_resource_id().unwrap_or("?"),
                event.resource_type().unwrap_or("?"),
                event.resource_status_reason().unwrap_or("no reason given")
            )
        },
    )
}

fn failed(problem: &str, reason: &dyn std::fmt::Display) -> Error {
    Error::new(
        format!("{problem}: {reason}"),
        "mend template.yaml (`sam validate --lint` may tell more), then run this again",
    )
}
