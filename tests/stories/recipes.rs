//! The runbook's recipes for events, as somebody copies them from it, run by the AWS command line on the local AWS.

use std::{fs, time::Duration};

use serde_json::{Value, json};

use crate::{
    root,
    runbook::{commands, run},
    server::{Server, answer},
    world::{PATIENCE, ROOT, World},
};

const ROLE: &str = "arn:aws:iam::000000000000:role/recipe";

const PRODUCT: &str = "{\"type\":\"subscription_product\",\"external_ref\":\"tea\",\"name\":\"Tea\"}\n";

#[tokio::test(flavor = "multi_thread")]
async fn mail_a_webhook_and_slack_hear_of_an_import_that_did_not_come_through_whole_and_of_no_other() {
    let world = World::own().await;
    let server = Server::start(|_, _| answer(200)).await;
    let recipes = ["## Events", "**E-mail**", "**A webhook**", "**Slack**"].map(commands).concat();
    let recipes = recipes.replace("https://example.com/imports", &format!("{}/imports", server.url));
    // Nobody reads the mail here: a queue gets what is mailed.
    let statement = json!({"Effect": "Allow", "Principal": {"Service": "sns.amazonaws.com"}, "Action": "sqs:SendMessage",
        "Resource": "*"});
    let policy = json!({"Version": "2012-10-17", "Statement": [statement]}).to_string();
    let attributes = json!({"Policy": policy}).to_string();
    let listen = "aws sqs create-queue --queue-name mail --attributes \"$ATTRIBUTES\"
        aws sns subscribe --topic-arn $TOPIC --protocol sqs \
          --notification-endpoint arn:aws:sqs:$AWS_DEFAULT_REGION:000000000000:mail
        aws sns list-subscriptions-by-topic --topic-arn $TOPIC";
    let shown = run(&world, &(recipes + listen), &[("ROLE", ROLE), ("ATTRIBUTES", &attributes)]);
    assert!(shown.contains("ops@example.com"), "{shown}");
    assert!(!shown.contains("\"FailedEntryCount\": 1"), "{shown}");

    world.run(PRODUCT).await;
    let job = world
        .run("{\"type\":\"subscription_product\",\"name\":[]}\n".to_owned() + &PRODUCT.replace("tea", "pot"))
        .await;
    let posts = async || Some(server.seen()).filter(|seen| seen.len() >= 2);
    let mut posts = world.wait("webhook's and Slack's calls", PATIENCE, posts).await;
    assert!(posts.iter().all(|post| (&*post.method, &*post.path) == ("POST", "/imports")), "{posts:?}");
    assert!(posts.iter().all(|post| post.header("x-api-key") == "secret"), "{posts:?}");
    posts.sort_by_key(|post| post.body.len());
    let [slack, webhook] = [0, 1].map(|post: usize| serde_json::from_slice::<Value>(&posts[post].body).unwrap());
    let detail = &webhook["detail"];
    assert_eq!((&detail["data"]["id"], &detail["outcome"]), (&job["id"], &json!("partial")));
    let text = format!("Import of {}: partial. {}", world.store, detail["links"]["self"].as_str().unwrap());
    assert_eq!(slack, json!({"text": text}));

    let read = "aws sqs receive-message --wait-time-seconds 5 --output text --query 'Messages[].Body' \
        --queue-url $(aws sqs get-queue-url --queue-name mail --query QueueUrl --output text)";
    let mail = run(&world, read, &[]);
    assert!(mail.contains(job["id"].as_str().unwrap()) && mail.contains("partial"), "{mail}");
    assert_eq!(server.seen().len(), 2, "the import that came through is not told");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_state_machine_goes_on_once_its_import_has_ended_before_or_after_it_waits() {
    let world = World::own().await;
    let runbook = fs::read_to_string(format!("{ROOT}/docs/operations.md")).unwrap();
    let state = runbook.split("**Step Functions**").nth(1).unwrap().split("```json\n").nth(1).unwrap();
    let state = state.split("```").next().unwrap();
    let machine = format!("{{\"StartAt\": \"Wait\", \"States\": {{\"Wait\": {state}}}}}");
    let roles = [("ROLE", ROLE), ("RESUMES", ROLE), ("MACHINE_THAT_WAITS", &*machine)];
    let trust = json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole",
        "Principal": {"Service": ["states.amazonaws.com", "events.amazonaws.com"]}}]});
    let create = format!("aws iam create-role --role-name recipe --assume-role-policy-document '{trust}'\n")
        + &commands("**Step Functions**")
        + "aws stepfunctions create-state-machine --name waits --definition \"$MACHINE_THAT_WAITS\" --role-arn $ROLE \
           --query stateMachineArn --output text";
    let waits = run(&world, &create, &roles);
    let waits = waits.lines().last().unwrap();
    let begin = |id: &str| {
        let input = json!({"id": id}).to_string();
        let begin = "aws stepfunctions start-execution --state-machine-arn $WAITS --input \"$INPUT\" \
            --query executionArn --output text";
        run(&world, begin, &[("WAITS", waits), ("INPUT", &input)]).trim().to_owned()
    };

    root::feed_worker(&world.stack, false).await;
    let id = world.submit(PRODUCT).await;
    let before = begin(&id);
    root::feed_worker(&world.stack, true).await;
    world.ended(&id).await;
    goes_on(&world, &before, &id).await;

    let id = world.submit(PRODUCT.replace("tea", "pot")).await;
    world.ended(&id).await;
    // Its event is out by now.
    tokio::time::sleep(Duration::from_secs(1)).await;
    let after = begin(&id);
    goes_on(&world, &after, &id).await;
}

/// Waits until an execution has ended, and looks at what it was handed.
async fn goes_on(world: &World, execution: &str, id: &str) {
    let look = async || {
        let describe = "aws stepfunctions describe-execution --execution-arn $EXECUTION";
        let execution: Value = serde_json::from_str(&run(world, describe, &[("EXECUTION", execution)])).unwrap();
        (execution["status"] != "RUNNING").then_some(execution)
    };
    let execution = world.wait("end of the execution", PATIENCE, look).await;
    assert_eq!(execution["status"], "SUCCEEDED", "{execution}");
    let output: Value = serde_json::from_str(execution["output"].as_str().unwrap()).unwrap();
    assert_eq!((&output["data"]["id"], &output["outcome"]), (&json!(id), &json!("success")));
}
