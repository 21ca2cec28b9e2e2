//! What [`UploadForms`] promise, as far as a form tells it by itself: what S3 makes of one is for the stories.

use super::{at, promises};
use imports::ports::{UploadForm, UploadForms, UploadTerms};

promises! { $ upload_forms_promises in forms:
    a_form_says_where_it_goes_and_under_which_key,
    a_form_is_good_for_its_own_terms_alone,
}

async fn form(forms: &impl UploadForms, key: &str, max_bytes: usize, until: i64) -> UploadForm {
    let terms = UploadTerms { key: key.to_owned(), max_bytes, expires_at: at(until) };
    forms.form(&terms, at(0)).await.unwrap()
}

pub async fn a_form_says_where_it_goes_and_under_which_key(forms: &impl UploadForms) {
    for key in ["uploads/main/7.jsonl", "uploads/main/ä b+\"c\"%20.jsonl"] {
        let UploadForm { url, fields } = form(forms, key, 10, 60).await;
        assert!(url.starts_with("http"), "{url}");
        let mut names: Vec<&str> = fields.iter().map(|(name, _)| *name).collect();
        let count = names.len();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), count, "a field is there twice");
        assert!(fields.contains(&("key", key.to_owned())), "{fields:?}");
        assert!(fields.iter().all(|(name, value)| *name != "file" && !value.is_empty()));
    }
}

pub async fn a_form_is_good_for_its_own_terms_alone(forms: &impl UploadForms) {
    let own = form(forms, "uploads/main/7", 10, 60).await;
    assert_eq!(form(forms, "uploads/main/7", 10, 60).await, own);
    for other in [("uploads/main/8", 10, 60), ("uploads/main/7", 11, 60), ("uploads/main/7", 10, 61)] {
        let (key, max_bytes, until) = other;
        assert_ne!(form(forms, key, max_bytes, until).await, own, "{other:?}");
    }
}
