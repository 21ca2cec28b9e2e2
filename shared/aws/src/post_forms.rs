//! Forms for uploads: presigned POSTs, which the SDK does not make.

use aws_credential_types::provider::ProvideCredentials;
use aws_sdk_s3::config::endpoint::{DefaultResolver, Params, ResolveEndpoint};
use aws_sigv4::sign::v4::{calculate_signature, generate_signing_key};
use aws_types::SdkConfig;
use base64::{Engine, engine::general_purpose::STANDARD};
use chrono::{DateTime, SecondsFormat, Utc};
use serde_json::{Value, json};

use imports::ports::{PortError, PortResult, UploadForm, UploadForms, UploadTerms};

/// [`UploadForms`] for an S3 bucket. A form is good no longer than the credentials that signed it.
#[derive(Clone, Debug)]
pub struct PostForms {
    sdk: SdkConfig,
    bucket: String,
}

impl PostForms {
    /// Signs with the credentials of `sdk`, for the bucket of that name.
    #[must_use]
    pub const fn new(sdk: SdkConfig, bucket: String) -> Self {
        Self { sdk, bucket }
    }

    /// The bucket's address, by the rules of the SDK.
    async fn url(&self, region: &str) -> PortResult<String> {
        let endpoint = self.sdk.endpoint_url().map(str::to_owned);
        let params = Params::builder().bucket(&self.bucket).region(region).force_path_style(endpoint.is_some());
        let params = params.set_endpoint(endpoint).build().map_err(|error| unable(&error))?;
        let endpoint = DefaultResolver::new().resolve_endpoint(&params).await;
        Ok(endpoint.map_err(|error| unable(error.as_ref()))?.url().to_owned())
    }
}

impl UploadForms for PostForms {
    async fn form(&self, terms: &UploadTerms, now: DateTime<Utc>) -> PortResult<UploadForm> {
        let (Some(provider), Some(region)) = (self.sdk.credentials_provider(), self.sdk.region()) else {
            return Err(PortError::Permanent("no credentials or no region to sign with".to_owned()));
        };
        let credentials = provider.provide_credentials().await.map_err(|error| unable(&error))?;
        let region = region.as_ref();
        let scope = format!("{}/{region}/s3/aws4_request", now.format("%Y%m%d"));
        let mut fields = vec![
            ("key", terms.key.clone()),
            // Any may be put in its place: see the policy.
            ("Content-Type", "application/octet-stream".to_owned()),
            ("success_action_status", "201".to_owned()),
            ("x-amz-algorithm", "AWS4-HMAC-SHA256".to_owned()),
            ("x-amz-credential", format!("{}/{scope}", credentials.access_key_id())),
            ("x-amz-date", now.format("%Y%m%dT%H%M%SZ").to_string()),
        ];
        fields.extend(credentials.session_token().map(|token| ("x-amz-security-token", token.to_owned())));
        let policy = STANDARD.encode(policy(&self.bucket, terms, &fields).to_string());
        let key = generate_signing_key(credentials.secret_access_key(), now.into(), region, "s3");
        let signature = calculate_signature(key, policy.as_bytes());
        fields.extend([("policy", policy), ("x-amz-signature", signature)]);
        Ok(UploadForm { url: self.url(region).await?, fields })
    }
}

/// What S3 is to hold a form to: every field as it is here but for the content type, and no field more.
fn policy(bucket: &str, terms: &UploadTerms, fields: &[(&'static str, String)]) -> Value {
    let condition = |(name, value): &(&str, String)| match *name {
        "Content-Type" => json!(["starts-with", "$Content-Type", ""]),
        name => json!(["eq", format!("${name}"), value]),
    };
    let mut conditions: Vec<Value> = fields.iter().map(condition).collect();
    conditions.push(json!(["eq", "$bucket", bucket]));
    conditions.push(json!(["content-length-range", 1, terms.max_bytes]));
    json!({
        "expiration": terms.expires_at.to_rfc3339_opts(SecondsFormat::Millis, true),
        "conditions": conditions,
    })
}

fn unable(error: &dyn std::error::Error) -> PortError {
    PortError::Permanent(format!("can't make a form: {error}"))
}

#[cfg(test)]
mod tests {
    use aws_credential_types::{Credentials, provider::SharedCredentialsProvider};
    use aws_types::region::Region;
    use chrono::TimeDelta;

    use super::*;

    async fn form(region: &str, endpoint: Option<&str>, token: Option<&str>) -> UploadForm {
        let credentials = Credentials::new("AKIDEXAMPLE", "secret", token.map(str::to_owned), None, "test");
        let mut sdk = SdkConfig::builder()
            .credentials_provider(SharedCredentialsProvider::new(credentials))
            .region(Region::new(region.to_owned()));
        sdk.set_endpoint_url(endpoint.map(str::to_owned));
        let now = DateTime::from_timestamp(1_780_056_000, 123_456_789).unwrap();
        let terms = UploadTerms {
            key: "uploads/main/7".to_owned(),
            max_bytes: 268_435_456,
            expires_at: now + TimeDelta::hours(1),
        };
        PostForms::new(sdk.build(), "imports".to_owned()).form(&terms, now).await.unwrap()
    }

    #[tokio::test]
    async fn a_form_goes_to_the_buckets_own_address() {
        assert_eq!(form("eu-west-1", None, None).await.url, "https://imports.s3.eu-west-1.amazonaws.com");
        assert_eq!(form("cn-north-1", None, None).await.url, "https://imports.s3.cn-north-1.amazonaws.com.cn");
        let local = form("us-east-1", Some("http://127.0.0.1:4566"), None).await;
        assert_eq!(local.url, "http://127.0.0.1:4566/imports");
    }

    #[tokio::test]
    async fn a_policy_fixes_every_field_but_the_content_type() {
        let UploadForm { fields, .. } = form("eu-west-1", None, Some("the-token")).await;
        let names: Vec<_> = fields.iter().map(|(name, _)| *name).collect();
        insta::assert_snapshot!(
            names.join(" "),
            @"key Content-Type success_action_status x-amz-algorithm x-amz-credential x-amz-date x-amz-security-token policy x-amz-signature"
        );
        let policy = fields.iter().find(|(name, _)| *name == "policy").map(|(_, policy)| policy).unwrap();
        let policy = String::from_utf8(STANDARD.decode(policy).unwrap()).unwrap();
        insta::assert_snapshot!(policy, @r#"{"conditions":[["eq","$key","uploads/main/7"],["starts-with","$Content-Type",""],["eq","$success_action_status","201"],["eq","$x-amz-algorithm","AWS4-HMAC-SHA256"],["eq","$x-amz-credential","AKIDEXAMPLE/20260529/eu-west-1/s3/aws4_request"],["eq","$x-amz-date","20260529T120000Z"],["eq","$x-amz-security-token","the-token"],["eq","$bucket","imports"],["content-length-range",1,268435456]],"expiration":"2026-05-29T13:00:00.123Z"}"#);
    }

    #[tokio::test]
    async fn without_a_session_there_is_no_token_to_send() {
        let UploadForm { fields, .. } = form("eu-west-1", None, None).await;
        assert!(fields.iter().all(|(name, _)| *name != "x-amz-security-token"));
    }
}
