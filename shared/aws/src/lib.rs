//! The ports on AWS: two DynamoDB tables, an S3 bucket, an SQS queue, an EventBridge bus.

pub mod config;
mod error;
mod event_bus;
mod file_bucket;
pub mod gateway;
mod import_item;
mod import_queue;
mod import_table;
pub mod logs;
mod metadata;
mod post_forms;
mod record_table;

pub use event_bus::EventBus;
pub use file_bucket::FileBucket;
pub use import_queue::SqsQueue;
pub use import_table::ImportTable;
pub use post_forms::PostForms;
pub use record_table::RecordTable;

use std::env;

use aws_credential_types::{Credentials, provider::SharedCredentialsProvider};
use aws_sdk_dynamodb::config::{BehaviorVersion, Region, StalledStreamProtectionConfig};
use aws_smithy_http_client::{
    Builder,
    tls::{Provider, rustls_provider::CryptoMode},
};
use aws_smithy_types::{retry::RetryConfig, timeout::TimeoutConfig};
use aws_types::SdkConfig;
use chrono::TimeDelta;

use config::ConfigError;
use imports::{
    events::Sender,
    times::{self, duration},
};

/// What all clients of a function share: one HTTP client and TLS configuration, credentials and region from the
/// environment. Nothing is looked up over the network, so a cold start pays only for what the call needs.
#[derive(Clone, Debug)]
pub struct Aws {
    sdk: SdkConfig,
}

impl Aws {
    /// Reads the environment that Lambda sets.
    #[must_use]
    pub fn from_environment() -> Self {
        let variable = |name| env::var(name).ok().filter(|value| !value.is_empty());
        let credentials = Credentials::new(
            variable("AWS_ACCESS_KEY_ID").unwrap_or_default(),
            variable("AWS_SECRET_ACCESS_KEY").unwrap_or_default(),
            variable("AWS_SESSION_TOKEN"),
            None,
            "environment",
        );
        let region = variable("AWS_REGION").or_else(|| variable("AWS_DEFAULT_REGION"));
        Self::new(credentials, region.unwrap_or_else(|| "us-east-1".to_owned()), variable("AWS_ENDPOINT_URL"))
    }

    /// Connects with the given credentials, to another endpoint than AWS's when one is given.
    #[must_use]
    pub fn new(credentials: Credentials, region: String, endpoint: Option<String>) -> Self {
        let http = Builder::new()
            .tls_provider(Provider::Rustls(CryptoMode::AwsLc))
            // Reusing a connection that S3 has closed would hang the call.
            .pool_idle_timeout(duration(times::POOL_IDLE))
            .build_https();
        let mut sdk = SdkConfig::builder()
            .behavior_version(BehaviorVersion::latest())
            .credentials_provider(SharedCredentialsProvider::new(credentials))
            .region(Region::new(region))
            .http_client(http)
            .retry_config(RetryConfig::standard().with_max_attempts(4))
            .timeout_config(time_outs(times::ATTEMPT, times::OPERATION))
            .stalled_stream_protection(StalledStreamProtectionConfig::enabled().build());
        sdk.set_endpoint_url(endpoint);
        Self { sdk: sdk.build() }
    }

    /// The import jobs, in the table that the environment names.
    ///
    /// # Errors
    /// When the environment lacks the name.
    pub fn import_table(&self) -> Result<ImportTable, ConfigError> {
        Ok(ImportTable::new(aws_sdk_dynamodb::Client::new(&self.sdk), config::imports_table()?))
    }

    /// The imported objects, in the table that the environment names.
    ///
    /// # Errors
    /// When the environment lacks the name.
    pub fn record_table(&self) -> Result<RecordTable, ConfigError> {
        let config = aws_sdk_dynamodb::config::Builder::from(&self.sdk).timeout_config(heavy_time_outs()).build();
        Ok(RecordTable::new(aws_sdk_dynamodb::Client::from_conf(config), config::objects_table()?))
    }

    /// The files, in the bucket that the environment names.
    ///
    /// # Errors
    /// When the environment lacks the name.
    pub fn file_bucket(&self) -> Result<FileBucket, ConfigError> {
        Ok(FileBucket::new(self.s3(), config::bucket()?).with_key(config::kms_key()))
    }

    /// Forms for uploads into the bucket that the environment names, signed with these credentials.
    ///
    /// # Errors
    /// When the environment lacks the name.
    pub fn upload_forms(&self) -> Result<PostForms, ConfigError> {
        Ok(PostForms::new(self.sdk.clone(), config::bucket()?))
    }

    /// The queue that the environment names.
    ///
    /// # Errors
    /// When the environment lacks the address.
    pub fn import_queue(&self) -> Result<SqsQueue, ConfigError> {
        Ok(SqsQueue::new(aws_sdk_sqs::Client::new(&self.sdk), config::queue_url()?))
    }

    /// Events to the bus that the environment names; it may name none.
    ///
    /// # Errors
    /// When the environment does not say who sends them.
    pub fn event_bus(&self) -> Result<EventBus, ConfigError> {
        let bus = config::event_bus().map(|bus| (aws_sdk_eventbridge::Client::new(&self.sdk), bus));
        Ok(EventBus::new(bus, Sender { stack: config::stack()?, origin: config::api_url()? }))
    }

    /// A client of S3. Elsewhere than on AWS a bucket is part of the path: no wildcard DNS is needed.
    #[must_use]
    pub fn s3(&self) -> aws_sdk_s3::Client {
        let elsewhere = self.sdk.endpoint_url().is_some();
        let config = aws_sdk_s3::config::Builder::from(&self.sdk).timeout_config(heavy_time_outs());
        aws_sdk_s3::Client::from_conf(config.force_path_style(elsewhere).build())
    }
}

fn time_outs(attempt: TimeDelta, operation: TimeDelta) -> TimeoutConfig {
    TimeoutConfig::builder()
        .connect_timeout(duration(times::CONNECT))
        .operation_attempt_timeout(duration(attempt))
        .operation_timeout(duration(operation))
        .build()
}

/// Of calls that carry much: files, and objects by the batch.
fn heavy_time_outs() -> TimeoutConfig {
    time_outs(times::HEAVY_ATTEMPT, times::HEAVY_OPERATION)
}
