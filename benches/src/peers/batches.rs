//! How much a call takes.

/// The most items that a call takes.
const BATCH: usize = 25;

/// The most bytes that a call takes, with room for what is around the items.
const BATCH_BYTES: usize = 15 << 20;

/// Deals items out to calls.
pub(super) fn batches<'i>(items: &[&'i str]) -> Vec<Vec<&'i str>> {
    let (mut batches, mut bytes) = (Vec::<Vec<&str>>::new(), 0);
    for &item in items {
        bytes += item.len();
        match batches.last_mut() {
            Some(batch) if batch.len() < BATCH && bytes <= BATCH_BYTES => batch.push(item),
            _ => {
                bytes = item.len();
                batches.push(vec![item]);
            }
        }
    }
    batches
}
