//! What an [`Uploads`] promises. Every test has a store of its own.

use uuid::Uuid;

use super::{at, fresh_store, promises};
use crate::fixture::options;
use imports::{
    idempotency::{Idempotency, REMEMBERED},
    import::ImportId,
    ports::{Promised, Reserved, UploadPromise, Uploads},
};
use records::StoreId;

promises! { $ uploads_promises in uploads:
    a_promised_upload_is_found_with_its_options_and_what_was_ignored,
    a_promise_is_its_own_stores_alone,
    a_promise_is_kept_until_it_expires,
    a_key_stands_for_the_first_upload,
}

fn promise(store: &StoreId, promised: Promised) -> UploadPromise {
    UploadPromise { store: store.clone(), id: ImportId::new(Uuid::new_v4()), promised, expires_at: at(100) }
}

pub async fn a_promised_upload_is_found_with_its_options_and_what_was_ignored(uploads: &impl Uploads) {
    let store = fresh_store();
    let ignored = vec!["colour".to_owned(), "\u{1}é 🌙".to_owned(), String::new()];
    for promised in [Promised::default(), Promised { options: options("nächtlich 🌙"), ignored }] {
        let promise = promise(&store, promised.clone());
        assert_eq!(uploads.promised(&store, promise.id, at(0)).await, Ok(None));
        uploads.promise(&promise).await.unwrap();
        // As often as S3 tells of it.
        for _ in 0..2 {
            assert_eq!(uploads.promised(&store, promise.id, at(1)).await, Ok(Some(promised.clone())));
        }
    }
}

pub async fn a_promise_is_its_own_stores_alone(uploads: &impl Uploads) {
    let promise = promise(&fresh_store(), Promised::default());
    uploads.promise(&promise).await.unwrap();
    assert_eq!(uploads.promised(&fresh_store(), promise.id, at(1)).await, Ok(None));
}

pub async fn a_promise_is_kept_until_it_expires(uploads: &impl Uploads) {
    let store = fresh_store();
    let promise = promise(&store, Promised::default());
    uploads.promise(&promise).await.unwrap();
    assert_eq!(uploads.promised(&store, promise.id, at(99)).await, Ok(Some(Promised::default())));
    assert_eq!(uploads.promised(&store, promise.id, at(100)).await, Ok(None));
}

pub async fn a_key_stands_for_the_first_upload(uploads: &impl Uploads) {
    let (store, other) = (fresh_store(), fresh_store());
    let [first, second] = [1, 2].map(|_| ImportId::new(Uuid::new_v4()));
    let by = |fingerprint: &str| Idempotency {
        key: "nächtlich 🌙".to_owned(),
        fingerprint: fingerprint.to_owned(),
        former: None,
    };
    assert_eq!(uploads.reserve(&store, &by("1"), first, at(0)).await, Ok(Reserved::Now));
    assert_eq!(uploads.reserve(&store, &by("1"), second, at(1)).await, Ok(Reserved::Before(first)));
    assert_eq!(uploads.reserve(&store, &by("2"), second, at(1)).await, Ok(Reserved::KeyTaken(first)));
    assert_eq!(uploads.reserve(&other, &by("2"), second, at(1)).await, Ok(Reserved::Now));
    assert_eq!(uploads.reserve(&store, &by("2"), second, at(0) + REMEMBERED).await, Ok(Reserved::Now));
}
