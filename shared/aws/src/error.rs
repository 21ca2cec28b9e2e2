//! AWS failures, sorted once: worth another try, lost a race, set up wrongly, or wrong for good.

use aws_sdk_dynamodb::{
    error::{BuildError, ProvideErrorMetadata, SdkError},
    operation::transact_write_items::TransactWriteItemsError,
};

use imports::ports::PortError;
use tracing::error;

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
    let code = error.code().unwrap_or_default();
    let transient = match error {
        SdkError::TimeoutError(_) | SdkError::DispatchFailure(_) | SdkError::ResponseError(_) => true,
        SdkError::ServiceError(context) => context.raw().status().as_u16() >= 500 || is_throttling(code),
        _ => false,
    };
    let text = match error {
        SdkError::ServiceError(context) => format!("{} {code}{said}", context.raw().status()),
        _ => chain(error),
    };
    if transient {
        PortError::Transient(text)
    } else if is_refused(error) {
        // Here and not where it is handled: whatever becomes of the call, an alarm rings over this field.
        error!(refused = if code.is_empty() { "403" } else { code }, "AWS refuses a call: something is set up wrongly");
        PortError::Refused(text)
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
pub(super) fn is_throttling(code: &str) -> bool {
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
            | "KmsThrottled"
    )
}

/// Whether the stack is set up wrongly: a permission, a key, or a table, bucket or queue is not there, or the credentials are
/// no good.
pub(super) fn is_refused<E>(error: &SdkError<E>) -> bool
where
    SdkError<E>: ProvideErrorMetadata,
{
    let code = error.code().unwrap_or_default();
    let is_code = matches!(
        code,
        "AccessDenied"
            | "AccessDeniedException"
            | "UnrecognizedClientException"
            | "InvalidClientTokenId"
            | "InvalidAccessKeyId"
            | "InvalidSignatureException"
            | "IncompleteSignatureException"
            | "MissingAuthenticationTokenException"
            | "ExpiredToken"
            | "ExpiredTokenException"
            | "InvalidToken"
            | "ResourceNotFoundException"
            | "NoSuchBucket"
            | "QueueDoesNotExist"
            | "AWS.SimpleQueueService.NonExistentQueue"
    );
    // `KMS.DisabledException` of S3, `KmsAccessDenied` of SQS.
    let is_of_key = code.get(..3).is_some_and(|start| start.eq_ignore_ascii_case("kms")) && !is_throttling(code);
    let is_forbidden = error.raw_response().is_some_and(|answer| answer.status().as_u16() == 403);
    is_code || is_of_key || is_forbidden
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
pub(super) mod tests {
    use aws_sdk_s3::{
        config::http::HttpResponse, error::ErrorMetadata, operation::get_object::GetObjectError, primitives::SdkBody,
    };

    use super::*;

    fn answered(status: u16, code: &str) -> SdkError<GetObjectError> {
        let said = "not authorized to perform: s3:GetObject on drops/main/anna@example.com.jsonl";
        let metadata = ErrorMetadata::builder().code(code).message(said).build();
        let answer = HttpResponse::new(status.try_into().unwrap(), SdkBody::from("<Key>anna@example.com.jsonl</Key>"));
        SdkError::service_error(GetObjectError::generic(metadata), answer)
    }

    pub(crate) fn refused() -> SdkError<GetObjectError> {
        answered(403, "AccessDenied")
    }

    #[test]
    fn an_error_of_a_file_does_not_name_it() {
        assert_eq!(sort_of_file(refused()), PortError::Refused("403 AccessDenied".to_owned()));
    }

    #[test]
    fn another_error_says_what_the_service_says_and_nothing_of_the_answer() {
        let PortError::Refused(text) = sort(refused()) else { panic!("not refused") };
        assert!(text.starts_with("403 AccessDenied: not authorized to perform") && !text.contains("<Key>"), "{text}");
    }

    #[test]
    fn what_the_operator_has_to_mend_is_refused_and_no_load_is() {
        let kind = |status, code| match sort(answered(status, code)) {
            PortError::Refused(_) => "refused",
            PortError::Transient(_) => "transient",
            PortError::Conflict(_) => "conflict",
            PortError::Permanent(_) => "permanent",
        };
        for (status, code, expected) in [
            (400, "AccessDeniedException", "refused"),
            (400, "UnrecognizedClientException", "refused"),
            (400, "ExpiredTokenException", "refused"),
            (400, "ResourceNotFoundException", "refused"),
            (404, "NoSuchBucket", "refused"),
            (400, "AWS.SimpleQueueService.NonExistentQueue", "refused"),
            (400, "KMS.DisabledException", "refused"),
            (400, "KmsAccessDenied", "refused"),
            (403, "", "refused"),
            (400, "KmsThrottled", "transient"),
            (400, "ThrottlingException", "transient"),
            (503, "SlowDown", "transient"),
            (500, "InternalError", "transient"),
            (400, "ConditionalCheckFailedException", "conflict"),
            (400, "ValidationException", "permanent"),
            (404, "NoSuchKey", "permanent"),
        ] {
            assert_eq!(kind(status, code), expected, "{status} {code}");
        }
    }
}
