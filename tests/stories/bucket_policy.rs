//! A partner of another account: its own folder is open to it, and nothing else; what the service could not read is refused as
//! it is put.

use aws_credential_types::Credentials;
use aws_sdk_s3::{
    Client,
    config::SharedCredentialsProvider,
    error::ProvideErrorMetadata,
    operation::put_object::builders::PutObjectFluentBuilder,
    types::{ServerSideEncryption, StorageClass},
};

use crate::world::{PATIENCE, World};

const ACCOUNT: &str = "111111111111";
const FILE: &str = "{\"type\":\"subscription_product\",\"name\":\"Tea\"}";

/// Makes a user in the other account who is allowed everything there; answers a client that acts for it.
async fn partner(world: &World) -> Client {
    let iam = async |action: &str, more: &[(&str, &str)]| {
        let mut form = form_urlencoded::Serializer::new(String::new());
        form.extend_pairs([("Action", action), ("Version", "2010-05-08"), ("UserName", "partner")]).extend_pairs(more);
        // The root of an account, whose key is its number, is taken without a signature.
        let root = format!("Credential={ACCOUNT}/20260101/us-east-1/iam/aws4_request, SignedHeaders=host, Signature=0");
        let call = world.stack.http_client().unwrap().post(world.stack.endpoint_url());
        let call = call.header("authorization", format!("AWS4-HMAC-SHA256 {root}"));
        let call = call.header("content-type", "application/x-www-form-urlencoded").body(form.finish());
        call.send().await.unwrap().error_for_status().unwrap().text().await.unwrap()
    };
    iam("CreateUser", &[]).await;
    let all = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:*","Resource":"*"}]}"#;
    iam("PutUserPolicy", &[("PolicyName", "all"), ("PolicyDocument", all)]).await;
    let key = iam("CreateAccessKey", &[]).await;
    let [id, secret] = ["AccessKeyId", "SecretAccessKey"].map(|name| {
        let after = key.split_once(&format!("<{name}>")).unwrap().1;
        after.split('<').next().unwrap().to_owned()
    });
    let config = aws_sdk_s3::config::Builder::from(&world.stack.sdk_config()).force_path_style(true);
    let credentials = SharedCredentialsProvider::new(Credentials::new(id, secret, None, None, "partner"));
    Client::from_conf(config.credentials_provider(credentials).build())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_partner_of_another_account_reaches_its_own_folder_alone_and_drops_what_can_be_read() {
    let world = World::with_parameters(&[("PartnerPrincipals", ACCOUNT)]).await;
    let (partner, bucket) = (partner(&world).await, world.stack.bucket());
    let own = format!("drops/account-{ACCOUNT}/tea.jsonl");
    let put = |key: &str| partner.put_object().bucket(bucket).key(key).body(FILE.as_bytes().to_vec().into());
    let is_refused = async |what: &str, put: PutObjectFluentBuilder| {
        let error = put.send().await.map(|_| ()).map_err(|error| error.code().unwrap_or_default().to_owned());
        assert_eq!(error, Err("AccessDenied".to_owned()), "{what}");
    };
    for class in [StorageClass::Glacier, StorageClass::DeepArchive] {
        is_refused(class.as_str(), put(&own).storage_class(class.clone())).await;
    }
    let key_md5 = "MjsYX1JEKyoiiS+XbEPB3g==";
    let customers = put(&own).sse_customer_algorithm("AES256").sse_customer_key_md5(key_md5);
    is_refused("a key of its own", customers.sse_customer_key("MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=")).await;
    let foreign = put(&own).server_side_encryption(ServerSideEncryption::AwsKms);
    is_refused("a foreign key", foreign.ssekms_key_id("arn:aws:kms:eu-west-1:2:key/theirs")).await;
    for key in ["drops/account-222222222222/tea.jsonl", "drops/main/tea.jsonl", "imports/main/tea.jsonl"] {
        is_refused(key, put(key)).await;
    }

    put(&own).storage_class(StorageClass::IntelligentTiering).send().await.unwrap();
    let get = async |key: &str| {
        let answer = partner.get_object().bucket(bucket).key(key).send().await;
        answer.map(|_| ()).map_err(|error| error.code().unwrap_or_default().to_owned())
    };
    let receipt = format!("receipts/account-{ACCOUNT}/tea.jsonl.json");
    world.wait("receipt", PATIENCE, async || get(&receipt).await.ok()).await;
    let list = async |prefix: &str| partner.list_objects_v2().bucket(bucket).prefix(prefix).send().await.is_ok();
    assert!(list(&format!("receipts/account-{ACCOUNT}/")).await);
    world.put("receipts/account-222222222222/tea.jsonl.json", FILE, &[]).await;
    for key in ["receipts/account-222222222222/tea.jsonl.json", &own] {
        assert_eq!(get(key).await, Err("AccessDenied".to_owned()), "{key}");
    }
    assert!(!list("receipts/account-222222222222/").await && !list("").await);
}
