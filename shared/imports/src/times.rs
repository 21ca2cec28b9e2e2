//! Every time that another one depends on, and what must hold between them. A number that breaks a relation does not
//! compile. The template repeats the ones that say so, and the stories' rule `times` compares the two.

use std::time::Duration;

use chrono::TimeDelta;

// What all of it rests on.

/// A request takes effect within this time of being sent, or never. A worker waits for so long before it gives a job up
/// or back, so that nothing of it is written once another job may run.
pub const AFTERMATH: TimeDelta = TimeDelta::seconds(10);
/// The clocks of two workers differ by less.
pub const CLOCKS_DIFFER: TimeDelta = TimeDelta::seconds(10);
/// S3 closes a connection that was idle for so long.
pub const S3_CLOSES_IDLE: TimeDelta = TimeDelta::seconds(20);
/// An HTTP API gives a function up after so long.
pub const GATEWAY_GIVES_UP: TimeDelta = TimeDelta::seconds(30);

// The lease and the heartbeat.

/// How long a claim holds without a heartbeat, and for how long the heartbeat hides its message.
pub const LEASE: TimeDelta = TimeDelta::seconds(60);
/// A worker that could not renew its lease stops so long before it runs out.
pub const MARGIN: TimeDelta = TimeDelta::seconds(20);
/// How often the heartbeat renews the lease, and hides the message anew.
pub const RENEW: TimeDelta = TimeDelta::seconds(14);
/// How often the heartbeat shows the progress, and learns whether the job is to stop.
pub const SHOW: TimeDelta = TimeDelta::seconds(2);
/// How long the heartbeat waits for each of its calls.
pub const BEAT_CALL: TimeDelta = TimeDelta::seconds(10);

// The lane.

/// For how long a worker waits for a job that is being created before it claims a later one. A creation that takes longer
/// comes at the end of the lane.
pub const CREATION: TimeDelta = TimeDelta::seconds(2);

// The worker's run.

/// How long Lambda lets the worker run. In the template.
pub const WORKER_TIMEOUT: TimeDelta = TimeDelta::seconds(100);
/// How much of that is left when no batch begins any more.
pub const HAND_OVER: TimeDelta = TimeDelta::seconds(30);
/// How much of the hand-over the batches under way have to end.
pub const DRAIN: TimeDelta = TimeDelta::seconds(10);
/// How much of it is for releasing the lease and sending the next tick.
pub const GIVE_BACK: TimeDelta = TimeDelta::seconds(10);
/// How long releasing the lease may take.
pub const RELEASE: TimeDelta = TimeDelta::seconds(6);
/// For how long the queue hides a message that nobody has hidden for another time. In the template.
pub const VISIBILITY: TimeDelta = TimeDelta::seconds(105);
/// After how long a message comes back whose worker met a failure that may pass: at first, and at the most.
pub const SOON: TimeDelta = TimeDelta::seconds(5);
pub const LATEST: TimeDelta = TimeDelta::seconds(60);
/// The longest that a worker that died holds the others up.
pub const RESTART: TimeDelta = TimeDelta::seconds(120);

// Calls of AWS.

/// How long a connection may take to be made.
pub const CONNECT: TimeDelta = TimeDelta::seconds(3);
/// How long one attempt of a call may take that carries little: jobs, messages.
pub const ATTEMPT: TimeDelta = TimeDelta::seconds(3);
/// How long such a call may take with all its attempts.
pub const OPERATION: TimeDelta = TimeDelta::seconds(12);
/// How long one attempt of a call may take that carries much: files, objects.
pub const HEAVY_ATTEMPT: TimeDelta = TimeDelta::seconds(10);
/// How long such a call may take with all its attempts.
pub const HEAVY_OPERATION: TimeDelta = TimeDelta::seconds(24);
/// How long S3 may go without sending the next piece of a file.
pub const STALL: TimeDelta = TimeDelta::seconds(20);
/// How long a connection is kept that nobody uses.
pub const POOL_IDLE: TimeDelta = TimeDelta::seconds(15);

// The other functions.

/// How long a function of the API may run. In the template.
pub const API_TIMEOUT: TimeDelta = TimeDelta::seconds(29);
/// How long it has for an answer of its own.
pub const ANSWER: TimeDelta = TimeDelta::seconds(27);
/// How long a call waits at most for its job to change.
pub const LONGEST_WAIT: TimeDelta = TimeDelta::seconds(25);
/// How often a call that waits looks.
pub const LOOK: TimeDelta = TimeDelta::seconds(1);
/// How long whoever makes a job waits for its tick to be sent: resume-imports sends one that was not.
pub const TICK: TimeDelta = TimeDelta::seconds(6);
/// How long accept-drop may run. In the template.
pub const DROP_TIMEOUT: TimeDelta = TimeDelta::seconds(60);
/// How often resume-imports runs. In the template.
pub const RESUME_EVERY: TimeDelta = TimeDelta::seconds(60);
/// How long resume-imports may run. In the template.
pub const RESUME_TIMEOUT: TimeDelta = TimeDelta::seconds(50);
/// How old a job is before resume-imports looks after it, or after its receipt: the tick of a younger one may still be on
/// its way.
pub const RESUME_GRACE: TimeDelta = TimeDelta::seconds(30);

/// For how long debts of one kind are paid in one go; the last that was begun is paid to its end.
pub const PAY: TimeDelta = TimeDelta::seconds(10);
/// How long a debt may be owed before somebody is called.
pub const OVERDUE: TimeDelta = TimeDelta::minutes(10);
/// How long a worker may take to say that its job has started.
pub const ANNOUNCE: TimeDelta = TimeDelta::seconds(6);

// Puts of one file, which S3 announces in any order.

/// How long Lambda tries to have a put taken in.
pub const ANNOUNCED: TimeDelta = TimeDelta::hours(6);
/// How long a queue keeps what could not be taken in. In the template.
pub const LETTER: TimeDelta = TimeDelta::days(14);
/// How long the latest put of a file is remembered.
pub const PUT_REMEMBERED: TimeDelta = TimeDelta::days(30);

/// The smallest difference there is between two of these times.
const SECOND: TimeDelta = TimeDelta::seconds(1);

const _: () = assert!(
    fit(&[AFTERMATH, CLOCKS_DIFFER], MARGIN),
    "what a worker sent before it stopped takes effect before another worker may take its job"
);
const _: () = assert!(
    fit(&[RENEW, RENEW, BEAT_CALL, MARGIN], LEASE),
    "a renewal that fails is tried once more, to its end, before the worker has to stop"
);
const _: () = assert!(
    fit(&[RENEW], MARGIN),
    "an earlier renewal that takes effect after a later one leaves the lease longer than its worker works"
);
const _: () = assert!(fit(&[BEAT_CALL], RENEW), "a call of the heartbeat has ended when its next turn comes");
const _: () = assert!(
    fit(&[AFTERMATH], BEAT_CALL),
    "a call that the heartbeat gave up has had its effect before the next of its kind is sent"
);
const _: () = assert!(fit(&[SHOW, SHOW], BEAT_CALL), "people see progress, and cancel, within seconds");
const _: () = assert!(
    fit(&[DRAIN, AFTERMATH, GIVE_BACK], HAND_OVER),
    "a job is handed over only once its last writes have had their effect"
);
const _: () = assert!(fit(&[ATTEMPT, ATTEMPT], RELEASE), "a release that hangs is tried again");
const _: () = assert!(fit(&[RELEASE, ATTEMPT], GIVE_BACK), "there is time for a tick after the release");
const _: () = assert!(
    fit(&[LATEST, SOON], RESTART),
    "a message that has often come back in vain holds nobody up for two minutes once the cause has passed"
);
const _: () = assert!(
    fit(&[HEAVY_OPERATION, HAND_OVER], WORKER_TIMEOUT),
    "a call that is tried to its end leaves the time for handing the job over"
);
const _: () =
    assert!(fit(&[CREATION, SECOND], SOON), "a creation that died holds the lane up no longer than a failed claim");
const _: () = assert!(
    fit(&[WORKER_TIMEOUT, SOON], VISIBILITY),
    "a message stays hidden while its worker may run, even one that Lambda began a little late"
);
const _: () =
    assert!(fit(&[LEASE, SECOND], VISIBILITY), "a worker that hides its message comes back sooner, not later");
const _: () = assert!(fit(&[VISIBILITY, SOON], RESTART), "a worker that died at once holds nobody up for two minutes");
const _: () = assert!(fit(&[LEASE, SOON], RESTART), "a worker that died at work holds nobody up for two minutes");
const _: () = assert!(
    fit(&[ATTEMPT, ATTEMPT, MARGIN], LEASE),
    "a claim that hangs is tried again while the lease that it asked for holds"
);
const _: () = assert!(
    fit(&[ATTEMPT, ATTEMPT], OPERATION) && fit(&[HEAVY_ATTEMPT, HEAVY_ATTEMPT], HEAVY_OPERATION),
    "a call that hangs is tried again"
);
const _: () = assert!(
    fit(&[OPERATION], ANSWER) && fit(&[HEAVY_OPERATION], ANSWER),
    "a call that is tried to its end leaves the time to say so"
);
const _: () = assert!(fit(&[ANSWER, SECOND], API_TIMEOUT), "a function that takes too long says so itself");
const _: () = assert!(fit(&[LONGEST_WAIT, SECOND], ANSWER), "a call that has waited longest still reads its answer");
const _: () = assert!(fit(&[ATTEMPT, ATTEMPT], TICK), "a tick that hangs is sent again");
const _: () = assert!(fit(&[CONNECT, CONNECT], BEAT_CALL), "the heartbeat outlives a connection that is not made");
const _: () = assert!(
    fit(&[STALL, STALL, STALL, HAND_OVER], WORKER_TIMEOUT),
    "a file that stalls is read again, and once more, before the job is handed over"
);
const _: () = assert!(fit(&[POOL_IDLE, SECOND], S3_CLOSES_IDLE), "no connection is used that S3 has closed");
const _: () = assert!(fit(&[API_TIMEOUT, SECOND], GATEWAY_GIVES_UP), "a caller gets the function's answer");
const _: () = assert!(
    fit(&[HEAVY_OPERATION, OPERATION, OPERATION], DROP_TIMEOUT),
    "accept-drop runs long enough for one call that is tried to its end"
);
const _: () = assert!(fit(&[RESUME_TIMEOUT, SECOND], RESUME_EVERY), "two runs of resume-imports never meet");
const _: () =
    assert!(fit(&[RESUME_GRACE, RESUME_EVERY], RESTART), "a job whose tick was lost is found within two minutes");
const _: () = assert!(
    fit(&[PAY, PAY, PAY, OPERATION], RESUME_TIMEOUT),
    "resume-imports has time for every kind of debt, and for a call that is tried to its end"
);
const _: () = assert!(fit(&[ATTEMPT, ATTEMPT], ANNOUNCE), "an announcement that hangs is sent again");
const _: () =
    assert!(fit(&[RESTART, RESTART], OVERDUE), "nobody is called over a debt that is still to be paid by itself");
const _: () = assert!(
    fit(&[ANNOUNCED, LETTER, SECOND], PUT_REMEMBERED),
    "an earlier put that is announced last of all finds the later one remembered"
);

/// Whether `parts`, one after the other, take no longer than `whole`.
const fn fit(mut parts: &[TimeDelta], whole: TimeDelta) -> bool {
    let mut left = whole.num_seconds();
    while let [part, rest @ ..] = parts {
        left -= part.num_seconds();
        parts = rest;
    }
    left >= 0
}

/// A time as what waits and time-outs take.
#[must_use]
pub const fn duration(time: TimeDelta) -> Duration {
    Duration::from_secs(time.num_seconds().unsigned_abs())
}
