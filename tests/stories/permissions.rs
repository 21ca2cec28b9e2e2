//! Least permissions: what the roles of the functions are granted is what the functions use, and without any one of it
//! something fails.

pub(crate) mod roles;
mod scenes;
mod stage;

use std::collections::{BTreeMap, BTreeSet};

use local::Stack;

use self::{
    roles::{Decision, Pair, Roles},
    scenes::{SCENES, Scene},
    stage::Stage,
};
use crate::{template, world::World};

/// What AWS needs and the local AWS does not: function, action, resource, and why.
const UNSEEN: [(&str, &str, &str, &str); 8] = [
    (
        "accept-drop",
        "s3:GetObject",
        "bucket/drops/*",
        "S3's HeadObject: \"To use HEAD, you must have the s3:GetObject permission.\"",
    ),
    ("accept-drop", "s3:ListBucket", "bucket", MISSING),
    ("process-import", "s3:ListBucket", "bucket", MISSING),
    ("list-import-errors", "s3:ListBucket", "bucket", MISSING),
    (
        "accept-drop",
        "sqs:SendMessage",
        "dead letters of drops",
        "Lambda sends what failed to the destination with the function's role",
    ),
    ("process-import", "sqs:ReceiveMessage", "queue", MAPPING),
    ("process-import", "sqs:DeleteMessage", "queue", MAPPING),
    ("process-import", "sqs:GetQueueAttributes", "queue", MAPPING),
];

const MISSING: &str = "S3's GetObject: \"If you have the s3:ListBucket permission on the bucket, Amazon S3 returns an HTTP status \
     code 404 (Not Found) error. If you don't have the s3:ListBucket permission, Amazon S3 returns an HTTP status code 403 \
     (\"access denied\") error.\" The prefix that it asks the permission for is the object's key.";
const MAPPING: &str = "Lambda's event source mapping receives and deletes messages with the function's role, and asks for the queue's attributes";

/// A resource by what it is, where its own name is made by chance.
fn named(stack: &Stack, resource: &str) -> String {
    let queue = |output: &str| stack.output(output).rsplit('/').next().unwrap_or_default().to_owned();
    let names = [
        (stack.imports_table().to_owned(), "imports"),
        (stack.objects_table().to_owned(), "objects"),
        (stack.bucket().to_owned(), "bucket"),
        (queue("DropDeadLetterQueueUrl"), "dead letters of drops"),
        (queue("DeadLetterQueueUrl"), "dead letters"),
        (queue("QueueUrl"), "queue"),
    ];
    let own = resource.rsplit(':').next().unwrap_or_default();
    let own = own.trim_start_matches("table/").trim_start_matches("event-bus/");
    names
        .iter()
        .find_map(|(name, what)| Some(format!("{what}{}", own.strip_prefix(name)?)))
        .unwrap_or(resource.to_owned())
}

fn shown(stack: &Stack, pair: &Pair) -> String {
    format!("{} {} {}", pair.function, pair.action, named(stack, &pair.resource))
}

/// Plays every scene, and tells which pairs each has used.
async fn used(stage: &Stage) -> Vec<(Scene, BTreeSet<Pair>)> {
    let mut used = Vec::new();
    for scene in SCENES {
        let before = stage.roles.decisions().len();
        let played = stage.play(scene).await;
        assert_eq!(played, Ok(()), "{scene:?}; log: {}", stage.world.stack.log().display());
        let seen = stage.roles.decisions().split_off(before);
        let refused: Vec<_> = seen.iter().filter(|decision| !decision.allowed).collect();
        assert!(refused.is_empty(), "{scene:?}: {refused:#?}");
        used.push((scene, seen.into_iter().map(|decision| decision.used).collect()));
        stage.clear().await;
    }
    used
}

/// The pairs that no scene has shown to be used, each with its reason.
fn check_used(stack: &Stack, granted: &BTreeSet<Pair>, used: &BTreeSet<Pair>) {
    let strange: Vec<_> = used.iter().filter(|used| !granted.iter().any(|granted| granted.covers(used))).collect();
    assert!(strange.is_empty(), "used, and not granted by the template: {strange:#?}");
    let idle = granted.iter().filter(|granted| !used.iter().any(|used| granted.covers(used)));
    let idle: BTreeSet<String> = idle.map(|pair| shown(stack, pair)).collect();
    let known: BTreeSet<String> =
        UNSEEN.iter().map(|(function, action, resource, _)| format!("{function} {action} {resource}")).collect();
    assert_eq!(idle, known, "left: granted and not used; right: what only AWS needs");
}

/// What is deployed is what SAM makes of the template.
fn check_deployed(granted: &BTreeSet<Pair>) {
    let count = |pairs: &mut dyn Iterator<Item = (String, String)>| {
        pairs.fold(BTreeMap::<_, usize>::new(), |mut counts, pair| {
            *counts.entry(pair).or_default() += 1;
            counts
        })
    };
    let deployed = count(&mut granted.iter().map(|pair| (pair.function.clone(), pair.action.clone())));
    assert_eq!(deployed, count(&mut template::granted().into_iter()));
}

/// Takes a pair away, plays the scenes that use it until one fails, and puts it back.
async fn check_needed(stage: &Stage, pair: &Pair, scenes: &[Scene]) {
    for scene in scenes {
        if fails_without(stage, pair, *scene).await {
            return;
        }
    }
    panic!("{}: {scenes:?} do without it", shown(&stage.world.stack, pair));
}

async fn fails_without(stage: &Stage, pair: &Pair, scene: Scene) -> bool {
    let stack = &stage.world.stack;
    let taken = stage.roles.take_away(stack, pair).await;
    let before = stage.roles.decisions().len();
    let played = stage.play(scene).await;
    let seen = stage.roles.decisions().split_off(before);
    taken.give_back(stack).await;
    stage.clear().await;
    let refused = |decision: &Decision| !decision.allowed && pair.covers(&decision.used);
    let is_refused = seen.iter().any(refused);
    assert!(is_refused, "{}: {scene:?} was not refused it, and came out as {played:?}", shown(stack, pair));
    played.is_err()
}

#[tokio::test(flavor = "multi_thread")]
async fn each_permission_is_used_and_without_any_one_something_fails() {
    let (world, noted) = World::noting().await;
    let roles = Roles::of(&world.stack, noted).await;
    let granted = roles.granted(&world.stack).await;
    check_deployed(&granted);
    let stage = Stage::set(world, roles).await;
    let stack = &stage.world.stack;
    let scenes = used(&stage).await;
    let used: BTreeSet<Pair> = scenes.iter().flat_map(|(_, used)| used).cloned().collect();
    check_used(stack, &granted, &used);

    let mut failed = 0;
    for pair in &granted {
        let needs = |used: &BTreeSet<Pair>| used.iter().any(|used| pair.covers(used));
        let scenes: Vec<Scene> = scenes.iter().filter(|(_, used)| needs(used)).map(|(scene, _)| *scene).collect();
        if !scenes.is_empty() {
            check_needed(&stage, pair, &scenes).await;
            failed += 1;
        }
    }
    // All is back.
    for scene in SCENES.into_iter().filter(|scene| *scene != Scene::HandOver) {
        assert_eq!(stage.play(scene).await, Ok(()), "{scene:?}");
        stage.clear().await;
    }
    assert_eq!(failed + UNSEEN.len(), granted.len());
    println!(
        "{} pairs granted, {} used, {failed} removals each failed; {} that only AWS needs",
        granted.len(),
        failed,
        UNSEEN.len()
    );
}
