//! AWS failures, sorted once: worth another try, lost a race, or wrong for good.

use aws_sdk_dynamodb::{
    error::{BuildError, DisplayErrorContext, ProvideErrorMetadata, SdkError},
    operation::transact_write_items::TransactWriteItemsError,
    types::CancellationReason,
};

use crate::ports::StoreError;

/// A request of ours that the SDK would not build.
impl From<BuildError> for StoreError {
    fn from(error: BuildError) -> Self {
        Self::Permanent(error.to_string())
    }
}

/// Sorts a failed call. The SDK has already tried again what it knows to be transient.
pub(super) fn sort<E>(error: SdkError<E>) -> StoreError
where
    E: ProvideErrorMetadata + std::error::Error + 'static,
    SdkError<E>: std::error::Error,
{
    let code = error.code().unwrap_or_default().to_owned();
    let transient = match &error {
        SdkError::TimeoutError(_) | SdkError::DispatchFailure(_) | SdkError::ResponseError(_) => true,
        SdkError::ServiceError(context) => context.raw().status().as_u16() >= 500 || is_throttling(&code),
        _ => false,
    };
    // The context names the service's code and message; neither holds what we sent.
    let text = DisplayErrorContext(error).to_string();
    if transient {
        StoreError::Transient(text)
    } else if code == "ConditionalCheckFailedException" {
        StoreError::Conflict(text)
    } else {
        StoreError::Permanent(text)
    }
}

/// Whether a code of a client's error tells of load, or of another write in the way, and not of a mistake.
fn is_throttling(code: &str) -> bool {
    matches!(
        code,
        "ProvisionedThroughputExceededException"
            | "ThrottlingException"
            | "Throttling"
            | "RequestLimitExceeded"
            | "TooManyRequestsException"
            | "RequestThrottled"
            | "SlowDown"
            | "TransactionInProgressException"
            | "TransactionConflictException"
            | "RequestTimeout"
            | "RequestTimeoutException"
            | "InternalServerError"
    )
}

/// Why a transaction did not happen.
pub(super) enum Cancelled {
    /// The condition of the action at this place did not hold.
    Condition(usize, Box<CancellationReason>),
    /// Another transaction was at work on one of the items; the same one may succeed a moment later.
    Contended,
    /// The call itself failed.
    Failed(StoreError),
}

/// Sorts a failed transaction. A condition that did not hold comes before contention: trying again would not help.
pub(super) fn sort_transaction(error: SdkError<TransactWriteItemsError>) -> Cancelled {
    let reasons = match error.as_service_error() {
        Some(TransactWriteItemsError::TransactionCanceledException(cancelled)) => cancelled.cancellation_reasons(),
        _ => return Cancelled::Failed(sort(error)),
    };
    let with = |code: &str| reasons.iter().enumerate().find(|(_, reason)| reason.code() == Some(code));
    if let Some((place, reason)) = with("ConditionalCheckFailed") {
        return Cancelled::Condition(place, Box::new(reason.clone()));
    }
    let contended = ["TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded"];
    if contended.into_iter().any(|code| with(code).is_some()) {
        return Cancelled::Contended;
    }
    Cancelled::Failed(sort(error))
}
