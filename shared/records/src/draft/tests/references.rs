//! What a record refers to, and what becomes of it.

use std::{collections::HashSet, sync::Arc};

use insta::assert_snapshot;

use super::*;

const OFFERING: &str = r#"{"data":{"type":"subscription_offering","attributes":{"external_ref":"box","name":"Box",
    "products":["tea",{"name":"Mug","external_ref":"mug","sku":null}],"plans":["monthly"],"features":["lounge"]}}}"#;

#[test]
fn a_type_refers_to_those_that_it_says_it_does() {
    let mut file = Vec::new();
    samples::generate(2_000, 7, 0, &mut file).unwrap();
    let drafts = crate::jsonl::lines(&file).map(|line| read(line.bytes).unwrap());
    let refers = |draft: Draft| {
        let from = draft.record_type();
        draft.references().iter().map(|reference| (from, reference.record_type)).collect::<Vec<_>>()
    };
    let found: HashSet<_> = drafts.flat_map(refers).collect();
    let said = RecordType::ALL.iter().flat_map(|from| from.refers_to().iter().map(|to| (*from, *to))).collect();
    assert_eq!(found, said);
}

#[test]
fn an_offering_refers_by_its_strings() {
    let draft = draft(OFFERING);
    let reported: Vec<_> = draft
        .references()
        .iter()
        .map(|at| format!("{} {} {} {:?}", at.path, at.record_type, at.text, at.look_up))
        .collect();
    assert_snapshot!(reported.join("\n"), @"
    data.attributes.products[0] subscription_product tea Any
    data.attributes.plans[0] subscription_plan monthly Any
    data.attributes.features[0] subscription_feature lounge Any
    ");
}

#[test]
fn copies_take_the_place_of_references() {
    let found = [
        copy(RecordType::SubscriptionProduct, "tea"),
        copy(RecordType::SubscriptionPlan, "monthly"),
        copy(RecordType::SubscriptionFeature, "lounge"),
    ];
    let (external_ref, attributes) = record(OFFERING, &found).into_parts();
    assert_eq!(external_ref.as_deref(), Some("box"));
    assert_snapshot!(Json::from(attributes), @r#"{"name":"Box","products":[{"id":"9d9f0264-2523-5933-9b4b-8b73d746262a","type":"subscription_product","external_ref":"tea","attributes":{"name":"Stored"}},{"id":"66041f7f-64f8-53a8-af4f-4adeaae0b04c","type":"subscription_product","external_ref":"mug","attributes":{"name":"Mug"}}],"plans":[{"id":"9d9f0264-2523-5933-9b4b-8b73d746262a","type":"subscription_plan","external_ref":"monthly","attributes":{"name":"Stored"}}],"features":[{"id":"9d9f0264-2523-5933-9b4b-8b73d746262a","type":"subscription_feature","external_ref":"lounge","attributes":{"name":"Stored"}}]}"#);
}

#[test]
fn a_reference_to_nothing_says_what_was_looked_for() {
    let found =
        [copy(RecordType::SubscriptionProduct, "tea"), Resolution::Failed { line: 17, why: crate::Failure::Faulty }];
    let errors = resolve(draft(OFFERING), &found).unwrap_err();
    assert_eq!(errors.iter().map(|error| error.blocked_by).collect::<Vec<_>>(), [Some(17), None]);
    assert_snapshot!(tell(&errors), @r#"
    ReferenceFailed | data.attributes.plans[0]: refers to the subscription_plan of line 17, which was not imported: "monthly"; mend that line and send both again
    ReferenceNotFound | data.attributes.features[0]: no subscription_feature with this external_ref in the file, and none stored with this id or external_ref: "lounge"; correct it, or import that object too
    "#);
}

#[test]
fn own_errors_and_those_of_references_are_reported_together() {
    assert_snapshot!(check(r#"{"type":"subscription_offering","name":"B","products":["tea"],"plans":["p"]}"#), @r#"
    WrongLength | name: "name" must be 3 to 1024 characters long, "B" has 1: make it longer by 2
    ReferenceNotFound | products[0]: no subscription_product with this external_ref in the file, and none stored with this id or external_ref: "tea"; correct it, or import that object too
    ReferenceNotFound | plans[0]: no subscription_plan with this external_ref in the file, and none stored with this id or external_ref: "p"; correct it, or import that object too
    "#);
    assert_snapshot!(check(&subscription(&format!(r#""offering_id":"{ACCOUNT}","plan_id":"p""#))), @r#"ReferenceNotFound | offering_id: no subscription_offering stored with this id: "550e8400-e29b-41d4-a716-446655440000"; correct it, or import that object too"#);
    assert_snapshot!(check(&subscription(r#""offering_external_ref":"box","plan_id":"p","pending":1"#)), @r#"
    WrongType | pending: "pending" must be true or false, not the number 1: write true
    ReferenceNotFound | offering_external_ref: no subscription_offering with this external_ref in the file, and none stored with it: "box"; correct it, or import that object too
    "#);
}

#[test]
fn a_subscription_takes_a_stored_offering_and_one_of_its_plans() {
    let line = subscription(r#""offering_external_ref":"box","selected_plan":"monthly""#);
    assert_eq!(draft(&line).references()[0].look_up, LookUp::ExternalRef);
    assert_snapshot!(Json::from(record(&line, &[stored_offering()]).into_parts().1), @r#"{"account_id":"550e8400-e29b-41d4-a716-446655440000","currency":"USD","name":"Ada Lovelace","email":"ada@example.com","manual_payments":false,"offering_id":"11116e73-1c03-5de6-9130-5f9925ae8ab4","plan_id":"dca57063-a35e-55d6-82c6-7f6d3d094c8f","offering":{"id":"11116e73-1c03-5de6-9130-5f9925ae8ab4","type":"subscription_offering","external_ref":"box","attributes":{"name":"Box","products":[{"id":"3cebf76c-6c91-55ca-bf6d-a52bf889cfc6","type":"subscription_product","attributes":{"name":"Tea"}}],"plans":[{"id":"dca57063-a35e-55d6-82c6-7f6d3d094c8f","type":"subscription_plan","external_ref":"monthly","attributes":{"name":"Monthly","billing_interval_type":"month","billing_frequency":1,"plan_length":12,"end_behavior":"roll","can_pause":true,"can_resume":true,"can_cancel":false}}]}}}"#);
}

#[test]
fn a_plan_may_be_chosen_by_its_id_in_either_case() {
    let plan = id().at("plans[0]").to_string();
    for text in [plan.clone(), plan.to_uppercase()] {
        let line = subscription(&format!(r#""offering_id":"{ACCOUNT}","plan_id":"{text}""#));
        let record = record(&line, &[stored_offering()]);
        assert_eq!(record.attributes().get("plan_id"), Some(&Json::from(plan.as_str())));
    }
}

#[test]
fn a_plan_that_is_not_the_offerings_is_reported() {
    let line = subscription(r#""offering_external_ref":"box","plan_id":"yearly""#);
    assert_snapshot!(tell(&resolve(draft(&line), &[stored_offering()]).unwrap_err()), @r#"PlanNotInOffering | plan_id: none of the offering's plans has this id or external_ref: "yearly"; it has "monthly""#);
}

#[test]
fn a_subscription_may_describe_its_offering() {
    let line = subscription(&format!(
        r#""offering":{{"name":"Box","external_ref":"own"}},"products":["tea"],
            "plans":["yearly",{{"type":"subscription_plan","attributes":{{{PLAN}}},"meta":{{"selected":true}}}}]"#
    ));
    let found = [copy(RecordType::SubscriptionProduct, "tea"), copy(RecordType::SubscriptionPlan, "yearly")];
    let attributes = record(&line, &found).into_parts().1;
    assert_eq!(attributes.get("plan_id"), Some(&Json::from(id().at("plans[1]").to_string())));
    assert_snapshot!(Json::from(attributes), @r#"{"account_id":"550e8400-e29b-41d4-a716-446655440000","currency":"USD","name":"Ada Lovelace","email":"ada@example.com","manual_payments":false,"offering_id":"17c30009-9db6-5d0f-b10f-8cbefc887d64","plan_id":"5681724a-07c7-5ed3-9722-4fd641d293f1","offering":{"id":"17c30009-9db6-5d0f-b10f-8cbefc887d64","type":"subscription_offering","external_ref":"own","attributes":{"name":"Box","products":[{"id":"9d9f0264-2523-5933-9b4b-8b73d746262a","type":"subscription_product","external_ref":"tea","attributes":{"name":"Stored"}}],"plans":[{"id":"9d9f0264-2523-5933-9b4b-8b73d746262a","type":"subscription_plan","external_ref":"yearly","attributes":{"name":"Stored"}},{"id":"5681724a-07c7-5ed3-9722-4fd641d293f1","type":"subscription_plan","attributes":{"name":"Monthly","billing_interval_type":"month","billing_frequency":1,"plan_length":12,"end_behavior":"roll","can_pause":true,"can_resume":true,"can_cancel":false}}]}}}"#);
}

#[test]
fn an_inline_plan_does_not_keep_the_mark_of_its_choice() {
    let line = subscription(&format!(
        r#""offering":{{"name":"Box"}},"products":[{{"name":"Tea"}}],"plans":[{{"meta":{{"selected":true}},{PLAN}}}]"#
    ));
    assert!(!Json::from(record(&line, &[]).into_parts().1).to_string().contains("selected"));
}

fn check_size(references: usize, description: usize) -> String {
    let mut attributes = Object::new();
    attributes.insert("description", "x".repeat(description));
    let product = Snapshot::new(id(), RecordType::SubscriptionProduct, None, attributes);
    let found = vec![Resolution::Found(Arc::new(product)); references];
    let products = vec!["\"a\""; references].join(",");
    let line =
        format!(r#"{{"type":"subscription_offering","name":"Box","products":[{products}],"plans":[{{{PLAN}}}]}}"#);
    tell(&resolve(draft(&line), &found).err().unwrap_or_default())
}

#[test]
fn an_object_that_copies_make_too_large_is_refused() {
    assert_eq!(check_size(1, 300_000), "");
    assert_snapshot!(check_size(1, 407_400), @"TooLarge | the object would take 409780 bytes, at most 409600 can be stored: shorten its texts, or refer to less: it holds a copy of each object that it refers to");
    assert_snapshot!(check_size(2, 300_000), @"TooLarge | the object would take more than 602078 bytes, at most 409600 can be stored: shorten its texts, or refer to less: it holds a copy of each object that it refers to");
}

#[test]
fn many_references_to_a_large_object_are_refused_cheaply() {
    assert_snapshot!(check_size(200_000, 300_000), @"TooLarge | the object would take more than 602078 bytes, at most 409600 can be stored: shorten its texts, or refer to less: it holds a copy of each object that it refers to");
}
