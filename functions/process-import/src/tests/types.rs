//! Every type of record is imported, counted and reported.

use records::RecordType;

use super::*;

/// A good line of a type. What it refers to is a good line of another type.
fn good(record_type: RecordType) -> String {
    match record_type {
        RecordType::SubscriptionProduct => product("x"),
        RecordType::SubscriptionPlan => plan("x"),
        RecordType::SubscriptionFeature => {
            "{\"type\":\"subscription_feature\",\"external_ref\":\"x\",\"name\":\"Gold\",\
             \"configuration\":{\"type\":\"access\",\"tag\":\"gold\"}}\n"
                .to_owned()
        }
        RecordType::SubscriptionSubscriber => {
            "{\"type\":\"subscription_subscriber\",\"external_ref\":\"x\",\"name\":\"Ada Lovelace\",\
             \"account_id\":\"550e8400-e29b-41d4-a716-446655440000\",\"email\":\"ada@example.com\"}\n"
                .to_owned()
        }
        RecordType::SubscriptionOffering => offering("x", "x", "x"),
        RecordType::Subscription => subscription("x", "x", "x"),
    }
}

#[tokio::test(start_paused = true)]
async fn a_line_of_every_type_is_imported_counted_and_reported() {
    // Backwards, so that each line comes before those that it refers to.
    let types: Vec<RecordType> = RecordType::ALL.iter().rev().copied().collect();
    let world = World::with(types.iter().copied().map(good).collect::<String>()).await;
    world.run().await;
    let expected: Vec<String> = (1..).zip(&types).map(|(line, kind)| format!("{line}: {kind} x")).collect();
    assert_eq!(world.objects(), expected);
    let expected: Vec<_> = (1..).zip(&types).map(|(line, _)| (line, "created".to_owned())).collect();
    assert_eq!(world.results(1).await, expected);
    let import = world.import(1).await;
    for record_type in types {
        let counts = (import.tally.uploaded.get(record_type), import.tally.imported.get(record_type));
        assert_eq!(counts, (1, 1), "{record_type}");
    }
}
