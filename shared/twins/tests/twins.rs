//! The twins in memory keep the promises of their ports. The AWS side is held to the same ones by the `tests` package.

mod imports {
    twins::imports_promises!(async { twins::MemoryImports::default() });
    twins::import_end_promises!(async { twins::MemoryImports::default() });
    twins::import_listing_promises!(async { twins::MemoryImports::default() });
    twins::idempotency_promises!(async { twins::MemoryImports::default() });
    twins::uploads_promises!(async { twins::MemoryImports::default() });
    twins::seats_promises!(async { twins::MemoryImports::default() });
}

mod history {
    use proptest::prelude::*;
    use twins::{
        MemoryImports,
        conformance::history::{self, Step},
    };

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn whatever_the_retention_was_every_way_to_ask_finds_the_same_jobs(
            drawn in prop::collection::vec(any::<[u8; 3]>(), 1..60),
        ) {
            let steps: Vec<Step> = drawn.into_iter().map(Step::of).collect();
            let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
            runtime.block_on(history::check(&MemoryImports::default(), &steps, async |_| ()));
        }
    }
}

mod records {
    twins::records_promises!(async { twins::MemoryRecords::default() });
}

mod files {
    use twins::MemoryFiles;

    twins::files_promises!(async { MemoryFiles::default() });

    #[tokio::test]
    async fn a_drop_is_read_by_its_version() {
        let files = MemoryFiles::default();
        let (older, newer) = (files.store("drops/a", "older"), files.store("drops/a", "newer"));
        twins::conformance::files::check_versions(&files, (&older, b"older"), (&newer, b"newer")).await;
    }

    #[tokio::test]
    async fn what_is_said_of_a_file_is_said_of_that_version() {
        let files = MemoryFiles::default();
        let (older, newer) = (files.store("drops/a", "older"), files.store("drops/a", "newer"));
        files.describe(&older, &[("external-ref", "nächtlich 🌙")]);
        let expected: &[(&str, &str)] = &[("external-ref", "nächtlich 🌙")];
        twins::conformance::files::check_metadata(&files, &older, expected).await;
        twins::conformance::files::check_metadata(&files, &newer, &[]).await;
    }
}

mod forms {
    twins::upload_forms_promises!(async { twins::MemoryForms::default() });
}

mod queue {
    use twins::{Faults, MemoryQueue};

    twins::queue_promises!(async { MemoryQueue::new(chrono::Utc::now, Faults::default()) });
}
