//! What an error of librdkafka means for the open commit.

use rdkafka::error::{KafkaError, RDKafkaErrorCode};

/// A failure that the worker can't go on from.
#[derive(Debug, thiserror::Error)]
#[error("{doing}: {error}")]
pub struct KafkaFault {
    pub doing: &'static str,
    pub error: KafkaError,
}

/// What is to be done about an error before `commit_transaction` (which has only one: doubt).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorClass {
    /// The same call again.
    Retry,
    /// The transaction can't be committed; nothing of it was.
    Abort,
    /// Another has taken over, or the client is broken for good.
    Lost,
}

/// The class of an error.
pub fn classify(error: &KafkaError) -> ErrorClass {
    match error {
        KafkaError::Transaction(e) if e.is_fatal() => ErrorClass::Lost,
        KafkaError::Transaction(e) if e.txn_requires_abort() => ErrorClass::Abort,
        KafkaError::Transaction(e) if e.is_retriable() => ErrorClass::Retry,
        KafkaError::MessageConsumptionFatal(_) => ErrorClass::Lost,
        other => match other.rdkafka_error_code() {
            Some(
                RDKafkaErrorCode::Fatal
                | RDKafkaErrorCode::Fenced
                | RDKafkaErrorCode::ProducerFenced
                | RDKafkaErrorCode::FencedInstanceId,
            ) => ErrorClass::Lost,
            Some(RDKafkaErrorCode::QueueFull) => ErrorClass::Retry,
            _ => ErrorClass::Abort,
        },
    }
}

/// Passes by itself: asking again is all that helps.
pub fn is_passing(error: &KafkaError) -> bool {
    matches!(error, KafkaError::Transaction(e) if e.is_retriable() && !e.is_fatal())
        || error.rdkafka_error_code().is_some_and(is_passing_code)
}

/// The codes of what passes by itself: transport, coordinators on the move, a transaction still open.
pub fn is_passing_code(code: RDKafkaErrorCode) -> bool {
    use RDKafkaErrorCode::*;
    matches!(
        code,
        BrokerTransportFailure
            | AllBrokersDown
            | Resolve
            | OperationTimedOut
            | TimedOutQueue
            | WaitingForCoordinator
            | RequestTimedOut
            | CoordinatorLoadInProgress
            | CoordinatorNotAvailable
            | NotCoordinator
            | LeaderNotAvailable
            | NotLeaderForPartition
            | NetworkException
            | UnstableOffsetCommit
            | ConcurrentTransactions
            | RebalanceInProgress
    )
}

/// An event that makes a commit doubtful although it said Ok: its answer, or its question, may have been repeated.
pub fn is_doubt(error: &KafkaError) -> bool {
    use RDKafkaErrorCode::*;
    error.rdkafka_error_code().is_some_and(|code| {
        matches!(
            code,
            BrokerTransportFailure
                | AllBrokersDown
                | OperationTimedOut
                | TimedOutQueue
                | RequestTimedOut
                | NetworkException
                | NotCoordinator
                | CoordinatorNotAvailable
        )
    })
}

/// Polling may go on after it.
pub fn is_recoverable_poll(error: &KafkaError) -> bool {
    match error {
        KafkaError::PartitionEOF(_) => true,
        KafkaError::MessageConsumption(code) => {
            is_passing_code(*code) || *code == RDKafkaErrorCode::UnknownTopicOrPartition
        }
        other => is_passing(other),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fencing_ends_a_worker_and_a_broken_line_does_not() {
        assert_eq!(classify(&KafkaError::MessageProduction(RDKafkaErrorCode::ProducerFenced)), ErrorClass::Lost);
        assert_eq!(classify(&KafkaError::MessageProduction(RDKafkaErrorCode::QueueFull)), ErrorClass::Retry);
        assert_eq!(classify(&KafkaError::MessageProduction(RDKafkaErrorCode::MessageSizeTooLarge)), ErrorClass::Abort);
        assert!(is_recoverable_poll(&KafkaError::MessageConsumption(RDKafkaErrorCode::AllBrokersDown)));
        assert!(!is_recoverable_poll(&KafkaError::MessageConsumption(RDKafkaErrorCode::AutoOffsetReset)));
        assert!(!is_recoverable_poll(&KafkaError::MessageConsumptionFatal(RDKafkaErrorCode::FencedInstanceId)));
        assert!(is_passing(&KafkaError::OffsetFetch(RDKafkaErrorCode::UnstableOffsetCommit)));
        assert!(is_doubt(&KafkaError::Global(RDKafkaErrorCode::BrokerTransportFailure)));
    }
}
