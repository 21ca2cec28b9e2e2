//! Broken lines: every way a line can be wrong that a careless partner has thought of, one template each.

use rand_chacha::ChaCha8Rng;
use records::{
    RecordErrorCode,
    limits::{MAX_CURRENCIES, MAX_DEPTH, MAX_ERRORS, MAX_ITEM_BYTES, MAX_LINE_BYTES},
};

use super::words::{person, product_name, uuid};

/// Makes the enum of faults and their templates from one table, so that neither can lack what the other has.
macro_rules! faults {
    ($($(#[$doc:meta])* $kind:ident = $name:literal, $template:literal, [$($code:ident $field:literal),*];)*) => {
        /// How a bad line is bad.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum FaultKind {
            $($(#[$doc])* $kind,)*
        }

        impl FaultKind {
            /// Every kind, in the order in which a file takes them in turn.
            pub const ALL: &[Self] = &[$(Self::$kind,)*];

            /// The kind's name.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$kind => $name,)* }
            }

            const fn template(self) -> &'static str {
                match self { $(Self::$kind => $template,)* }
            }

            /// What is expected of such a line, and nothing else: code and field.
            const fn expected(self) -> &'static [(RecordErrorCode, &'static str)] {
                match self { $(Self::$kind => &[$((RecordErrorCode::$code, $field)),*],)* }
            }
        }
    };
}

// `$ref`, `$name`, `$account` and so on are filled in by `broken_line`, `$inner` and `[*]` by `errors`.
faults! {
    /// No JSON at all: a line of the spreadsheet the file was made from.
    NotJson = "not_json", "$ref;$name;19.99;EUR", [NotJson ""];
    /// Cut off in the middle.
    Truncated = "truncated", r#"{"data":{"type":"subscription_product","attributes":{"external_ref":"$ref","name":"Ethiopia Yirg"#, [NotJson ""];
    /// Two objects on a line.
    TwoObjects = "two_objects", r#"{"data":{"type":"subscription_product","attributes":{"name":"$name"}}}{"data":{"type":"subscription_product","attributes":{"name":"$name"}}}"#, [NotJson ""];
    /// An array around the object.
    JsonArray = "json_array", r#"[{"data":{"type":"subscription_product","attributes":{"external_ref":"$ref","name":"$name"}}}]"#, [NotAnObject ""];
    /// A type nobody knows.
    UnknownType = "unknown_type", r#"{"data":{"type":"subscription_voucher","attributes":{"external_ref":"$ref","name":"$name"}}}"#, [UnknownType "data.type"];
    /// No type.
    MissingType = "missing_type", r#"{"data":{"attributes":{"external_ref":"$ref","name":"$name"}}}"#, [Required "data.type"];
    /// A required attribute is not there.
    MissingAttribute = "missing_attribute", r#"{"data":{"type":"subscription_plan","attributes":{"external_ref":"$ref","name":"$name","billing_interval_type":"month","billing_frequency":1,"end_behavior":"roll","can_pause":true,"can_resume":true,"can_cancel":true}}}"#, [Required "data.attributes.plan_length"];
    /// A name under three characters. `BlockedReference` refers to this line.
    NameTooShort = "name_too_short", r#"{"data":{"type":"subscription_product","attributes":{"external_ref":"$rejected","name":"No","price":{"USD":{"amount":1500}}}}}"#, [WrongLength "data.attributes.name"];
    /// A name over 1024 characters.
    NameTooLong = "name_too_long", r#"{"data":{"type":"subscription_product","attributes":{"external_ref":"$ref","name":"$long"}}}"#, [WrongLength "data.attributes.name"];
    /// Text where a boolean belongs.
    WrongType = "wrong_type", r#"{"data":{"type":"subscription_plan","attributes":{"external_ref":"$ref","name":"$name","billing_interval_type":"month","billing_frequency":1,"plan_length":12,"end_behavior":"roll","can_pause":"yes","can_resume":true,"can_cancel":true}}}"#, [WrongType "data.attributes.can_pause"];
    /// A number outside its bounds.
    OutOfRange = "out_of_range", r#"{"data":{"type":"subscription_plan","attributes":{"external_ref":"$ref","name":"$name","billing_interval_type":"month","billing_frequency":1,"plan_length":12,"end_behavior":"roll","base_price_percentage":101,"can_pause":true,"can_resume":true,"can_cancel":true}}}"#, [OutOfRange "data.attributes.base_price_percentage"];
    /// A word that is not one of the choices.
    BadEnumValue = "bad_enum_value", r#"{"data":{"type":"subscription_plan","attributes":{"external_ref":"$ref","name":"$name","billing_interval_type":"fortnight","billing_frequency":1,"plan_length":12,"end_behavior":"roll","can_pause":true,"can_resume":true,"can_cancel":true}}}"#, [NotAllowed "data.attributes.billing_interval_type"];
    /// No email address.
    BadEmail = "bad_email", r#"{"data":{"type":"subscription_subscriber","attributes":{"external_ref":"$ref","account_id":"$account","name":"$person","email":"$mailbox at example.com"}}}"#, [Malformed "data.attributes.email"];
    /// No UUID.
    BadUuid = "bad_uuid", r#"{"data":{"type":"subscription_subscriber","attributes":{"external_ref":"$ref","account_id":"ACC-$ref","name":"$person","email":"$mailbox@example.com"}}}"#, [Malformed "data.attributes.account_id"];
    /// No URI.
    BadUri = "bad_uri", r#"{"data":{"type":"subscription_product","attributes":{"external_ref":"$ref","name":"$name","main_image":"see the shared drive"}}}"#, [Malformed "data.attributes.main_image"];
    /// An external ref over 2048 characters.
    ExternalRefTooLong = "external_ref_too_long", r#"{"data":{"type":"subscription_product","attributes":{"external_ref":"$long$long","name":"$name"}}}"#, [WrongLength "data.attributes.external_ref"];
    /// An amount below zero.
    NegativeAmount = "negative_amount", r#"{"data":{"type":"subscription_product","attributes":{"external_ref":"$ref","name":"$name","price":{"EUR":{"amount":-100}}}}}"#, [OutOfRange "data.attributes.price.EUR.amount"];
    /// An amount in euros instead of cents.
    FractionalAmount = "fractional_amount", r#"{"data":{"type":"subscription_product","attributes":{"external_ref":"$ref","name":"$name","price":{"EUR":{"amount":19.99}}}}}"#, [WrongType "data.attributes.price.EUR.amount"];
    /// A currency sign instead of a code.
    BadCurrency = "bad_currency", r#"{"data":{"type":"subscription_product","attributes":{"external_ref":"$ref","name":"$name","price":{"€":{"amount":1999}}}}}"#, [Malformed r#"data.attributes.price["€"]"#];
    /// Two hundred and one currencies.
    TooManyCurrencies = "too_many_currencies", r#"{"data":{"type":"subscription_product","attributes":{"external_ref":"$ref","name":"$name","price":{$currencies}}}}"#, [WrongLength "data.attributes.price"];
    /// Three things wrong at once.
    SeveralAtOnce = "several_at_once", r#"{"data":{"type":"subscription_subscriber","attributes":{"external_ref":"$ref","account_id":"none","name":"J","email":"none"}}}"#, [Malformed "data.attributes.account_id", WrongLength "data.attributes.name", Malformed "data.attributes.email"];
    /// An offering of nothing.
    NoProducts = "no_products", r#"{"data":{"type":"subscription_offering","attributes":{"external_ref":"$ref","name":"$name","products":[],"plans":[$plan]}}}"#, [WrongLength "data.attributes.products"];
    /// An inline part that would be no good as a line of its own.
    BadInlineObject = "bad_inline_object", r#"{"data":{"type":"subscription_offering","attributes":{"external_ref":"$ref","name":"$name","products":[{"description":"a product without a name"}],"plans":[$plan]}}}"#, [Required "data.attributes.products[0].name"];
    /// A reference to something that is nowhere.
    UnknownReference = "unknown_reference", r#"{"data":{"type":"subscription_offering","attributes":{"external_ref":"$ref","name":"$name","products":["nothing-$ref"],"plans":[$plan]}}}"#, [ReferenceNotFound "data.attributes.products[0]"];
    /// A reference to a bad line.
    BlockedReference = "blocked_reference", r#"{"data":{"type":"subscription_offering","attributes":{"external_ref":"$blocked","name":"$name","products":["$rejected"],"plans":[{"external_ref":"monthly","name":"Monthly","billing_interval_type":"month","billing_frequency":1,"plan_length":12,"end_behavior":"roll","can_pause":true,"can_resume":true,"can_cancel":true}]}}}"#, [ReferenceFailed "data.attributes.products[0]"];
    /// The external ref of an earlier line of the same type.
    DuplicateExternalRef = "duplicate_external_ref", "", [DuplicateExternalRef "data.attributes.external_ref"];
    /// A key given twice in one object.
    DuplicateKey = "duplicate_key", r#"{"data":{"type":"subscription_product","attributes":{"external_ref":"$ref","name":"$name","name":"$name (new)"}}}"#, [DuplicateKey "data.attributes.name"];
    /// Nested far deeper than 32.
    TooDeep = "too_deep", r#"{"data":{"type":"subscription_product","attributes":{"external_ref":"$ref","name":"$name","categories":$deep}}}"#, [TooDeep "data.attributes.categories$inner"];
    /// A number of 39 digits.
    NumberTooLong = "number_too_long", r#"{"data":{"type":"subscription_product","attributes":{"external_ref":"$ref","name":"$name","barcode":123456789012345678901234567890123456789}}}"#, [NumberOutOfRange "data.attributes.barcode"];
    /// A number too large for the database.
    NumberTooLarge = "number_too_large", r#"{"data":{"type":"subscription_product","attributes":{"external_ref":"$ref","name":"$name","barcode":1e200}}}"#, [NumberOutOfRange "data.attributes.barcode"];
    /// Half of a surrogate pair.
    LoneSurrogate = "lone_surrogate", r#"{"data":{"type":"subscription_product","attributes":{"external_ref":"$ref","name":"$name \ud83d"}}}"#, [LoneSurrogate "data.attributes.name"];
    /// A NUL in a key.
    NulInKey = "nul_in_key", r#"{"data":{"type":"subscription_product","attributes":{"external_ref":"$ref","name":"$name","colour\u0000":"red"}}}"#, [InvalidKey r#"data.attributes["colour\u0000"]"#];
    /// Bytes that are no UTF-8: the file was saved as Latin-1.
    InvalidUtf8 = "invalid_utf8", r#"{"data":{"type":"subscription_product","attributes":{"external_ref":"$ref","name":"Caf$latin $name"}}}"#, [NotUtf8 ""];
    /// A line over 1 MiB.
    LineTooLong = "line_too_long", r#"{"data":{"type":"subscription_product","attributes":{"external_ref":"$ref","name":"$name","notes":"$mega"}}}"#, [LineTooLong ""];
    /// An object of 400 KB: a line like any other, but more than the database takes.
    TooLarge = "too_large", r#"{"data":{"type":"subscription_subscriber","attributes":{"external_ref":"$ref","account_id":"$account","name":"$person","email":"$mailbox@example.com","notes":"$huge"}}}"#, [TooLarge "data.attributes"];
    /// Sixty things wrong at once; fifty are reported.
    SixtyAtOnce = "sixty_at_once", r#"{"data":{"type":"subscription_offering","attributes":{"external_ref":"$ref","name":"$name","products":[$sixty],"plans":[$plan]}}}"#, [WrongType "data.attributes.products[*]"];
    /// Quotes as a text program makes them.
    CurlyQuotes = "curly_quotes", "{\u{201c}data\u{201d}:{\"type\":\"subscription_product\",\"attributes\":{\"external_ref\":\"$ref\",\"name\":\"$name\"}}}", [NotJson ""];
    /// Bytes that are half a surrogate pair, as programs write them that keep text in UTF-16.
    SurrogateBytes = "surrogate_bytes", r#"{"data":{"type":"subscription_feature","attributes":{"external_ref":"$ref","name":"$name $half","configuration":{"type":"access","tag":"gold"}}}}"#, [NotUtf8 ""];
    /// Half of a surrogate pair in a key.
    LoneSurrogateInKey = "lone_surrogate_in_key", r#"{"data":{"type":"subscription_subscriber","attributes":{"external_ref":"$ref","account_id":"$account","name":"$person","email":"$mailbox@example.com","pet\ud83d":"cat"}}}"#, [LoneSurrogate "data.attributes[\"pet\u{fffd}\u{fffd}\u{fffd}\"]"];
    /// A key of no letters.
    EmptyKey = "empty_key", r#"{"data":{"type":"subscription_feature","attributes":{"external_ref":"$ref","name":"$name","configuration":{"type":"access","tag":"gold"},"":1}}}"#, [InvalidKey r#"data.attributes[""]"#];
    /// Nothing but a string.
    BareString = "bare_string", r#""$ref""#, [NotAnObject ""];
    /// A number that JSON does not have.
    NotANumber = "not_a_number", r#"{"data":{"type":"subscription_product","attributes":{"external_ref":"$ref","name":"$name","price":{"USD":{"amount":NaN}}}}}"#, [NotJson ""];
    /// Quotes as Python prints them.
    SingleQuotes = "single_quotes", r"{'data':{'type':'subscription_product','attributes':{'external_ref':'$ref','name':'$name'}}}", [NotJson ""];
    /// A comma behind the last member.
    TrailingComma = "trailing_comma", r#"{"data":{"type":"subscription_product","attributes":{"external_ref":"$ref","name":"$name",}}}"#, [NotJson ""];
    /// A tab in a string, as it stood in the spreadsheet.
    RawTab = "raw_tab", "{\"data\":{\"type\":\"subscription_product\",\"attributes\":{\"external_ref\":\"$ref\",\"name\":\"$name\tnew\"}}}", [NotJson ""];
    /// Lines that end as on an old Mac, which makes one of two.
    CarriageReturn = "carriage_return", "{\"type\":\"subscription_product\",\"name\":\"$name\"}\r{\"type\":\"subscription_product\",\"name\":\"$name\"}", [NotJson ""];
    /// A list where the object belongs.
    DataNoObject = "data_no_object", r#"{"data":[{"type":"subscription_product","attributes":{"external_ref":"$ref","name":"$name"}}]}"#, [WrongType "data"];
    /// A number for a type.
    TypeNoString = "type_no_string", r#"{"data":{"type":4,"attributes":{"external_ref":"$ref","name":"$name"}}}"#, [WrongType "data.type"];
    /// A list for attributes.
    AttributesNoObject = "attributes_no_object", r#"{"data":{"type":"subscription_subscriber","attributes":["$ref","$person"]}}"#, [WrongType "data.attributes"];
    /// The short form, too short a name.
    ShortForm = "short_form", r#"{"type":"subscription_product","external_ref":"$ref","name":"No"}"#, [WrongLength "name"];
    /// The form without attributes, null for what is required.
    NullRequired = "null_required", r#"{"data":{"type":"subscription_subscriber","external_ref":"$ref","account_id":"$account","name":null,"email":"$mailbox@example.com"}}"#, [Required "data.name"];
    /// More than 64 bits.
    SixtyFiveBits = "sixty_five_bits", r#"{"data":{"type":"subscription_plan","attributes":{"external_ref":"$ref","name":"$name","billing_interval_type":"month","billing_frequency":9223372036854775808,"plan_length":12,"end_behavior":"roll","can_pause":true,"can_resume":true,"can_cancel":true}}}"#, [OutOfRange "data.attributes.billing_frequency"];
    /// A tag with a blank in it.
    BadTag = "bad_tag", r#"{"data":{"type":"subscription_feature","attributes":{"external_ref":"$ref","name":"$name","configuration":{"type":"usage","usage":{"tag":"so many","label":"Downloads","default_value":1}}}}}"#, [Malformed "data.attributes.configuration.usage.tag"];
    /// One promotion where a list of them belongs.
    PromotionsNoList = "promotions_no_list", r#"{"data":{"type":"subscription_feature","attributes":{"external_ref":"$ref","name":"$name","configuration":{"type":"promotion","promotions":{"name":"Gifts","tag":"bag"}}}}}"#, [WrongType "data.attributes.configuration.promotions"];
    /// A number where a reference belongs.
    BadReference = "bad_reference", r#"{"data":{"type":"subscription_offering","attributes":{"external_ref":"$ref","name":"$name","products":[{"name":"$name"}],"plans":[$plan],"features":[7]}}}"#, [WrongType "data.attributes.features[0]"];
    /// A reference to a line of another type.
    ReferenceOfAnotherType = "reference_of_another_type", r#"{"data":{"type":"subscription_offering","attributes":{"external_ref":"$ref","name":"$name","products":[{"name":"$name"}],"plans":["$rejected"]}}}"#, [ReferenceNotFound "data.attributes.plans[0]"];
    /// A reference to the line itself.
    SelfReference = "self_reference", r#"{"data":{"type":"subscription_offering","attributes":{"external_ref":"$ref","name":"$name","products":["$ref"],"plans":[$plan]}}}"#, [ReferenceNotFound "data.attributes.products[0]"];
    /// The id of an offering that is nowhere.
    UnknownOffering = "unknown_offering", r#"{"data":{"type":"subscription","attributes":{"external_ref":"$ref","account_id":"$account","currency":"EUR","name":"$person","email":"$mailbox@example.com","manual_payments":true,"offering_id":"$account","plan_id":"monthly"}}}"#, [ReferenceNotFound "data.attributes.offering_id"];
    /// A reference to the offering that is bad for its own reference.
    TwiceBlocked = "twice_blocked", r#"{"data":{"type":"subscription","attributes":{"external_ref":"$ref","account_id":"$account","currency":"EUR","name":"$person","email":"$mailbox@example.com","manual_payments":true,"offering_external_ref":"$blocked","plan_id":"monthly"}}}"#, [ReferenceFailed "data.attributes.offering_external_ref"];
    /// No offering at all.
    NoOffering = "no_offering", r#"{"data":{"type":"subscription","attributes":{"external_ref":"$ref","account_id":"$account","currency":"EUR","name":"$person","email":"$mailbox@example.com","manual_payments":true,"plan_id":"monthly"}}}"#, [Required "data.attributes"];
    /// Two ways to name the plan.
    TwoPlans = "two_plans", r#"{"data":{"type":"subscription","attributes":{"external_ref":"$ref","account_id":"$account","currency":"EUR","name":"$person","email":"$mailbox@example.com","manual_payments":true,"offering":{"name":"$name"},"products":[{"name":"$name"}],"plans":[$plan],"plan_id":"a","selected_plan":"b"}}}"#, [Conflicting "data.attributes"];
    /// A plan that the offering does not have.
    PlanNotOffered = "plan_not_offered", r#"{"data":{"type":"subscription","attributes":{"external_ref":"$ref","account_id":"$account","currency":"EUR","name":"$person","email":"$mailbox@example.com","manual_payments":true,"offering":{"name":"$name"},"products":[{"name":"$name"}],"plans":[$plan],"selected_plan":"yearly"}}}"#, [PlanNotInOffering "data.attributes.selected_plan"];
    /// A day, and no time.
    BadTime = "bad_time", r#"{"data":{"type":"subscription","attributes":{"external_ref":"$ref","account_id":"$account","currency":"EUR","name":"$person","email":"$mailbox@example.com","manual_payments":true,"offering":{"name":"$name"},"products":[{"name":"$name"}],"plans":[$chosen],"first_invoice_paid":true,"started_at":"2026-02-30"}}}"#, [Malformed "data.attributes.started_at"];
    /// Products beside pricing options.
    BothGenerations = "both_generations", r#"{"data":{"type":"subscription_offering","attributes":{"external_ref":"$ref","name":"$name",$parts,"products":[{"name":"$name"}]}}}"#, [Conflicting "data.attributes"];
    /// The name of a plan that belongs into the offering.
    PlanByName = "plan_by_name", r#"{"data":{"type":"subscription_offering","attributes":{"external_ref":"$ref","name":"$name","plans":["small"],"pricing_options":[$plan]}}}"#, [WrongType "data.attributes.plans[0]"];
    /// Plans, and no way to pay for them.
    NoPricingOptions = "no_pricing_options", r#"{"data":{"type":"subscription_offering","attributes":{"external_ref":"$ref","name":"$name","plans":[{"name":"$name"}]}}}"#, [Required "data.attributes.pricing_options"];
    /// A price below zero inside of a plan.
    NegativeInPlan = "negative_in_plan", r#"{"data":{"type":"subscription_offering","attributes":{"external_ref":"$ref","name":"$name","plans":[{"name":"$name","price":{"GBP":{"amount":-1}}}],"pricing_options":[$plan]}}}"#, [OutOfRange "data.attributes.plans[0].price.GBP.amount"];
    /// Two plans of one name.
    PlanNamedTwice = "plan_named_twice", r#"{"data":{"type":"subscription_offering","attributes":{"external_ref":"$ref","name":"$name","plans":[{"external_ref":"a","name":"$name"},{"external_ref":"a","name":"$name"}],"pricing_options":[$plan]}}}"#, [DuplicateExternalRef "data.attributes.plans[1].external_ref"];
    /// Months where days or weeks are counted.
    BadLeadTime = "bad_lead_time", r#"{"data":{"type":"subscription_plan","attributes":{"external_ref":"$ref","name":"$name","billing_interval_type":"month","billing_frequency":1,"plan_length":12,"end_behavior":"roll","can_pause":true,"can_resume":true,"can_cancel":true,"lead_time":{"type":"month","time":1}}}}"#, [NotAllowed "data.attributes.lead_time.type"];
    /// A notice at no time before.
    BadNotice = "bad_notice", r#"{"data":{"type":"subscription_plan","attributes":{"external_ref":"$ref","name":"$name","billing_interval_type":"month","billing_frequency":1,"plan_length":12,"end_behavior":"roll","can_pause":true,"can_resume":true,"can_cancel":true,"notification_schedule":[{"name":"Now","unit":"day","amount":0}]}}}"#, [OutOfRange "data.attributes.notification_schedule[0].amount"];
    /// Pricing options of a plan that the offering does not have.
    PlanNotAssociable = "plan_not_associable", r#"{"data":{"type":"subscription_offering","attributes":{"external_ref":"$ref","name":"$name",$parts,"pricing_option_associations":{"huge":["monthly"]}}}}"#, [PlanNotInOffering "data.attributes.pricing_option_associations.huge"];
    /// A plan with a pricing option that the offering does not have.
    OptionNotAssociable = "option_not_associable", r#"{"data":{"type":"subscription_offering","attributes":{"external_ref":"$ref","name":"$name",$parts,"pricing_option_associations":{"small":["monthly","weekly"]}}}}"#, [PricingOptionNotInOffering "data.attributes.pricing_option_associations.small[1]"];
    /// What a plan gives of a feature that the offering does not have.
    FeatureNotOffered = "feature_not_offered", r#"{"data":{"type":"subscription_offering","attributes":{"external_ref":"$ref","name":"$name",$parts,"configured_features":{"small":{"lounge":{"type":"access"}}}}}}"#, [FeatureNotInOffering "data.attributes.configured_features.small.lounge"];
    /// Usage, and not how much.
    UsageWithoutValue = "usage_without_value", r#"{"data":{"type":"subscription_offering","attributes":{"external_ref":"$ref","name":"$name",$parts,"configured_features":{"small":{"samples":{"type":"usage"}}}}}}"#, [Required "data.attributes.configured_features.small.samples.default_value"];
    /// A promotion that is none of the feature's.
    PromotionOfAnother = "promotion_of_another", r#"{"data":{"type":"subscription_offering","attributes":{"external_ref":"$ref","name":"$name",$parts,"configured_features":{"small":{"gifts":{"type":"promotion","tag":"samples"}}}}}}"#, [NotAllowed "data.attributes.configured_features.small.gifts.tag"];
    /// Access to a feature that counts usage.
    ConfiguredOtherwise = "configured_otherwise", r#"{"data":{"type":"subscription_offering","attributes":{"external_ref":"$ref","name":"$name",$parts,"configured_features":{"small":{"samples":{"type":"access"}}}}}}"#, [Conflicting "data.attributes.configured_features.small.samples.type"];
    /// A feature configured in the plan and again beside it.
    ConfiguredTwice = "configured_twice", r#"{"data":{"type":"subscription_offering","attributes":{"external_ref":"$ref","name":"$name","features":[{"external_ref":"news","name":"News","configuration":{"type":"access","tag":"news"}}],"plans":[{"external_ref":"small","name":"Small","feature_configurations":{"news":{"type":"access"}}}],"pricing_options":[$plan],"configured_features":{"small":{"news":{"type":"access"}}}}}}"#, [Conflicting "data.attributes.configured_features.small.news"];
    /// Two plans chosen.
    TwoPlansMarked = "two_plans_marked", r#"{"data":{"type":"subscription","attributes":{"external_ref":"$ref","account_id":"$account","currency":"EUR","name":"$person","email":"$mailbox@example.com","manual_payments":true,"offering":{"name":"$name"},"plans":[{"name":"Small","meta":{"selected":true}},{"name":"Large","meta":{"selected":true}}],"pricing_options":[$chosen]}}}"#, [Conflicting "data.attributes"];
    /// A plan chosen, and no pricing option.
    NoOptionChosen = "no_option_chosen", r#"{"data":{"type":"subscription","attributes":{"external_ref":"$ref","account_id":"$account","currency":"EUR","name":"$person","email":"$mailbox@example.com","manual_payments":true,"offering":{"name":"$name"},$parts,"selected_plan":"small"}}}"#, [Required "data.attributes"];
    /// A pricing option that the offering does not have.
    OptionNotOffered = "option_not_offered", r#"{"data":{"type":"subscription","attributes":{"external_ref":"$ref","account_id":"$account","currency":"EUR","name":"$person","email":"$mailbox@example.com","manual_payments":true,"offering":{"name":"$name"},$parts,"selected_plan":"small","selected_pricing_option":"weekly"}}}"#, [PricingOptionNotInOffering "data.attributes.selected_pricing_option"];
    /// A pricing option that goes with another plan.
    OptionOfAnotherPlan = "option_of_another_plan", r#"{"data":{"type":"subscription","attributes":{"external_ref":"$ref","account_id":"$account","currency":"EUR","name":"$person","email":"$mailbox@example.com","manual_payments":true,"offering":{"name":"$name"},$parts,"pricing_option_associations":{"small":["monthly"],"large":["yearly"]},"selected_plan":"large","pricing_option_id":"monthly"}}}"#, [PricingOptionNotInOffering "data.attributes.pricing_option_id"];
    /// A pricing option of an offering of products.
    OptionOfProducts = "option_of_products", r#"{"data":{"type":"subscription","attributes":{"external_ref":"$ref","account_id":"$account","currency":"EUR","name":"$person","email":"$mailbox@example.com","manual_payments":true,"offering":{"name":"$name"},"products":[{"name":"$name"}],"plans":[$chosen],"selected_pricing_option":"monthly"}}}"#, [Conflicting "data.attributes"];
    /// Parts inside of the offering that stand beside it.
    PartsInside = "parts_inside", r#"{"data":{"type":"subscription","attributes":{"external_ref":"$ref","account_id":"$account","currency":"EUR","name":"$person","email":"$mailbox@example.com","manual_payments":true,"offering":{"name":"$name","pricing_options":[]},$parts,"selected_plan":"small","selected_pricing_option":"monthly"}}}"#, [Conflicting "data.attributes.offering.pricing_options"];
    /// A start that nobody has paid for.
    UnpaidStart = "unpaid_start", r#"{"data":{"type":"subscription","attributes":{"external_ref":"$ref","account_id":"$account","currency":"EUR","name":"$person","email":"$mailbox@example.com","manual_payments":true,"offering":{"name":"$name"},$parts,"selected_plan":"small","selected_pricing_option":"monthly","started_at":"2026-01-01T00:00:00Z"}}}"#, [Conflicting "data.attributes.started_at"];
    /// A first period that ends and never began.
    EndWithoutStart = "end_without_start", r#"{"data":{"type":"subscription","attributes":{"external_ref":"$ref","account_id":"$account","currency":"EUR","name":"$person","email":"$mailbox@example.com","manual_payments":true,"offering":{"name":"$name"},$parts,"selected_plan":"small","selected_pricing_option":"monthly","override_first_period_end_date":"2026-01-01T00:00:00Z"}}}"#, [Conflicting "data.attributes.override_first_period_end_date"];
    /// A first period that ends before it begins.
    EndBeforeStart = "end_before_start", r#"{"data":{"type":"subscription","attributes":{"external_ref":"$ref","account_id":"$account","currency":"EUR","name":"$person","email":"$mailbox@example.com","manual_payments":true,"offering":{"name":"$name"},$parts,"selected_plan":"small","selected_pricing_option":"monthly","first_invoice_paid":true,"started_at":"2026-01-01T00:00:00Z","override_first_period_end_date":"2025-12-31T00:00:00Z"}}}"#, [OutOfRange "data.attributes.override_first_period_end_date"];
    /// Half of an order.
    HalfAnOrder = "half_an_order", r#"{"data":{"type":"subscription","attributes":{"external_ref":"$ref","account_id":"$account","currency":"EUR","name":"$person","email":"$mailbox@example.com","manual_payments":true,"offering":{"name":"$name"},$parts,"selected_plan":"small","selected_pricing_option":"monthly","order":{"order_id":"$account"}}}}"#, [Required "data.attributes.order.order_item_id"];
    /// A payment gateway that nobody knows.
    UnknownGateway = "unknown_gateway", r#"{"data":{"type":"subscription_subscriber","attributes":{"external_ref":"$ref","account_id":"$account","name":"$person","email":"$mailbox@example.com","payment_authority":{"type":"braintree"}}}}"#, [NotAllowed "data.attributes.payment_authority.type"];
    /// A payer without a card.
    PaymentWithoutCard = "payment_without_card", r#"{"data":{"type":"subscription","attributes":{"external_ref":"$ref","account_id":"$account","currency":"EUR","name":"$person","email":"$mailbox@example.com","manual_payments":true,"offering":{"name":"$name"},$parts,"selected_plan":"small","selected_pricing_option":"monthly","payment_authority":{"type":"stripe_payment_intents","customer_id":"cus_1"}}}}"#, [Required "data.attributes.payment_authority.card_id"];
}

/// The plan that broken offerings bring along, so that nothing else is wrong with them.
const PLAN: &str = r#"{"name":"Monthly","billing_interval_type":"month","billing_frequency":1,"plan_length":12,"end_behavior":"roll","can_pause":true,"can_resume":true,"can_cancel":true}"#;

/// The same plan, chosen by its subscription.
const CHOSEN: &str = r#"{"name":"Monthly","billing_interval_type":"month","billing_frequency":1,"plan_length":12,"end_behavior":"roll","can_pause":true,"can_resume":true,"can_cancel":true,"meta":{"selected":true}}"#;

/// The parts of an offering of plans and pricing options, in which nothing is wrong.
const PARTS: &str = r#""plans":[{"external_ref":"small","name":"Small"},{"external_ref":"large","name":"Large"}],"pricing_options":[{"external_ref":"monthly","name":"Monthly","billing_interval_type":"month","billing_frequency":1,"plan_length":12,"end_behavior":"roll","can_pause":true,"can_resume":true,"can_cancel":true},{"external_ref":"yearly","name":"Yearly","billing_interval_type":"year","billing_frequency":1,"plan_length":1,"end_behavior":"close","can_pause":true,"can_resume":true,"can_cancel":true}],"features":[{"external_ref":"gifts","name":"Gifts","configuration":{"type":"promotion","promotions":[{"name":"A bag","tag":"bag"}]}},{"external_ref":"samples","name":"Samples","configuration":{"type":"usage","tag":"samples","label":"Samples","default_value":1}}]"#;

/// So many currencies, each with an amount.
fn currencies(count: usize) -> String {
    let letters = || 'A'..='Z';
    let codes = letters().flat_map(|first| letters().map(move |last| format!("X{first}{last}")));
    codes.take(count).map(|code| format!(r#""{code}":{{"amount":1}}"#)).collect::<Vec<_>>().join(",")
}

/// How deep in a broken line its list of lists begins.
const LEVELS_ABOVE: usize = 3;

impl FaultKind {
    /// What an import has to tell of such a line, in this order and nothing else: code and field.
    #[must_use]
    pub fn errors(self) -> Vec<(RecordErrorCode, String)> {
        let inner = "[0]".repeat(MAX_DEPTH - LEVELS_ABOVE);
        let expand = |(code, field): &(RecordErrorCode, &str)| match field.split_once("[*]") {
            Some((list, rest)) => (0..MAX_ERRORS).map(|place| (*code, format!("{list}[{place}]{rest}"))).collect(),
            None => vec![(*code, field.replace("$inner", &inner))],
        };
        self.expected().iter().flat_map(expand).collect()
    }

    /// The kind of the line that is to blame, of the same round.
    pub(super) const fn blocked_by(self) -> Option<Self> {
        match self {
            Self::BlockedReference => Some(Self::NameTooShort),
            Self::TwiceBlocked => Some(Self::BlockedReference),
            _ => None,
        }
    }
}

/// Each round of kinds has one line of each: what a line refers to is in its own.
pub(super) const fn round(serial: usize) -> usize {
    serial / FaultKind::ALL.len()
}

/// Writes the bad line with this serial number among the bad ones. A duplicate needs an earlier line: not made here.
pub(super) fn broken_line(rng: &mut ChaCha8Rng, kind: FaultKind, serial: usize) -> Vec<u8> {
    let (person, mailbox) = person(rng);
    let round = round(serial);
    let text = kind
        .template()
        .replace("$parts", PARTS)
        .replace("$currencies", &currencies(MAX_CURRENCIES + 1))
        .replace("$rejected", &format!("rejected-{round:05}"))
        .replace("$blocked", &format!("blocked-{round:05}"))
        .replace("$ref", &format!("bad-{serial:05}"))
        .replace("$name", &product_name(rng))
        .replace("$person", &person)
        .replace("$mailbox", &mailbox)
        .replace("$account", &uuid(rng))
        .replace("$plan", PLAN)
        .replace("$chosen", CHOSEN)
        .replace("$long", &"x".repeat(1025))
        .replace("$huge", &"x".repeat(MAX_ITEM_BYTES))
        .replace("$mega", &"x".repeat(MAX_LINE_BYTES))
        .replace("$sixty", &["0"; 60].join(","))
        .replace("$deep", &format!("{}{}", "[".repeat(40), "]".repeat(40)));
    // What no text can hold.
    for (mark, bytes) in [("$latin", &[0xe9][..]), ("$half", &[0xed, 0xa0, 0xbd])] {
        if let Some((before, after)) = text.split_once(mark) {
            return [before.as_bytes(), bytes, after.as_bytes()].concat();
        }
    }
    text.into_bytes()
}
