//! The rules of each type, reported.

use insta::assert_snapshot;

use super::*;

#[test]
fn external_ref_is_reported_when_it_is_long() {
    let product = |external_ref: &str| {
        check_attributes(RecordType::SubscriptionProduct, &format!(r#"{{"name":"Tea","external_ref":{external_ref}}}"#))
    };
    assert_eq!(product(&format!("\"{}\"", "é".repeat(2048))), "");
    assert_eq!(product("null"), "");
    assert_snapshot!(product(&format!("\"{}\"", "é".repeat(2049))), @r#"WrongLength | external_ref: "external_ref" must be 1 to 2048 characters long, "éééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééé…" has 2049: make it shorter by 1"#);
    assert_eq!(product("\"\""), "");
    assert_snapshot!(product("7"), @r#"WrongType | external_ref: "external_ref" must be a string, not the number 7: write "7""#);
}

#[test]
fn a_product_as_the_public_sample_has_it_is_right() {
    let line = r#"{"data":{"type":"subscription_product","attributes":{"external_ref":"d8bb","name":"Cotton Towels",
        "description":"Soft.","main_image":"http://pacheco.net/","price":{"USD":{"amount":9941,"includes_tax":true}},
        "price_units":{"unit":"day","amount":7450},"sku":null,"status":"active"}}}"#;
    let record = record(line, &[]);
    assert_eq!(record.external_ref(), Some("d8bb"));
    assert_snapshot!(Json::from(record.into_parts().1), @r#"{"name":"Cotton Towels","description":"Soft.","main_image":"http://pacheco.net/","price":{"USD":{"amount":9941,"includes_tax":true}},"price_units":{"unit":"day","amount":7450},"status":"active"}"#);
}

#[test]
fn every_rule_of_a_product_is_reported() {
    assert_snapshot!(check_attributes(RecordType::SubscriptionProduct, r#"{
        "name":"Te","description":7,"sku":[],"main_image":"/tea.png",
        "price":{"USD":{"amount":-1},"US":{"amount":1.5},"GBP":{},"EUR":5,"JPY":{"amount":9223372036854775808,"includes_tax":"no"}},
        "price_units":{"unit":"week","amount":0}}"#), @r#"
    WrongLength | name: "name" must be 3 to 1024 characters long, "Te" has 2: make it longer by 1
    WrongType | description: "description" must be a string, not the number 7: write "7"
    WrongType | sku: "sku" must be a string, not an array
    Malformed | main_image: "main_image" must be an address such as https://example.com/tea.png, not "/tea.png": it is the name of a file: write the address under which a browser finds it, such as "https://example.com/tea.png"
    OutOfRange | price.USD.amount: "amount" must be at least 0, it is -1: write 0 or more
    Malformed | price.US: "US" must be a currency of three letters, such as USD: its length is 2
    WrongType | price.US.amount: "amount" must be a whole number, not the number 1.5: amounts are in the minor unit, such as pence or cents: write 150 for 1.50
    Required | price.GBP.amount: "amount" is required: add "amount":1050
    WrongType | price.EUR: "EUR" must be an object, not the number 5: write {"amount":5} for 0.05 EUR, or {"amount":500} for 5.00 EUR
    OutOfRange | price.JPY.amount: "amount" must be at most 9223372036854775807, it is 9223372036854775808: write a smaller number
    WrongType | price.JPY.includes_tax: "includes_tax" must be true or false, not the string "no": write false, without quotes
    NotAllowed | price_units.unit: "unit" must be one of day, month, not "week"
    OutOfRange | price_units.amount: "amount" must be at least 1, it is 0: write 1 or more
    "#);
}

#[test]
fn a_price_has_at_most_two_hundred_currencies() {
    let price = |count| {
        let letters = || 'A'..='Z';
        let codes =
            letters().flat_map(|first| letters().map(move |last| format!("\"U{first}{last}\":{{\"amount\":0}}")));
        let entries: Vec<_> = codes.take(count).collect();
        let attributes = format!(r#"{{"name":"Tea","price":{{{}}}}}"#, entries.join(","));
        check_attributes(RecordType::SubscriptionProduct, &attributes)
    };
    assert_eq!(price(0), "");
    assert_eq!(price(200), "");
    assert_snapshot!(price(201), @r#"WrongLength | price: "price" must hold at most 200 currencies, it holds 201"#);
}

#[test]
fn every_attribute_a_plan_needs_is_reported() {
    assert_snapshot!(check_attributes(RecordType::SubscriptionPlan, r#"{"can_pause":null}"#), @r#"
    Required | name: "name" is required: add "name":"…", 3 characters or more
    Required | billing_interval_type: "billing_interval_type" is required: add "billing_interval_type":"month"
    Required | billing_frequency: "billing_frequency" is required: add "billing_frequency":1
    Required | plan_length: "plan_length" is required: add "plan_length":12
    Required | end_behavior: "end_behavior" is required: add "end_behavior":"roll"
    Required | can_pause: "can_pause" is required, not null: write true
    Required | can_resume: "can_resume" is required: add "can_resume":true
    Required | can_cancel: "can_cancel" is required: add "can_cancel":true
    "#);
}

#[test]
fn every_rule_of_a_plan_is_reported() {
    assert_snapshot!(check_attributes(RecordType::SubscriptionPlan, r#"{
        "name":true,"billing_interval_type":"months","billing_frequency":0,"plan_length":1e1,"end_behavior":1,
        "can_pause":"yes","can_resume":0,"can_cancel":{},"trial_period":-1,"base_price_percentage":100.5,
        "fixed_price":[]}"#), @r#"
    WrongType | name: "name" must be a string, not true: write "…", 3 characters or more
    NotAllowed | billing_interval_type: "billing_interval_type" must be one of day, week, month, year, not "months": write "month"
    OutOfRange | billing_frequency: "billing_frequency" must be at least 1, it is 0: write 1 or more
    WrongType | end_behavior: "end_behavior" must be a string, not the number 1: write "close" or "roll"
    WrongType | can_pause: "can_pause" must be true or false, not the string "yes": write true, without quotes
    WrongType | can_resume: "can_resume" must be true or false, not the number 0: write false
    WrongType | can_cancel: "can_cancel" must be true or false, not an object
    OutOfRange | trial_period: "trial_period" must be at least 0, it is -1: write 0 or more
    OutOfRange | base_price_percentage: "base_price_percentage" must be 0 to 100, it is 100.5: write a number from 0 to 100
    WrongType | fixed_price: "fixed_price" must be an object from currency to amount, not an array: write {"USD":{"amount":1250}} for 12.50 USD; USD stands for your currency
    "#);
}

#[test]
fn a_feature_has_the_configuration_of_its_type() {
    let feature = |configuration: &str| {
        let attributes = format!(r#"{{"name":"Lounge","configuration":{configuration}}}"#);
        check_attributes(RecordType::SubscriptionFeature, &attributes)
    };
    for right in [
        r#"{"type":"access","tag":"gold"}"#,
        r#"{"type":"access","access":{"tag":"gold"}}"#,
        r#"{"type":"promotion","promotions":[{"name":"Ten off","tag":"ten","promotion_id":"p"}]}"#,
        r#"{"type":"usage","usage":{"tag":"gb","label":"Gigabytes","default_value":-5}}"#,
    ] {
        assert_eq!(feature(right), "", "{right}");
    }
    assert_snapshot!(feature("7"), @r#"WrongType | configuration: "configuration" must be an object, not the number 7: write one, such as {"type":"access", "tag":"gold"}"#);
    assert_snapshot!(feature("{}"), @r#"Required | configuration.type: "type" is required: add "type":"access""#);
    assert_snapshot!(feature(r#"{"type":"gift"}"#), @r#"NotAllowed | configuration.type: "type" must be one of access, promotion, usage, not "gift""#);
    assert_snapshot!(feature(r#"{"type":"access","tag":"so gold"}"#), @r#"Malformed | configuration.tag: "tag" must be 1 to 64 of the characters 0-9, A-Z, a-z, - and _, not "so gold": a space is none of them"#);
    assert_snapshot!(feature(r#"{"type":"promotion","promotion":{"promotions":[{"tag":""},3]}}"#), @r#"
    Required | configuration.promotion.promotions[0].name: "name" is required: add "name":"…", 3 characters or more
    Malformed | configuration.promotion.promotions[0].tag: "tag" must be 1 to 64 of the characters 0-9, A-Z, a-z, - and _, not "": its length is 0
    WrongType | configuration.promotion.promotions[1]: "promotions[1]" must be an object, not the number 3: write one, such as {"name":"Gift bag", "tag":"gift-bag"}
    "#);
    assert_snapshot!(feature(r#"{"type":"usage","label":"GB","default_value":1.0}"#), @r#"
    Required | configuration.tag: "tag" is required: add "tag":"gold"
    WrongLength | configuration.label: "label" must be 3 to 1024 characters long, "GB" has 2: make it longer by 1
    "#);
}

#[test]
fn every_rule_of_a_subscriber_is_reported() {
    assert_eq!(
        check_attributes(
            RecordType::SubscriptionSubscriber,
            &format!(
                r#"{{"account_id":"{ACCOUNT}","name":"Ada","email":"ada@example.com","payment_authority":{{"type":"authorize_net","x":1}}}}"#
            )
        ),
        ""
    );
    assert_snapshot!(check_attributes(RecordType::SubscriptionSubscriber, "{}"), @r#"
    Required | account_id: "account_id" is required: add "account_id":"…", a UUID of 36 characters
    Required | name: "name" is required: add "name":"…", 3 characters or more
    Required | email: "email" is required: add "email":"…", an email address
    "#);
    assert_snapshot!(check_attributes(RecordType::SubscriptionSubscriber,
        r#"{"account_id":"7","name":"","email":"ada","payment_authority":"card"}"#), @r#"
    Malformed | account_id: "account_id" must be a UUID of 36 characters, not "7": its length is 1, that of a UUID is 36: copy the id from the system that gave it; your own name or number for it can't stand here
    WrongLength | name: "name" must be 3 to 1024 characters long, "" has 0: make it longer by 3
    Malformed | email: "email" must be an email address, such as ada@example.com, not "ada": it has no @
    WrongType | payment_authority: "payment_authority" must be an object, not the string "card": write one, such as {"type":"stripe_payment_intents", "customer_id":"…", "card_id":"…"}
    "#);
}

#[test]
fn every_rule_of_an_offering_is_reported() {
    assert_snapshot!(check_attributes(RecordType::SubscriptionOffering, "{}"), @r#"
    Required | name: "name" is required: add "name":"…", 3 characters or more
    Required | plans: "plans" is required: add "plans": [{"external_ref":"bag", "name":"A bag of 250 g", "price":{"GBP":{"amount":1050}}}]
    Required | pricing_options: "pricing_options" is required: add "pricing_options": [{"external_ref":"every-month", "name":"Every month", "billing_interval_type":"month", "billing_frequency":1, "plan_length":12, "end_behavior":"roll", "can_pause":true, "can_resume":true, "can_cancel":true}]
    "#);
    assert_snapshot!(check_attributes(RecordType::SubscriptionOffering, r#"{"name":"Box","products":[],"plans":
        ["",7,{"name":"x","can_pause":true},{"type":"subscription_feature","attributes":{"name":"Monthly"}},{"attributes":3}],
        "features":"all"}"#), @r#"
    WrongLength | products: "products" must hold at least 1, it holds 0: name one, or describe it
    WrongLength | plans[0]: "plans[0]" is empty: take it out, or write an id or external_ref
    WrongType | plans[1]: "plans[1]" must be a string or an object with attributes, not the number 7: write a subscription_plan's external_ref in quotes
    WrongLength | plans[2].name: "name" must be 3 to 1024 characters long, "x" has 1: make it longer by 2
    Required | plans[2].billing_interval_type: "billing_interval_type" is required: add "billing_interval_type":"month"
    Required | plans[2].billing_frequency: "billing_frequency" is required: add "billing_frequency":1
    Required | plans[2].plan_length: "plan_length" is required: add "plan_length":12
    Required | plans[2].end_behavior: "end_behavior" is required: add "end_behavior":"roll"
    Required | plans[2].can_resume: "can_resume" is required: add "can_resume":true
    Required | plans[2].can_cancel: "can_cancel" is required: add "can_cancel":true
    NotAllowed | plans[3].type: "type" must be one of subscription_plan, not "subscription_feature"
    Required | plans[3].attributes.billing_interval_type: "billing_interval_type" is required: add "billing_interval_type":"month"
    Required | plans[3].attributes.billing_frequency: "billing_frequency" is required: add "billing_frequency":1
    Required | plans[3].attributes.plan_length: "plan_length" is required: add "plan_length":12
    Required | plans[3].attributes.end_behavior: "end_behavior" is required: add "end_behavior":"roll"
    Required | plans[3].attributes.can_pause: "can_pause" is required: add "can_pause":true
    Required | plans[3].attributes.can_resume: "can_resume" is required: add "can_resume":true
    Required | plans[3].attributes.can_cancel: "can_cancel" is required: add "can_cancel":true
    WrongType | plans[4].attributes: "attributes" must be an object, not the number 3
    WrongType | features: "features" must be a list, not the string "all": write ["all"]
    "#);
}

#[test]
fn every_rule_of_a_subscription_is_reported() {
    assert_snapshot!(check_attributes(RecordType::Subscription, "{}"), @r#"
    Required | account_id: "account_id" is required: add "account_id":"…", a UUID of 36 characters
    Required | currency: "currency" is required: add "currency":"GBP"
    Required | name: "name" is required: add "name":"…", 3 characters or more
    Required | email: "email" is required: add "email":"…", an email address
    Required | manual_payments: "manual_payments" is required: add "manual_payments":true
    Required | an offering is required: add "offering_external_ref" with its external_ref, or "offering_id" with its id, or describe one: "offering" with plans and pricing_options, or with products and plans
    Required | a chosen plan is required: add "selected_plan" with its external_ref, or "plan_id" with its id, or put "meta":{"selected":true} into one of plans
    "#);
    assert_snapshot!(check_attributes(RecordType::Subscription, r#"{"account_id":1,"currency":"dollars","name":"A",
        "email":"a@","manual_payments":"no","address_id":"x","payment_authority":[],"pending":1,
        "first_invoice_paid":"yes","started_at":"yesterday","offering_id":"box","plan_id":""}"#), @r#"
    WrongType | account_id: "account_id" must be a UUID of 36 characters in double quotes, not the number 1: copy the id from the system that gave it; your own name or number for it can't stand here
    Malformed | address_id: "address_id" must be a UUID of 36 characters, not "x": its length is 1, that of a UUID is 36: copy the id from the system that gave it; your own name or number for it can't stand here
    Malformed | currency: "currency" must be a currency of three letters, such as USD, not "dollars": write "USD", if that is meant
    WrongLength | name: "name" must be 3 to 1024 characters long, "A" has 1: make it longer by 2
    Malformed | email: "email" must be an email address, such as ada@example.com, not "a@": nothing stands behind the @
    WrongType | manual_payments: "manual_payments" must be true or false, not the string "no": write false, without quotes
    WrongType | payment_authority: "payment_authority" must be an object, not an array: write one, such as {"type":"stripe_payment_intents", "customer_id":"…", "card_id":"…"}
    WrongType | pending: "pending" must be true or false, not the number 1: write true
    WrongType | first_invoice_paid: "first_invoice_paid" must be true or false, not the string "yes": write true, without quotes
    Malformed | started_at: "started_at" must be a time such as "2026-01-10T11:41:19Z" (RFC 3339), not "yesterday": a date is written year-month-day, with a hyphen between
    Malformed | offering_id: "offering_id" must be a UUID of 36 characters, not "box": a name or number of your own stands under another attribute: write "offering_external_ref":"box" in its place
    Required | a chosen plan is required: add "selected_plan" with its external_ref, or "plan_id" with its id, or put "meta":{"selected":true} into one of plans
    "#);
}

#[test]
fn an_offering_and_a_plan_are_given_in_one_way_only() {
    assert_snapshot!(check(&subscription(&format!(
        r#""offering_id":"{ACCOUNT}","offering_external_ref":"box","plans":["a"],"plan_id":"a","selected_plan":"b""#
    ))), @r#"
    Conflicting | one offering must be given, in one way only, not by offering_id, offering_external_ref, plans
    Conflicting | one plan must be chosen, in one way only, not by plan_id, selected_plan
    ReferenceNotFound | offering_id: no subscription_offering stored with this id: "550e8400-e29b-41d4-a716-446655440000"; correct it, or import that object too
    ReferenceNotFound | offering_external_ref: no subscription_offering with this external_ref in the file, and none stored with it: "box"; correct it, or import that object too
    ReferenceNotFound | plans[0]: no subscription_plan with this external_ref in the file, and none stored with this id or external_ref: "a"; correct it, or import that object too
    "#);
    assert_snapshot!(check(&subscription(&format!(
        r#""offering":{{"name":"B"}},"plans":[{{"meta":{{"selected":true}},{PLAN}}},{{"meta":{{"selected":true}},{PLAN}}},
            {{"meta":{{"selected":1}},{PLAN}}}]"#
    ))), @r#"
    WrongLength | offering.name: "name" must be 3 to 1024 characters long, "B" has 1: make it longer by 2
    Required | products: "products" is required: add "products":["…"], the id or external_ref of each
    WrongType | plans[2].meta.selected: "selected" must be true or false, not the number 1: write true
    Conflicting | one plan must be chosen, in one way only, not by plans[0].meta.selected, plans[1].meta.selected
    "#);
}
