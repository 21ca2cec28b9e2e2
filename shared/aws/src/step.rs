//! The steps by which a job's life moves on: each is a call that is done or not done. A build with the feature `fault-points`
//! can be made to die just before or just after any of them; in every other build nothing is left of this.

/// A step of a job's life.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Step {
    /// An uploaded file is put.
    Put,
    Create,
    CancelPending,
    Send,
    Hide,
    Claim,
    WriteBatch,
    /// A part of a large report file is sent.
    SendPart,
    /// A report file becomes visible.
    FinishFile,
    Finish,
    PutReceipt,
    SettleReceipt,
    Release,
}

impl Step {
    /// All there are, in the order of a job's life.
    pub const ALL: [Self; 13] = [
        Self::Put,
        Self::Create,
        Self::CancelPending,
        Self::Send,
        Self::Hide,
        Self::Claim,
        Self::WriteBatch,
        Self::SendPart,
        Self::FinishFile,
        Self::Finish,
        Self::PutReceipt,
        Self::SettleReceipt,
        Self::Release,
    ];

    /// The names of the points before and after it.
    #[must_use]
    pub fn points(self) -> [String; 2] {
        [format!("before {self:?}"), format!("after {self:?}")]
    }
}

#[cfg(not(feature = "fault-points"))]
pub(super) fn step<F: Future>(_: Step, call: F) -> F {
    call
}

/// Makes a call that is a step.
#[cfg(feature = "fault-points")]
pub(super) async fn step<F: Future>(step: Step, call: F) -> F::Output {
    let [before, after] = step.points();
    point(&before);
    let done = Box::pin(call).await;
    point(&after);
    done
}

/// Dies on the spot where the environment says `return`, as of SIGKILL: nothing is cleared up, no answer given.
#[cfg(feature = "fault-points")]
fn point(name: &str) {
    fail::fail_point!(name, |_| std::process::abort());
}

/// Takes from the environment, `FAILPOINTS`, at which points to die.
#[cfg(feature = "fault-points")]
pub(super) fn arm() {
    // Dropped it would disarm them.
    std::mem::forget(fail::FailScenario::setup());
}
