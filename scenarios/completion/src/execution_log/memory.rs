//! Memory: no database at all, and the same mistakes.

use std::collections::BTreeMap;
use std::sync::Mutex;

use super::flow::{Error, FlowId, Status};
use super::storage::Storage;

/// An empty log.
pub(super) fn open() -> Box<dyn Storage> {
    Box::new(Memory(Mutex::new(BTreeMap::new())))
}

/// The log of an engine that forgets everything when it stops.
struct Memory(Mutex<BTreeMap<FlowId, Status>>);

impl Storage for Memory {
    fn insert(&self, id: FlowId, status: Status) -> Result<(), Error> {
        self.0.lock().expect("no holder panics").insert(id, status);
        Ok(())
    }

    fn update(&self, id: FlowId, status: Status) -> Result<bool, Error> {
        let mut rows = self.0.lock().expect("no holder panics");
        Ok(rows.get_mut(&id).map(|row| *row = status).is_some())
    }

    fn select(&self, id: FlowId) -> Result<Option<Status>, Error> {
        Ok(self.0.lock().expect("no holder panics").get(&id).copied())
    }
}
