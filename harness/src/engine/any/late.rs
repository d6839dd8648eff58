//! A raw object that is made when it is first used, so that the type around it can be made in a constant.
//!
//! A constructor that is a `const fn` runs no code of an engine: nobody can tell then which engine will use the object, nor
//! whether it is to be a static. So an engine hears of it with its first use, and knows the object by where it lies
//! (`kernel/places.rs`). Whoever gives the object a name has it made there and then.

use std::cell::Cell;
use std::hint::black_box;
use std::ops::{Deref, DerefMut};
use std::panic::Location;
use std::sync::OnceLock;

use crate::engine::current::{Engine, current, strays};
use crate::engine::{controlled, native};
#[cfg(feature = "loom")]
use crate::engine::{image, loom};
use crate::raw::Origin;

/// A raw object that can be made late.
pub(crate) trait Late: Sized {
    /// All that is needed to make it.
    type Seed;

    fn make(seed: &Self::Seed, origin: Origin) -> Self;
}

/// A raw object, once it has been made; and after it has been dropped, that there was one.
///
/// Whoever uses an object that has been dropped comes upon the memory where it was. As long as nobody else has been given that,
/// it tells.
struct Made<R> {
    cell: OnceLock<R>,
    dropped: bool,
}

impl<R> Drop for Made<R> {
    fn drop(&mut self) {
        drop(self.cell.take());
        self.dropped = true;
        // Nobody may read it any more, so a compiler would not write it.
        black_box(self);
    }
}

/// A raw object that is made when it is first used.
pub(crate) struct Lazy<R: Late> {
    made: Made<R>,
    seed: R::Seed,
    location: &'static Location<'static>,
}

impl<R: Late> Lazy<R> {
    #[track_caller]
    pub(crate) const fn new(seed: R::Seed) -> Self {
        Lazy {
            made: Made {
                cell: OnceLock::new(),
                dropped: false,
            },
            seed,
            location: Location::caller(),
        }
    }

    /// One that the current task makes, so that it has its number wherever it will lie.
    #[cfg_attr(not(feature = "tokio"), expect(dead_code, reason = "tokio's types alone need it"))]
    #[track_caller]
    pub(crate) fn at_once(seed: R::Seed) -> Self {
        let mut lazy: Lazy<R> = Lazy::new(seed);
        lazy.made_here();
        lazy
    }

    /// Whether an engine knows it.
    pub(crate) fn is_made(&self) -> bool {
        self.made.cell.get().is_some()
    }

    /// The object, if it has been used, or else what it was to be made of.
    pub(crate) fn into_parts(mut self) -> (Option<R>, R::Seed) {
        (self.made.cell.take(), self.seed)
    }

    /// Like [`into_parts`](Self::into_parts), and what is made of it next is another object.
    pub(crate) fn unmake(&mut self) -> (Option<R>, &mut R::Seed) {
        (self.made.cell.take(), &mut self.seed)
    }

    /// The current task makes the object, if nobody has used it: so it has its number wherever it will lie.
    pub(crate) fn made_here(&mut self) -> &mut R {
        self
    }

    /// Both, where it has been used.
    pub(crate) fn made(&self) -> Result<&R, &R::Seed> {
        self.made.cell.get().ok_or(&self.seed)
    }

    #[cold]
    #[track_caller]
    fn make_late(&self) -> &R {
        let dropped = black_box(self).made.dropped;
        assert!(
            !dropped,
            "this object has been dropped: whoever uses it now reads memory that has been freed"
        );
        let address = Some(std::ptr::from_ref(self) as usize);
        if current() == Engine::Native {
            assert_not_lent(std::ptr::from_ref(self) as usize);
        }
        let location = self.location;
        self.made
            .cell
            .get_or_init(|| R::make(&self.seed, Origin { location, address }))
    }
}

impl<R: Late> Deref for Lazy<R> {
    type Target = R;

    #[track_caller]
    fn deref(&self) -> &R {
        // No closure: it has a place of its own.
        match self.made.cell.get() {
            Some(made) => made,
            None => self.make_late(),
        }
    }
}

/// For names: the current task makes the object, if nobody has used it.
impl<R: Late> DerefMut for Lazy<R> {
    fn deref_mut(&mut self) -> &mut R {
        if self.made.cell.get().is_none() {
            let location = self.location;
            let made = R::make(
                &self.seed,
                Origin {
                    location,
                    address: None,
                },
            );
            let _ = self.made.cell.set(made);
        }
        self.made.cell.get_mut().expect("it has just been made")
    }
}

thread_local! {
    /// Where the value lies of the `Arc` of an execution that was used last on this OS thread, which no execution knows: its
    /// beginning and its length, and the number of the execution.
    static LENT: Cell<(usize, usize, u64)> = const { Cell::new((0, 0, 0)) };
}

/// An OS thread that no execution knows looks into an `Arc` of one.
pub(super) fn lend(address: usize, length: usize, epoch: u64) {
    LENT.set((address, length, epoch));
}

/// Panics when an object lies in what an execution has made, whose thread this is none of.
#[track_caller]
fn assert_not_lent(address: usize) {
    let (begin, length, epoch) = LENT.get();
    if address.wrapping_sub(begin) < length {
        strays(epoch);
    }
}

/// The object whose raw object this is, or if it is a static, what the execution that runs has in its place.
///
/// # Panics
/// Under loom, if it is a static.
#[track_caller]
pub(crate) fn here<'a, T: ?Sized, R: Late>(object: &'a T, raw: &'a Lazy<R>) -> &'a T {
    if raw.is_made() {
        return object;
    }
    match current() {
        // SAFETY: whoever uses the object has it made, so nobody has.
        Engine::Native => unsafe { native::afresh(object) }.unwrap_or(object),
        // SAFETY: as above.
        Engine::Controlled => unsafe { controlled::afresh(object) }.unwrap_or(object),
        #[cfg(feature = "loom")]
        Engine::Loom => match image::offset_of(std::ptr::from_ref(object).addr()) {
            Some(_) => loom::unsupported("statics that begin each execution anew"),
            None => object,
        },
    }
}
