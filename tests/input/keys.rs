//! Keys and names that try to get out of their store: whatever a partner calls a file, what is made of it lies in that store's
//! folders and nowhere else.

use imports::{
    import::{Import, ImportFile, NewImport},
    receipt::receipt_key,
    upload,
};
use proptest::prelude::*;
use records::{RecordId, RecordType, StoreId};
use serde_json::json;

use accept_drop::announcement::{Announcement, read};

use twins::fixture::job;

/// What tricks are made of.
fn piece() -> impl Strategy<Value = String> {
    let tricks = [
        "..",
        ".",
        "/",
        "//",
        "../",
        "..\\",
        "%2e%2e%2f",
        "%2F",
        "%252f",
        "%00",
        "\0",
        "\r\n",
        "\n",
        "\t",
        "\u{7f}",
        "\u{202e}",
        "．．／",
        "∕",
        "⁄",
        "drops/",
        "receipts/",
        "uploads/",
        "reports/",
        "imports/",
        "main",
        "other",
        "mаin",
        "MAIN",
        "~",
        "C:\\",
        "\\\\",
        "?versionId=1",
        "#",
        "&",
        "=",
        "+",
        " ",
        "\"; filename=\"x",
        "Set-Cookie: a=b",
        "5f0c9a3e-7a52-4b6e-9f0e-1d2c3b4a5e6f",
        "\u{feff}",
        "é",
        "🌙",
    ];
    prop_oneof![4 => prop::sample::select(tricks.to_vec()).prop_map(str::to_owned), 1 => "\\PC{0,12}", 1 => Just("x".repeat(300))]
}

fn name() -> impl Strategy<Value = String> {
    prop::collection::vec(piece(), 0..8).prop_map(|pieces| pieces.concat())
}

/// What accept-drop makes of the announcement of a key.
fn announced(key: &str) -> Announcement {
    let key: String = form_urlencoded::byte_serialize(key.as_bytes()).collect();
    let record = json!({
        "eventTime": "2026-01-10T11:41:19.244Z", "userIdentity": {}, "requestParameters": {}, "responseElements": {},
        "s3": {"bucket": {"name": "imports"}, "object": {"key": key, "size": 7, "eTag": "e", "sequencer": "1", "versionId": "v"}},
    });
    read(json!({"Records": [record]})).unwrap().remove(0)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_drop_belongs_to_the_store_whose_folder_it_lies_in(prefix in "(drops/|uploads/|)", folder in name(), name in name()) {
        let key = format!("{prefix}{folder}/{name}");
        match announced(&key) {
            Announcement::Drop(drop) | Announcement::LeftAside(drop, _) => {
                prop_assert!(!drop.store.as_str().contains(['/', '.', '%', '\\']));
                prop_assert_eq!(&drop.file.key, &key, "the object is the one that was announced");
                prop_assert_eq!(format!("drops/{}/{}", drop.store, drop.name), key);
            }
            Announcement::Upload(upload) => {
                prop_assert_eq!(upload::key(&upload.store, upload.id), key);
            }
            Announcement::Folder | Announcement::Stray { .. } | Announcement::Test => {}
        }
    }

    #[test]
    fn a_receipt_lies_in_its_stores_folder_under_a_name_of_its_own(one in name(), other in name(), key in name()) {
        let receipt = |number, key: String| {
            let new = NewImport { file: ImportFile { key, version: None }, ..job(number) };
            receipt_key(&Import::pending(new, chrono::DateTime::UNIX_EPOCH, 1))
        };
        let (first, second) = (receipt(1, format!("drops/main/{one}")), receipt(2, format!("drops/main/{other}")));
        for receipt in [&first, &second] {
            let receipt = receipt.as_ref().unwrap();
            prop_assert!(receipt.strip_prefix("receipts/main/").and_then(|name| name.strip_suffix(".json")).is_some());
            prop_assert!(receipt.len() <= 1024);
        }
        prop_assert_eq!(first == second, one == other && one.len() <= 1005);
        // A job of another key has no receipt, least of all in this store's folder.
        prop_assert_eq!(receipt(3, format!("drops/other/{key}")), None);
        prop_assert!(receipt(4, key.clone()).is_none() || key.starts_with("drops/main/"));
    }

    #[test]
    fn a_store_is_a_plain_word_whoever_names_it(text in name()) {
        let read = [
            StoreId::from_verified_claim(&text), StoreId::from_configuration(&text), StoreId::from_drop_prefix(&text),
            StoreId::from_own_record(&text),
        ];
        for store in read.into_iter().flatten() {
            prop_assert_eq!(store.as_str(), &text);
            prop_assert!(text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte)));
            prop_assert!((1..=64).contains(&text.len()));
        }
    }

    #[test]
    fn no_two_names_of_two_stores_share_an_object(store in "[a-z_-]{1,8}", other in "[a-z_-]{1,8}", one in name(), two in name()) {
        let id = |store: &str, name: &str| {
            let store = StoreId::from_own_record(store).unwrap();
            RecordId::from_external_ref(&store, RecordType::SubscriptionProduct, name)
        };
        prop_assert_eq!(id(&store, &one) == id(&other, &two), store == other && one == two);
        // Nor where the end of the one's name is the begin of the other's.
        prop_assert_ne!(id(&format!("{store}{other}"), &one), id(&store, &format!("{other}{one}")));
    }
}
