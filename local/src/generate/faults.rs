//! Broken lines: every way a line can be wrong that a careless partner has thought of, one template each.

use rand_chacha::ChaCha8Rng;

use super::words::{person, product_name, uuid};

/// Makes the enum of faults and their templates from one table, so that neither can lack what the other has.
macro_rules! faults {
    ($($(#[$doc:meta])* $kind:ident = $name:literal, $template:literal;)*) => {
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
        }
    };
}

// `$ref`, `$name`, `$account` and so on are filled in by `broken_line`.
faults! {
    /// No JSON at all: a line of the spreadsheet the file was made from.
    NotJson = "not_json", "$ref;$name;19.99;EUR";
    /// Cut off in the middle.
    Truncated = "truncated", r#"{"data":{"type":"subscription_product","attributes":{"external_ref":"$ref","name":"Ethiopia Yirg"#;
    /// Two objects on a line.
    TwoObjects = "two_objects", r#"{"data":{"type":"subscription_product","attributes":{"name":"$name"}}}{"data":{"type":"subscription_product","attributes":{"name":"$name"}}}"#;
    /// An array around the object.
    JsonArray = "json_array", r#"[{"data":{"type":"subscription_product","attributes":{"external_ref":"$ref","name":"$name"}}}]"#;
    /// A type nobody knows.
    UnknownType = "unknown_type", r#"{"data":{"type":"subscription_voucher","attributes":{"external_ref":"$ref","name":"$name"}}}"#;
    /// No type.
    MissingType = "missing_type", r#"{"data":{"attributes":{"external_ref":"$ref","name":"$name"}}}"#;
    /// A required attribute is not there.
    MissingAttribute = "missing_attribute", r#"{"data":{"type":"subscription_plan","attributes":{"external_ref":"$ref","name":"$name","billing_interval_type":"month","billing_frequency":1,"end_behavior":"roll","can_pause":true,"can_resume":true,"can_cancel":true}}}"#;
    /// A name under three characters. `BlockedReference` refers to this line.
    NameTooShort = "name_too_short", r#"{"data":{"type":"subscription_product","attributes":{"external_ref":"$rejected","name":"No","price":{"USD":{"amount":1500}}}}}"#;
    /// A name over 1024 characters.
    NameTooLong = "name_too_long", r#"{"data":{"type":"subscription_product","attributes":{"external_ref":"$ref","name":"$long"}}}"#;
    /// Text where a boolean belongs.
    WrongType = "wrong_type", r#"{"data":{"type":"subscription_plan","attributes":{"external_ref":"$ref","name":"$name","billing_interval_type":"month","billing_frequency":1,"plan_length":12,"end_behavior":"roll","can_pause":"yes","can_resume":true,"can_cancel":true}}}"#;
    /// A number outside its bounds.
    OutOfRange = "out_of_range", r#"{"data":{"type":"subscription_plan","attributes":{"external_ref":"$ref","name":"$name","billing_interval_type":"month","billing_frequency":1,"plan_length":12,"end_behavior":"roll","base_price_percentage":101,"can_pause":true,"can_resume":true,"can_cancel":true}}}"#;
    /// A word that is not one of the choices.
    BadEnumValue = "bad_enum_value", r#"{"data":{"type":"subscription_plan","attributes":{"external_ref":"$ref","name":"$name","billing_interval_type":"fortnight","billing_frequency":1,"plan_length":12,"end_behavior":"roll","can_pause":true,"can_resume":true,"can_cancel":true}}}"#;
    /// No email address.
    BadEmail = "bad_email", r#"{"data":{"type":"subscription_subscriber","attributes":{"external_ref":"$ref","account_id":"$account","name":"$person","email":"$mailbox at example.com"}}}"#;
    /// No UUID.
    BadUuid = "bad_uuid", r#"{"data":{"type":"subscription_subscriber","attributes":{"external_ref":"$ref","account_id":"ACC-$ref","name":"$person","email":"$mailbox@example.com"}}}"#;
    /// No URI.
    BadUri = "bad_uri", r#"{"data":{"type":"subscription_product","attributes":{"external_ref":"$ref","name":"$name","main_image":"see the shared drive"}}}"#;
    /// An external ref over 2048 characters.
    ExternalRefTooLong = "external_ref_too_long", r#"{"data":{"type":"subscription_product","attributes":{"external_ref":"$long$long","name":"$name"}}}"#;
    /// An amount below zero.
    NegativeAmount = "negative_amount", r#"{"data":{"type":"subscription_product","attributes":{"external_ref":"$ref","name":"$name","price":{"EUR":{"amount":-100}}}}}"#;
    /// An amount in euros instead of cents.
    FractionalAmount = "fractional_amount", r#"{"data":{"type":"subscription_product","attributes":{"external_ref":"$ref","name":"$name","price":{"EUR":{"amount":19.99}}}}}"#;
    /// A currency sign instead of a code.
    BadCurrency = "bad_currency", r#"{"data":{"type":"subscription_product","attributes":{"external_ref":"$ref","name":"$name","price":{"€":{"amount":1999}}}}}"#;
    /// Eleven currencies.
    TooManyCurrencies = "too_many_currencies", r#"{"data":{"type":"subscription_product","attributes":{"external_ref":"$ref","name":"$name","price":{"USD":{"amount":1},"EUR":{"amount":1},"GBP":{"amount":1},"CAD":{"amount":1},"AUD":{"amount":1},"CHF":{"amount":1},"SEK":{"amount":1},"JPY":{"amount":1},"NOK":{"amount":1},"DKK":{"amount":1},"PLN":{"amount":1}}}}}"#;
    /// Three things wrong at once.
    SeveralAtOnce = "several_at_once", r#"{"data":{"type":"subscription_subscriber","attributes":{"external_ref":"$ref","account_id":"none","name":"J","email":"none"}}}"#;
    /// An offering of nothing.
    NoProducts = "no_products", r#"{"data":{"type":"subscription_offering","attributes":{"external_ref":"$ref","name":"$name","products":[],"plans":[$plan]}}}"#;
    /// An inline part that would be no good as a line of its own.
    BadInlineObject = "bad_inline_object", r#"{"data":{"type":"subscription_offering","attributes":{"external_ref":"$ref","name":"$name","products":[{"description":"a product without a name"}],"plans":[$plan]}}}"#;
    /// A reference to something that is nowhere.
    UnknownReference = "unknown_reference", r#"{"data":{"type":"subscription_offering","attributes":{"external_ref":"$ref","name":"$name","products":["nothing-$ref"],"plans":[$plan]}}}"#;
    /// A reference to a bad line.
    BlockedReference = "blocked_reference", r#"{"data":{"type":"subscription_offering","attributes":{"external_ref":"$ref","name":"$name","products":["$rejected"],"plans":[$plan]}}}"#;
    /// The external ref of an earlier line of the same type.
    DuplicateExternalRef = "duplicate_external_ref", "";
    /// A key given twice in one object.
    DuplicateKey = "duplicate_key", r#"{"data":{"type":"subscription_product","attributes":{"external_ref":"$ref","name":"$name","name":"$name (new)"}}}"#;
    /// Nested far deeper than 32.
    TooDeep = "too_deep", r#"{"data":{"type":"subscription_product","attributes":{"external_ref":"$ref","name":"$name","categories":$deep}}}"#;
    /// A number of 39 digits.
    NumberTooLong = "number_too_long", r#"{"data":{"type":"subscription_product","attributes":{"external_ref":"$ref","name":"$name","barcode":123456789012345678901234567890123456789}}}"#;
    /// A number too large for the database.
    NumberTooLarge = "number_too_large", r#"{"data":{"type":"subscription_product","attributes":{"external_ref":"$ref","name":"$name","barcode":1e200}}}"#;
    /// Half of a surrogate pair.
    LoneSurrogate = "lone_surrogate", r#"{"data":{"type":"subscription_product","attributes":{"external_ref":"$ref","name":"$name \ud83d"}}}"#;
    /// A NUL in a key.
    NulInKey = "nul_in_key", r#"{"data":{"type":"subscription_product","attributes":{"external_ref":"$ref","name":"$name","colour\u0000":"red"}}}"#;
    /// Bytes that are no UTF-8: the file was saved as Latin-1.
    InvalidUtf8 = "invalid_utf8", r#"{"data":{"type":"subscription_product","attributes":{"external_ref":"$ref","name":"Caf$latin $name"}}}"#;
}

/// The plan that broken offerings bring along, so that nothing else is wrong with them.
const PLAN: &str = r#"{"name":"Monthly","billing_interval_type":"month","billing_frequency":1,"plan_length":12,"end_behavior":"roll","can_pause":true,"can_resume":true,"can_cancel":true}"#;

/// Writes the bad line with this serial number among the bad ones. A duplicate needs an earlier line: not made here.
pub(super) fn broken_line(rng: &mut ChaCha8Rng, kind: FaultKind, serial: usize) -> Vec<u8> {
    let (person, mailbox) = person(rng);
    // Each round of kinds has one line too short a name and one line that refers to it.
    let round = serial / FaultKind::ALL.len();
    let text = kind
        .template()
        .replace("$rejected", &format!("rejected-{round:05}"))
        .replace("$ref", &format!("bad-{serial:05}"))
        .replace("$name", &product_name(rng))
        .replace("$person", &person)
        .replace("$mailbox", &mailbox)
        .replace("$account", &uuid(rng))
        .replace("$plan", PLAN)
        .replace("$long", &"x".repeat(1025))
        .replace("$deep", &format!("{}{}", "[".repeat(40), "]".repeat(40)));
    match text.split_once("$latin") {
        Some((before, after)) => [before.as_bytes(), &[0xe9], after.as_bytes()].concat(),
        None => text.into_bytes(),
    }
}
