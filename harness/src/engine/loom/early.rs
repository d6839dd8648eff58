//! Atomics that are made before they are needed.
//!
//! An object whose constructor is a `const fn` is heard of when it is used first. To loom that would be where it is made, and it
//! would take what other threads do with it for a race with that. So a search that meets such an atomic beside other threads
//! begins again, and each of its iterations then makes one of that type and value before anything else.

use std::any::type_name;
use std::cell::RefCell;
use std::collections::BTreeMap;

use crate::raw::{Stored, Word};

/// A type of loom, and the bits of a value.
type Key = (&'static str, u64);

/// How atomics of one key are made and dropped.
#[derive(Clone, Copy)]
struct Ways {
    make: fn(u64) -> *mut (),
    end: unsafe fn(*mut ()),
}

#[derive(Default)]
struct Early {
    /// How many of them an iteration has needed at most.
    wanted: BTreeMap<Key, (Ways, usize)>,
    /// Those of the running iteration that are still there.
    ready: BTreeMap<Key, Vec<*mut ()>>,
    /// Nobody begins again: what is not there is made where it is needed.
    enough: bool,
    /// How many of them the running iteration has taken.
    taken: BTreeMap<Key, usize>,
}

thread_local! {
    static EARLY: RefCell<Early> = RefCell::default();
}

/// Begins an iteration, and drops at its end what has not been needed.
pub(super) fn begin() -> impl Drop {
    struct End;
    impl Drop for End {
        fn drop(&mut self) {
            let left = EARLY.with_borrow_mut(|early| {
                early.taken.clear();
                let wanted = early.wanted.clone();
                std::mem::take(&mut early.ready)
                    .into_iter()
                    .map(move |(key, all)| (wanted[&key].0, all))
            });
            for (ways, all) in left {
                for pointer in all {
                    // SAFETY: `make` of the same key has given it, and nobody has taken it.
                    unsafe { (ways.end)(pointer) };
                }
            }
        }
    }
    let wanted = EARLY.with_borrow(|early| early.wanted.clone());
    for (key, (ways, number)) in wanted {
        let all = (0..number).map(|_| (ways.make)(key.1)).collect();
        EARLY.with_borrow_mut(|early| early.ready.insert(key, all));
    }
    End
}

/// Another program is searched.
pub(super) fn forget() {
    EARLY.take();
}

/// From here on nobody begins again.
pub(super) fn is_enough() {
    EARLY.with_borrow_mut(|early| early.enough = true);
}

/// One that was made when the iteration began. If there is none, the next search will have one more.
pub(super) fn take<V: Word, L: Stored<V>>(value: V) -> Option<L> {
    fn make<V: Word, L: Stored<V>>(bits: u64) -> *mut () {
        Box::into_raw(Box::new(L::new(value_of(bits)))).cast()
    }
    unsafe fn end<L>(pointer: *mut ()) {
        // SAFETY: the caller's promise: it comes from `make` of this type.
        drop(unsafe { Box::from_raw(pointer.cast::<L>()) });
    }
    let key = (type_name::<L>(), bits_of(value));
    EARLY.with_borrow_mut(|early| {
        let taken = early.taken.entry(key).or_default();
        *taken += 1;
        let ways = Ways {
            make: make::<V, L>,
            end: end::<L>,
        };
        let wanted = early.wanted.entry(key).or_insert((ways, 0));
        wanted.1 = wanted.1.max(*taken);
        let Some(pointer) = early.ready.get_mut(&key).and_then(Vec::pop) else {
            return early.enough.then(|| L::new(value));
        };
        // SAFETY: it was made by `make` for the same key, so for this type; it is taken once.
        Some(*unsafe { Box::from_raw(pointer.cast::<L>()) })
    })
}

/// A word as a number.
fn bits_of<V: Word>(value: V) -> u64 {
    assert!(size_of::<V>() <= size_of::<u64>(), "there are no larger atomics");
    let mut bits = 0_u64;
    // SAFETY: both are valid for so many bytes; a word has no padding.
    unsafe {
        std::ptr::copy_nonoverlapping(
            (&raw const value).cast::<u8>(),
            (&raw mut bits).cast::<u8>(),
            size_of::<V>(),
        )
    };
    bits
}

/// The word that [`bits_of`] has made this number of.
fn value_of<V: Word>(bits: u64) -> V {
    // SAFETY: these are the bytes of a `V`, at the beginning of the number.
    unsafe { (&raw const bits).cast::<V>().read_unaligned() }
}
