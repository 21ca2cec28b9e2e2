//! Receipts: what a partner who drops files finds beside them. Owed from the moment a job has ended, so that one whose
//! worker died just then is written by the next.

use shared::{
    api::ReceiptDocument,
    ports::{FileStore, ImportQueue, ImportRef, ImportStore, Outside, RecordStore, StoreError},
    receipt::receipt_key,
};
use tracing::{info, warn};

use crate::Worker;

/// How many receipts are written in one turn.
const MOST: u32 = 25;

impl<I, R, F, Q> Worker<I, R, F, Q>
where
    I: ImportStore,
    R: RecordStore,
    F: FileStore,
    Q: ImportQueue,
{
    /// Writes the receipts that are owed. What can't be written now stays owed.
    pub(crate) async fn write_receipts(&self) {
        let owed = match self.imports.owed_receipts(MOST).await {
            Ok(owed) => owed,
            Err(error) => return warn!(%error, "could not look for receipts to write; a later turn does"),
        };
        for import in owed {
            match self.write_receipt(&import).await {
                Ok(()) => info!(import.id = %import.id, "receipt written"),
                Err(error) => warn!(import.id = %import.id, %error, "could not write a receipt; a later turn does"),
            }
        }
    }

    async fn write_receipt(&self, owed: &ImportRef) -> Outside<()> {
        // One that is kept no longer has nobody to tell.
        if let Some(import) = self.imports.get(&owed.store, owed.id, (self.clock)()).await?
            && let Some(key) = receipt_key(&import)
            && let Some(receipt) = ReceiptDocument::new(import, |key| self.files.address(key))
        {
            let json = serde_json::to_vec_pretty(&receipt).map_err(|error| StoreError::Permanent(error.to_string()))?;
            self.files.put(&key, json.into()).await?;
        }
        self.imports.settle_receipt(owed).await
    }
}
