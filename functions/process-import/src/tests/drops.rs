//! Files that partners drop: several puts of one name, and files that can't be had.

use super::*;

impl World {
    /// Makes a job of a put of `a.jsonl` under a policy, as S3 announces it.
    async fn put(&self, number: u128, sequencer: &str, name: &str, options: ImportOptions) {
        let file = product("tea").replace("Tea tea", name);
        let file = self.worker.files.store("drops/main/a.jsonl", file);
        let sequencer = Some(sequencer.to_owned());
        let new = NewImport { options, sequencer, ..NewImport::new(id(number), store(), file) };
        submit(&self.worker.imports, &self.worker.queue, new, twins::now()).await.unwrap();
    }

    async fn failure(&self, number: u128) -> String {
        self.import(number).await.report.unwrap().failure.unwrap().problem
    }

    fn name_of_tea(&self) -> String {
        self.worker.records.all().remove(0).attributes.get("name").unwrap().to_string()
    }
}

fn update() -> ImportOptions {
    ImportOptions { on_conflict: OnConflict::Update, ..ImportOptions::default() }
}

#[tokio::test(start_paused = true)]
async fn the_last_put_of_a_name_wins_in_whatever_order_puts_are_announced() {
    let puts = [("0066", "first"), ("0066A0", "second"), ("0066B", "third")];
    for order in [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]] {
        let world = World::new();
        for (number, place) in (1..).zip(order) {
            let (sequencer, name) = puts[place];
            world.put(number, sequencer, name, update()).await;
        }
        world.run().await;
        assert_eq!(world.name_of_tea(), "\"third\"", "{order:?}");
        let mut latest = 0;
        for (number, place) in (1..).zip(order) {
            let outcome = world.outcome(number).await;
            if place < latest {
                assert_eq!(outcome, "failed, 0 of 0\n0: superseded \n", "{order:?}");
            } else {
                assert_eq!(outcome, "success, 1 of 1\n", "{order:?}");
            }
            latest = latest.max(place);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_put_whose_worker_died_is_imported_again_and_not_taken_for_an_older_one() {
    let world = World::new();
    world.put(1, "0066A0", "second", update()).await;
    world.put(2, "0066", "first", update()).await;
    world.faults.plan(Call::NotePut, Fault::After(imports::ports::PortError::Transient("lost".to_owned())));
    world.run().await;
    assert_eq!(world.outcome(1).await, "success, 1 of 1\n");
    assert_eq!(world.outcome(2).await, "failed, 0 of 0\n0: superseded \n");
}

#[tokio::test(start_paused = true)]
async fn a_rehearsal_of_a_later_put_stands_in_no_ones_way() {
    let world = World::new();
    world.put(1, "0067", "second", ImportOptions { dry_run: true, ..update() }).await;
    world.put(2, "0066", "first", update()).await;
    world.run().await;
    assert_eq!(world.outcome(2).await, "success, 1 of 1\n");
}

#[tokio::test(start_paused = true)]
async fn a_file_in_an_archive_is_named_with_what_to_do() {
    let rehearsal = ImportOptions { dry_run: true, ..ImportOptions::default() };
    for (class, name, options, sequencer) in [
        ("DEEP_ARCHIVE", "drops/main/a.jsonl", ImportOptions::default(), None),
        ("GLACIER", "drops/main/2026/november/a.jsonl.gz", update(), Some("0066".to_owned())),
        ("GLACIER", "drops/main/a b.jsonl", rehearsal, None),
    ] {
        let world = World::new();
        let file = world.worker.files.store(name, product("tea"));
        world.worker.files.archive(&file, class);
        let new = NewImport { options, sequencer, ..NewImport::new(id(1), store(), file) };
        submit(&world.worker.imports, &world.worker.queue, new, twins::now()).await.unwrap();
        world.run().await;
        assert_eq!(world.outcome(1).await, "failed, 0 of 0\n0: file_unreadable \n");
        assert_eq!(
            world.failure(1).await,
            format!(
                "the import file can't be read: it lies in S3's storage class {class}, an archive; put the file again in the \
                 class STANDARD, or restore it in S3 and then put it again"
            )
        );
        assert!(world.worker.records.all().is_empty());
    }
}

#[tokio::test(start_paused = true)]
async fn a_file_whose_options_are_refused_is_handed_back_whole() {
    let world = World::new();
    let content = product("tea") + "\n{]\r\n" + &product("mug");
    let file = world.worker.files.store("drops/main/a.jsonl", content);
    let refused = Some("metadata \"dry-run\" must be true or false".to_owned());
    let new = NewImport { refused, ..NewImport::new(id(1), store(), file) };
    submit(&world.worker.imports, &world.worker.queue, new, twins::now()).await.unwrap();
    world.run().await;
    assert_eq!(
        world.outcome(1).await,
        "failed, 0 of 2\n0: invalid_option \n1: invalid_option \n3: invalid_option \n4: invalid_option \n"
    );
    assert_eq!(
        world.failure(1).await,
        "the import file was not tried: metadata \"dry-run\" must be true or false; its lines are among the failed lines: \
         fetch them and send them again with the option put right"
    );
    assert_eq!(world.failed_lines(1).await, product("tea") + "{]\r\n" + &product("mug"));
    assert!(world.worker.records.all().is_empty());
    world.submit(2, world.failed_lines(1).await).await;
    world.run().await;
    assert_eq!(world.outcome(2).await, "success, 2 of 2\n2: not_json \n");
}
