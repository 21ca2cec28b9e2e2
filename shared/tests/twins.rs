//! The twins in memory keep the promises of their ports. The AWS side is held to the same ones by the `tests` package.

mod imports {
    shared::import_store_promises!(async { shared::memory::MemoryImports::default() });
    shared::import_end_promises!(async { shared::memory::MemoryImports::default() });
    shared::import_listing_promises!(async { shared::memory::MemoryImports::default() });
    shared::idempotency_promises!(async { shared::memory::MemoryImports::default() });
    shared::upload_store_promises!(async { shared::memory::MemoryImports::default() });
}

mod history {
    use proptest::prelude::*;
    use shared::{
        conformance::history::{self, Step},
        memory::MemoryImports,
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
    shared::record_store_promises!(async { shared::memory::MemoryRecords::default() });
}

mod files {
    use shared::memory::MemoryFiles;

    shared::file_store_promises!(async { MemoryFiles::default() });

    #[tokio::test]
    async fn a_drop_is_read_by_its_version() {
        let files = MemoryFiles::default();
        let (older, newer) = (files.store("drops/a", "older"), files.store("drops/a", "newer"));
        shared::conformance::files::check_versions(&files, (&older, b"older"), (&newer, b"newer")).await;
    }

    #[tokio::test]
    async fn what_is_said_of_a_file_is_said_of_that_version() {
        let files = MemoryFiles::default();
        let (older, newer) = (files.store("drops/a", "older"), files.store("drops/a", "newer"));
        files.describe(&older, &[("external-ref", "nächtlich 🌙")]);
        let expected: &[(&str, &str)] = &[("external-ref", "nächtlich 🌙")];
        shared::conformance::files::check_metadata(&files, &older, expected).await;
        shared::conformance::files::check_metadata(&files, &newer, &[]).await;
    }
}

mod forms {
    shared::upload_forms_promises!(async { shared::memory::MemoryForms::default() });
}

mod queue {
    use shared::memory::{Faults, MemoryQueue};

    shared::import_queue_promises!(async { MemoryQueue::new(chrono::Utc::now, Faults::default()) });
}
