//! The orderings that a program declares, by the places where it does, and others in their stead.
//!
//! A place is a line and column of the program and what an operation does there: a compare-and-exchange has an ordering for
//! what it stores and one for what it loads when it fails, and these are two places. `fetch_update` takes two orderings, too, and the
//! one of its loads is that of its failing exchanges. Calls that a macro writes stand where the macro is called.
//!
//! What a search under other orderings meets is noted for whoever asks: the places, and what is declared there.

use std::collections::{BTreeMap, BTreeSet};
use std::panic::Location;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, PoisonError};

/// What an ordering is for.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) enum Role {
    /// A load, or a compare-and-exchange that fails.
    Load,
    Store,
    /// A read-modify-write.
    Update,
    /// Here `Relaxed` is no fence at all: a relaxed one does nothing, and std has none.
    Fence,
}

/// One ordering that the program declares.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) struct Place {
    pub(crate) location: &'static Location<'static>,
    pub(crate) role: Role,
}

/// What has been seen at a place.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct Uses {
    /// The orderings declared there, in the order in which they came up: more than one if the program computes it.
    pub(crate) orderings: Vec<Ordering>,
    /// The methods that were called.
    pub(crate) verbs: BTreeSet<&'static str>,
}

/// What has been seen at each place.
pub(crate) type Seen = BTreeMap<Place, Uses>;

/// The orderings that count, where these are not the declared ones.
#[derive(Clone, Debug, Default)]
pub(crate) struct Declared {
    /// What counts at these places, whatever is declared there.
    pub(crate) instead: Arc<BTreeMap<Place, Ordering>>,
    /// Everything is taken for `SeqCst`.
    pub(crate) all_seq_cst: bool,
    /// All that was ever declared in the searches that share this.
    seen: Arc<Mutex<Seen>>,
    /// What has been noted, and what counts there: a program has few places and comes by them often.
    known: Vec<(Place, &'static str, Ordering, Ordering)>,
}

impl Declared {
    /// The same record, and these orderings.
    pub(crate) fn with(&self, instead: BTreeMap<Place, Ordering>, all_seq_cst: bool) -> Self {
        Declared {
            instead: Arc::new(instead),
            all_seq_cst,
            seen: Arc::clone(&self.seen),
            known: Vec::new(),
        }
    }

    /// What has been seen so far.
    pub(crate) fn seen(&self) -> Seen {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The ordering that counts where this one is declared.
    pub(super) fn counts(&mut self, place: Place, verb: &'static str, declared: Ordering) -> Ordering {
        let is_this = |(at, called, ordering, _): &&(Place, &'static str, Ordering, Ordering)| {
            std::ptr::eq(at.location, place.location) && (at.role, *called, *ordering) == (place.role, verb, declared)
        };
        if let Some((.., counts)) = self.known.iter().find(is_this) {
            return *counts;
        }
        let counts = match self.all_seq_cst {
            true => Ordering::SeqCst,
            false => self.instead.get(&place).copied().unwrap_or(declared),
        };
        self.known.push((place, verb, declared, counts));
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let uses = seen.entry(place).or_default();
        uses.verbs.insert(verb);
        if !uses.orderings.contains(&declared) {
            uses.orderings.push(declared);
        }
        counts
    }
}
