//! AWS failures, sorted once: worth another try, lost a race, or wrong for good.

use aws_sdk_dynamodb::{
    error::{BuildError, ProvideErrorMetadata, SdkError},
    operation::transact_write_items::TransactWriteItemsError,
};

use imports::ports::PortError;

/// A request of ours that the SDK would not build.
#[expect(clippy::needless_pass_by_value, reason = "the shape that map_err calls")]
pub(super) fn unbuilt(error: BuildError) -> PortError {
    PortError::Permanent(error.to_string())
}

/// Sorts a failed call. The SDK has already tried again what it knows to be transient.
///
/// The text goes to the log: it holds what the service says, and nothing of the answer itself.
pub(super) fn sort<E>(error: SdkError<E>) -> PortError
where
    E: ProvideErrorMetadata + std::error::Error + 'static,
    SdkError<E>: std::error::Error,
{
    let said = error.message().map(|message| format!(": {message}"));
    sort_as(&error, &said.unwrap_or_default())
}

/// Sorts a failed call of S3, whose messages are left out: they may name the object, and with it a partner's file.
pub(super) fn sort_of_file<E>(error: SdkError<E>) -> PortError
where
    E: ProvideErrorMetadata + std::error::Error + 'static,
    SdkError<E>: std::error::Error,
{
    sort_as(&error, "")
}

fn sort_as<E>(error: &SdkError<E>, said: &str) -> PortError
where
    E: ProvideErrorMetadata + std::error::Error + 'static,
    SdkError<E>: std::error::Error,
{
    let code = error.code().unwrap_or_default().to_owned();
    let transient = match error {
        SdkError::TimeoutError(_) | SdkError::DispatchFailure(_) | SdkError::ResponseError(_) => true,
        SdkError::ServiceError(context) => context.raw().status().as_u16() >= 500 || is_throttling(&code),
        _ => false,
    };
    let text = match error {
        SdkError::ServiceError(context) => format!("{} {code}{said}", context.raw().status()),
        _ => chain(error),
    };
    if transient {
        PortError::Transient(text)
    } else if code == "ConditionalCheckFailedException" {
        PortError::Conflict(text)
    } else {
        PortError::Permanent(text)
    }
}

/// An error and what caused it, each in its own words.
fn chain(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(Some(error), |error| error.source());
    causes.map(ToString::to_string).collect::<Vec<_>>().join(": ")
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
    /// The condition of the action at this index did not hold.
    Condition(usize),
    /// Another transaction was at work on one of the items; the same one may succeed a moment later.
    Contended,
    /// The call itself failed.
    Failed(PortError),
}

/// Sorts a failed transaction. A condition that did not hold comes before contention: trying again would not help.
pub(super) fn sort_transaction(error: SdkError<TransactWriteItemsError>) -> Cancelled {
    let reasons = match error.as_service_error() {
        Some(TransactWriteItemsError::TransactionCanceledException(cancelled)) => cancelled.cancellation_reasons(),
        _ => return Cancelled::Failed(sort(error)),
    };
    let with = |code: &str| reasons.iter().enumerate().find(|(_, reason)| reason.code() == Some(code));
    if let Some((index, _)) = with("ConditionalCheckFailed") {
        return Cancelled::Condition(index);
    }
    let contended = ["TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded"];
    if contended.into_iter().any(|code| with(code).is_some()) {
        return Cancelled::Contended;
    }
    Cancelled::Failed(sort(error))
}

#[cfg(test)]
mod tests {
    use aws_sdk_s3::{
        config::http::HttpResponse, error::ErrorMetadata, operation::get_object::GetObjectError, primitives::SdkBody,
    };

    use super::*;

    fn refused() -> SdkError<GetObjectError> {
        let said = "not authorized to perform: s3:GetObject on drops/main/anna@example.com.jsonl";
        let metadata = ErrorMetadata::builder().code("AccessDenied").message(said).build();
        let answer = HttpResponse::new(403.try_into().unwrap(), SdkBody::from("<Key>anna@example.com.jsonl</Key>"));
        SdkError::service_error(GetObjectError::generic(metadata), answer)
    }

    #[test]
    fn an_error_of_a_file_does_not_name_it() {
        assert_eq!(sort_of_file(refused()), PortError::Permanent("403 AccessDenied".to_owned()));
    }

    #[test]
    fn another_error_says_what_the_service_says_and_nothing_of_the_answer() {
        let PortError::Permanent(text) = sort(refused()) else { panic!("not permanent") };
        assert!(text.starts_with("403 AccessDenied: not authorized to perform") && !text.contains("<Key>"), "{text}");
    }
}
