//! What the service could not read is refused as it is put, by the bucket's policy: whoever puts it may put everything else.

use aws_credential_types::Credentials;
use aws_sdk_s3::{
    Client,
    config::SharedCredentialsProvider,
    error::ProvideErrorMetadata,
    operation::put_object::builders::PutObjectFluentBuilder,
    types::{ServerSideEncryption, StorageClass},
};

use crate::{
    root,
    world::{PATIENCE, World},
};

const FILE: &str = "{\"type\":\"subscription_product\",\"name\":\"Tea\"}";

/// Makes a user who may do everything with S3; answers a client that acts for it.
async fn user(world: &World) -> Client {
    let name = ("UserName", &*world.store);
    root::iam(&world.stack, &[("Action", "CreateUser"), name]).await;
    let all = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:*","Resource":"*"}]}"#;
    let policy = [("Action", "PutUserPolicy"), name, ("PolicyName", "all"), ("PolicyDocument", all)];
    root::iam(&world.stack, &policy).await;
    let key = root::iam(&world.stack, &[("Action", "CreateAccessKey"), name]).await;
    let [id, secret] = ["AccessKeyId", "SecretAccessKey"].map(|name| {
        let after = key.split_once(&format!("<{name}>")).unwrap().1;
        after.split('<').next().unwrap().to_owned()
    });
    let config = aws_sdk_s3::config::Builder::from(&world.stack.sdk_config()).force_path_style(true);
    let credentials = SharedCredentialsProvider::new(Credentials::new(id, secret, None, None, "user"));
    Client::from_conf(config.credentials_provider(credentials).build())
}

/// The account of a partner. On the local AWS the id of an account is a key of its root.
const PARTNER: &str = "210987654321";

#[tokio::test(flavor = "multi_thread")]
async fn a_partner_of_another_account_reaches_the_folder_of_its_account_alone() {
    let world = World::with_parameters(&[("PartnerPrincipals", PARTNER)]).await;
    let client = |account: &str| {
        let config = aws_sdk_s3::config::Builder::from(&world.stack.sdk_config()).force_path_style(true);
        let credentials = SharedCredentialsProvider::new(Credentials::new(account, "test", None, None, "partner"));
        Client::from_conf(config.credentials_provider(credentials).build())
    };
    let (partner, stranger) = (client(PARTNER), client("345678901234"));
    let put = async |client: &Client, key: &str| {
        let put = client.put_object().bucket(world.stack.bucket()).key(key).body(FILE.as_bytes().to_vec().into());
        put.send().await.map(drop).map_err(|error| error.code().unwrap_or_default().to_owned())
    };
    let get = async |client: &Client, key: &str| {
        let got = client.get_object().bucket(world.stack.bucket()).key(key).send().await;
        got.map(drop).map_err(|error| error.code().unwrap_or_default().to_owned())
    };
    let denied = Err("AccessDenied".to_owned());
    let store = format!("account-{PARTNER}");
    let (own, receipt) = (format!("drops/{store}/tea.jsonl"), format!("receipts/{store}/tea.jsonl.json"));
    assert_eq!(get(&partner, &receipt).await, Err("NoSuchKey".to_owned()));
    assert_eq!(put(&partner, &own).await, Ok(()));
    world.wait("receipt", PATIENCE, async || (get(&partner, &receipt).await == Ok(())).then_some(())).await;
    world.drop_file("tea.jsonl", FILE).await;
    world.ended(&world.job_of_drop("tea.jsonl").await).await;
    for key in [format!("drops/{}/tea.jsonl", world.store), format!("receipts/{store}/x"), "drops/x.jsonl".to_owned()] {
        assert_eq!(put(&partner, &key).await, denied, "{key}");
    }
    for key in [&own, &format!("receipts/{}/tea.jsonl.json", world.store)] {
        assert_eq!(get(&partner, key).await, denied, "{key}");
    }
    assert_eq!((put(&stranger, &own).await, get(&stranger, &receipt).await), (denied.clone(), denied));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_service_could_not_read_is_refused_as_it_is_put() {
    let world = World::shared().await;
    let user = user(&world).await;
    let key = format!("drops/{}/tea.jsonl", world.store);
    let put = || user.put_object().bucket(world.stack.bucket()).key(&key).body(FILE.as_bytes().to_vec().into());
    let is_refused = async |what: &str, put: PutObjectFluentBuilder| {
        let put = put.send().await.map(|_| ()).map_err(|error| error.code().unwrap_or_default().to_owned());
        assert_eq!(put, Err("AccessDenied".to_owned()), "{what}");
    };
    put().storage_class(StorageClass::IntelligentTiering).send().await.unwrap();
    for class in [StorageClass::Glacier, StorageClass::DeepArchive] {
        is_refused(class.as_str(), put().storage_class(class.clone())).await;
    }
    let own = put().sse_customer_algorithm("AES256").sse_customer_key_md5("MjsYX1JEKyoiiS+XbEPB3g==");
    is_refused("a key of its own", own.sse_customer_key("MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=")).await;
    let foreign = put().server_side_encryption(ServerSideEncryption::AwsKms);
    is_refused("a foreign key", foreign.ssekms_key_id("arn:aws:kms:eu-west-1:2:key/theirs")).await;
    world
        .wait("job of the one that was let in", PATIENCE, async || {
            (!world.all(crate::world::IMPORTS, 10).await.is_empty()).then_some(())
        })
        .await;
    assert_eq!(world.all(crate::world::IMPORTS, 10).await.len(), 1);
}
