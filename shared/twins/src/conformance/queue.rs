//! What a [`Queue`] promises. Each test needs an empty queue.

use std::{future::Future, time::Duration};

use uuid::Uuid;

use super::{fresh_store, promises};
use imports::{
    import::ImportId,
    message::Tick,
    ports::{PortError, PortResult, Queue},
};

promises! { $ queue_promises in queue:
    a_message_is_received_as_it_was_sent,
    a_repeated_key_is_dropped_even_after_its_message,
    messages_come_one_at_a_time_in_order,
    a_hidden_message_holds_its_group,
    a_message_hidden_for_no_time_comes_back_at_once,
    an_unknown_receipt_hides_nothing,
}

/// The other side of a queue, which Lambda has on AWS.
pub trait Consumer: Queue {
    /// Receives the next message, if there is one: its receipt and its body.
    fn receive(&self) -> impl Future<Output = PortResult<Option<(String, Tick)>>> + Send;

    /// Deletes a message that was received.
    fn delete(&self, receipt: &str) -> impl Future<Output = PortResult<()>> + Send;
}

fn tick() -> Tick {
    Tick::of(&fresh_store(), ImportId::new(Uuid::new_v4()))
}

fn key() -> String {
    Uuid::new_v4().to_string()
}

async fn sent(queue: &impl Consumer, count: usize) -> Vec<Tick> {
    let mut ticks = Vec::new();
    for _ in 0..count {
        let tick = tick();
        queue.send(&tick, &key()).await.unwrap();
        ticks.push(tick);
    }
    ticks
}

async fn received(queue: &impl Consumer) -> (String, Tick) {
    queue.receive().await.unwrap().unwrap()
}

pub async fn a_message_is_received_as_it_was_sent(queue: &impl Consumer) {
    let ticks = sent(queue, 1).await;
    assert_eq!(queue.depth().await, Ok(1));
    let (receipt, tick) = received(queue).await;
    assert_eq!(vec![tick], ticks);
    // Being handled, it counts still.
    assert_eq!(queue.depth().await, Ok(1));
    queue.delete(&receipt).await.unwrap();
    assert_eq!(queue.depth().await, Ok(0));
    assert_eq!(queue.receive().await, Ok(None));
}

pub async fn a_repeated_key_is_dropped_even_after_its_message(queue: &impl Consumer) {
    let (first, key) = (tick(), key());
    queue.send(&first, &key).await.unwrap();
    queue.send(&tick(), &key).await.unwrap();
    assert_eq!(queue.depth().await, Ok(1));
    let (receipt, received) = received(queue).await;
    assert_eq!(received, first);
    queue.delete(&receipt).await.unwrap();
    queue.send(&first, &key).await.unwrap();
    assert_eq!(queue.depth().await, Ok(0));
}

pub async fn messages_come_one_at_a_time_in_order(queue: &impl Consumer) {
    for expected in sent(queue, 3).await {
        let (receipt, tick) = received(queue).await;
        assert_eq!(tick, expected);
        assert_eq!(queue.receive().await, Ok(None));
        queue.delete(&receipt).await.unwrap();
    }
}

pub async fn a_hidden_message_holds_its_group(queue: &impl Consumer) {
    sent(queue, 2).await;
    let (receipt, _) = received(queue).await;
    queue.hide(&receipt, Duration::from_mins(1)).await.unwrap();
    assert_eq!(queue.receive().await, Ok(None));
    assert_eq!(queue.depth().await, Ok(2));
}

pub async fn a_message_hidden_for_no_time_comes_back_at_once(queue: &impl Consumer) {
    let ticks = sent(queue, 2).await;
    let (receipt, _) = received(queue).await;
    queue.hide(&receipt, Duration::ZERO).await.unwrap();
    let (receipt, tick) = received(queue).await;
    assert_eq!(Some(&tick), ticks.first());
    queue.delete(&receipt).await.unwrap();
    assert_eq!(Some(&received(queue).await.1), ticks.get(1));
}

pub async fn an_unknown_receipt_hides_nothing(queue: &impl Consumer) {
    sent(queue, 1).await;
    let hidden = queue.hide("no receipt", Duration::from_mins(1)).await;
    assert!(matches!(hidden, Err(PortError::Permanent(_))), "{hidden:?}");
    assert!(queue.receive().await.unwrap().is_some());
}
