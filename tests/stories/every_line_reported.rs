//! A mixed file: good lines arrive whatever stands between them, bad ones are distinguished by line, field and reason.

use serde_json::{Value, json};

use crate::world::{IMPORTS, World, sum};

fn line(record_type: &str, attributes: &Value) -> String {
    json!({"data": {"type": record_type, "attributes": attributes}}).to_string()
}

fn plan(external_ref: &str) -> Value {
    json!({
        "external_ref": external_ref, "name": "Monthly", "billing_interval_type": "month", "billing_frequency": 1,
        "plan_length": 12, "end_behavior": "roll", "can_pause": true, "can_resume": true, "can_cancel": true,
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn references_hold_in_any_order_and_failures_are_traced_to_their_line() {
    let world = World::shared().await;
    let file = [
        line(
            "subscription_offering",
            &json!({"external_ref": "box", "name": "Box", "products": ["tea"], "plans": ["monthly"]}),
        ),
        line("subscription_offering", &json!({"name": "Broken", "products": ["cup"], "plans": ["monthly", "none"]})),
        String::new(),
        line("subscription_product", &json!({"external_ref": "cup", "name": "Cu"})),
        line("subscription_plan", &plan("monthly")),
        line("subscription_product", &json!({"external_ref": "tea", "name": "Tea", "status": "live"})),
        line("subscription_product", &json!({"external_ref": "tea", "name": "Tea again"})),
        "{\"data\":".to_owned(),
        line("subscription_subscriber", &json!({"account_id": "1", "name": "Ada Lovelace", "email": "ada"})),
    ]
    .join("\r\n");
    let job = world.run(file).await;
    assert_eq!(job["attributes"]["status"], "success");
    assert_eq!((sum(&job, "uploaded"), sum(&job, "imported")), (7, 3));
    let id = job["id"].as_str().unwrap();
    let rows = world.all(&format!("{IMPORTS}/{id}/errors"), 2).await;
    assert_eq!(job["meta"]["errors"], rows.len());
    let reported: Vec<_> = rows
        .iter()
        .map(|row| {
            let meta = &row["meta"];
            let code = meta["code"].as_str().unwrap();
            format!("{} {code} {} <- {}", meta["line_number"], meta["error"].as_str().unwrap(), meta["blocked_by"])
        })
        .collect();
    insta::assert_snapshot!(reported.join("\n"));
    let offering =
        world.objects().await.into_iter().find(|object| object["type"].as_s().unwrap() == "subscription_offering");
    let attributes = offering.unwrap()["attributes"].as_m().unwrap().clone();
    let product = attributes["products"].as_l().unwrap()[0].as_m().unwrap().clone();
    assert_eq!(product["external_ref"].as_s().unwrap(), "tea");
    assert_eq!(product["attributes"].as_m().unwrap()["status"].as_s().unwrap(), "live", "unknown attributes are kept");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_later_file_refers_to_stored_objects_and_repeats_none() {
    let world = World::shared().await;
    let first = [
        line("subscription_product", &json!({"external_ref": "tea", "name": "Tea"})),
        line("subscription_plan", &plan("monthly")),
    ];
    assert_eq!(world.run(first.join("\n")).await["attributes"]["status"], "success");
    let objects = world.objects().await;
    let plan_id = objects.iter().find(|object| object["type"].as_s().unwrap() == "subscription_plan").unwrap()["id"]
        .as_s()
        .unwrap();

    let offering =
        line("subscription_offering", &json!({"name": "By name and id", "products": ["tea"], "plans": [plan_id]}));
    let job = world.run(offering.clone()).await;
    assert_eq!(job["meta"]["records"]["imported"]["subscription_offering"], 1);

    let again = line("subscription_product", &json!({"external_ref": "tea", "name": "Tea of another file"}));
    let job = world.run(again).await;
    let errors = world.errors(job["id"].as_str().unwrap()).await;
    let field = "data.attributes.external_ref".to_owned();
    assert_eq!(errors[1..], [(1, "already_exists".to_owned(), field)]);

    // Another store knows neither the name nor the id.
    let neighbour = world.neighbour();
    let job = neighbour.run(offering).await;
    assert_eq!(job["attributes"]["status"], "failed");
    let errors = neighbour.errors(job["id"].as_str().unwrap()).await;
    let codes: Vec<_> = errors.iter().map(|(line, code, _)| (*line, code.as_str())).collect();
    assert_eq!(codes, [(0, "nothing_imported"), (1, "reference_not_found"), (1, "reference_not_found")]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_subscription_holds_its_offering_with_the_features_and_its_chosen_plan() {
    let world = World::shared().await;
    let account = "3f2b1c9e-7a10-4f4c-8c0e-6a4f4a0e9a3f";
    let subscription = |offering: &str, plan: &str| {
        let owner = json!({
            "account_id": account, "currency": "EUR", "name": "Ada Lovelace", "email": "ada@example.com",
            "manual_payments": false, "offering_external_ref": offering, "selected_plan": plan,
        });
        line("subscription", &owner)
    };
    let file = [
        subscription("box", "monthly"),
        subscription("box", "yearly"),
        line(
            "subscription_offering",
            &json!({
                "external_ref": "box", "name": "Box", "products": ["tea"], "plans": ["monthly"], "features": ["gold"],
            }),
        ),
        line(
            "subscription_feature",
            &json!({"external_ref": "gold", "name": "Gold", "configuration": {"type": "access", "tag": "gold"}}),
        ),
        line("subscription_plan", &plan("monthly")),
        line("subscription_product", &json!({"external_ref": "tea", "name": "Tea"})),
    ];
    let job = world.run(file.join("\n")).await;
    assert_eq!((sum(&job, "uploaded"), sum(&job, "imported")), (6, 5));
    let errors = world.errors(job["id"].as_str().unwrap()).await;
    assert_eq!(errors, [(2, "plan_not_in_offering".to_owned(), "data.attributes.selected_plan".to_owned())]);
    let objects = world.objects().await;
    let of_type = |name: &str| objects.iter().find(|object| object["type"].as_s().unwrap() == name).unwrap();
    let subscription = of_type("subscription")["attributes"].as_m().unwrap();
    let offering = subscription["offering"].as_m().unwrap();
    assert_eq!(offering["id"], of_type("subscription_offering")["id"]);
    assert_eq!(offering["attributes"].as_m().unwrap()["features"].as_l().unwrap().len(), 1);
    assert_eq!(subscription["plan_id"], of_type("subscription_plan")["id"]);
}
