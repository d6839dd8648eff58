//! A bounded single-producer single-consumer queue, without locks, that can be closed.
//!
//! Two counters that only grow say everything: `written` counts values put in, `read` counts values taken
//! out. Value number `n` lives in slot `n % capacity`, the ring is empty when the two are equal and full
//! when they differ by the capacity. Each counter is written by one side only, which is why plain loads
//! and stores are almost enough. `written` has one bit more, *closed*, and that one the consumer sets.
//!
//! | slot `n % capacity` while | belongs to | because |
//! |---|---|---|
//! | `n` is `written`, and `written - read < capacity` | the producer | the consumer stops at `written` |
//! | `read <= n < written` | the consumer | the producer stops at `read + capacity` |
//!
//! A slot changes hands when a counter moves, so the counters must carry what was done to the slot with
//! them. That is the job of [`Orders`]: with [`AcquireRelease`] a counter that is seen brings the slot
//! along, with [`Relaxed`] it brings nothing, and the two sides race for the slot. `Relaxed` is kept as a
//! specimen: the ring behaves on a machine with strong ordering, until it does not.
//!
//! **Closing** has to be one step with the writer's publishing, or a value could be published between the
//! consumer's last look and its leaving. Both therefore are read-modify-writes of the same word: the
//! consumer sets the bit and learns how many values there will ever be; the producer's increment fails
//! from then on, and the value is handed back.
//!
//! The queue is Lamport's (Specifying Concurrent Program Modules, TOPLAS 1983), with the orderings that the
//! C11 memory model needs.

use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;

use crate::sync::{AtomicUsize, Ordering, UnsafeCell, cell, shown_counter};

/// How the counters are read and written.
pub trait Orders: Send + Sync + 'static {
    /// For a look at the other side's counter.
    const LOOK: Ordering;
    /// For moving one's own counter.
    const MOVE: Ordering;
    /// For the consumer's closing, which does both.
    const BOTH: Ordering;
}

/// A counter that is seen to have moved brings along what was done to the slot before.
#[derive(Debug)]
pub struct AcquireRelease;

impl Orders for AcquireRelease {
    // Ordering: Acquire; pairs with the other side's MOVE.
    const LOOK: Ordering = Ordering::Acquire;
    // Ordering: Release; pairs with the other side's LOOK, so its use of the slot comes after ours.
    const MOVE: Ordering = Ordering::Release;
    // Ordering: AcqRel; it reads the final `written`, and the producer learns nothing but the bit.
    const BOTH: Ordering = Ordering::AcqRel;
}

/// The counters are right, and the slots behind them are anybody's. A data race.
#[derive(Debug)]
pub struct Relaxed;

impl Orders for Relaxed {
    // Ordering: Relaxed; this is the defect the type stands for.
    const LOOK: Ordering = Ordering::Relaxed;
    const MOVE: Ordering = Ordering::Relaxed;
    const BOTH: Ordering = Ordering::Relaxed;
}

/// The bit of `written` that says closed; the count is in the bits above it.
const CLOSED: usize = 1;
/// One value more, in the units of `written`.
const ONE: usize = 2;

struct Ring<T, O> {
    /// Twice the number of values put in, plus [`CLOSED`]. The producer adds, the consumer closes.
    written: AtomicUsize,
    /// Values taken out. Written by the consumer only.
    read: AtomicUsize,
    slots: Box<[UnsafeCell<Option<T>>]>,
    orders: PhantomData<O>,
}

// SAFETY: the table above: a slot belongs to one side at a time. `Producer` and `Consumer` cannot be
// cloned and need `&mut self`, so a side is one task.
unsafe impl<T: Send, O> Sync for Ring<T, O> {}

/// The end that puts values in.
pub struct Producer<T, O = AcquireRelease> {
    ring: Arc<Ring<T, O>>,
    /// What `Ring::written` says, without the bit: nobody else counts.
    written: usize,
}

/// The end that takes values out.
pub struct Consumer<T, O = AcquireRelease> {
    ring: Arc<Ring<T, O>>,
    /// What `Ring::read` says: nobody else writes it.
    read: usize,
}

/// Why a value was not taken; it comes back.
#[derive(Debug, PartialEq, Eq)]
pub enum PushError<T> {
    /// The ring holds as many values as it can.
    Full(T),
    /// The consumer has closed the ring; it will never take a value again.
    Closed(T),
}

/// A ring for `capacity` values, its counters called `name.written` and `name.read` in traces.
///
/// # Panics
/// When `capacity` is 0.
#[track_caller]
pub fn ring<T, O: Orders>(name: &str, capacity: usize) -> (Producer<T, O>, Consumer<T, O>) {
    assert!(capacity > 0, "a ring without slots can hold nothing");
    let ring = Arc::new(Ring {
        written: shown_counter(format_args!("{name}.written"), 0, |written| {
            format!(
                "{}{}",
                written / ONE,
                if written & CLOSED == 0 { "" } else { " closed" }
            )
        }),
        read: shown_counter(format_args!("{name}.read"), 0, |read| read.to_string()),
        slots: (0..capacity)
            .map(|n| cell(format_args!("{name}.slot {n}"), None))
            .collect(),
        orders: PhantomData,
    });
    let producer = Producer {
        ring: Arc::clone(&ring),
        written: 0,
    };
    (producer, Consumer { ring, read: 0 })
}

impl<T, O: Orders> Producer<T, O> {
    /// Puts a value in.
    ///
    /// # Errors
    /// When the ring is full or closed; the value comes back.
    #[track_caller]
    pub fn push(&mut self, value: T) -> Result<(), PushError<T>> {
        // `written` is not loaded first: the exchange below finds out about closing anyway, and loom 0.7 skips
        // interleavings of a thread that loads what it is about to exchange (tokio-rs/loom#392).
        let (ring, written) = (&*self.ring, self.written);
        // LOOK: the consumer has emptied the slot that is about to be filled.
        if (written / ONE).wrapping_sub(ring.read.load(O::LOOK)) == ring.slots.len() {
            // Ordering: Relaxed; all it tells is that the ring is closed.
            let closed = ring.written.load(Ordering::Relaxed) & CLOSED != 0;
            return Err(if closed {
                PushError::Closed(value)
            } else {
                PushError::Full(value)
            });
        }
        let slot = &ring.slots[(written / ONE) % ring.slots.len()];
        // SAFETY: the slot is the producer's: `written` has not moved, and the ring is not full.
        slot.with_mut(|slot| unsafe { *slot = Some(value) });
        // MOVE: publishes the slot, unless the ring is closed. Ordering: Relaxed on failure; as above.
        match ring
            .written
            .compare_exchange(written, written.wrapping_add(ONE), O::MOVE, Ordering::Relaxed)
        {
            Ok(_) => {
                self.written = written.wrapping_add(ONE);
                Ok(())
            }
            // SAFETY: as above; nothing was published, so the consumer never looks at this slot.
            Err(_) => Err(PushError::Closed(slot.with_mut(|slot| unsafe {
                (*slot).take().expect("the value was just put there")
            }))),
        }
    }
}

impl<T, O: Orders> Consumer<T, O> {
    /// Takes the oldest value out.
    #[track_caller]
    pub fn pop(&mut self) -> Option<T> {
        let (ring, read) = (&*self.ring, self.read);
        // LOOK: the producer has filled the slots up to here.
        let written = ring.written.load(O::LOOK) / ONE;
        if read == written {
            return None;
        }
        let slot = &ring.slots[read % ring.slots.len()];
        // SAFETY: the slot is the consumer's: `read < written`.
        let value = slot.with_mut(|slot| unsafe { (*slot).take() });
        // MOVE: gives the slot back.
        self.read = read.wrapping_add(1);
        ring.read.store(self.read, O::MOVE);
        Some(value.expect("a slot below `written` is filled"))
    }

    /// Closes the ring: every later push is refused. What is in it can still be taken out.
    #[track_caller]
    pub fn close(&mut self) {
        self.ring.written.fetch_or(CLOSED, O::BOTH);
    }
}

impl<T, O> fmt::Debug for Producer<T, O> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Producer").finish_non_exhaustive()
    }
}

impl<T, O> fmt::Debug for Consumer<T, O> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Consumer").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_come_out_in_order_and_a_full_ring_gives_them_back() {
        let (mut producer, mut consumer) = ring::<u32, AcquireRelease>("ring", 2);
        assert_eq!((producer.push(1), producer.push(2)), (Ok(()), Ok(())));
        assert_eq!(producer.push(3), Err(PushError::Full(3)));
        assert_eq!(consumer.pop(), Some(1));
        assert_eq!(producer.push(3), Ok(()));
        consumer.close();
        assert_eq!(producer.push(4), Err(PushError::Closed(4)));
        assert_eq!(
            [consumer.pop(), consumer.pop(), consumer.pop()],
            [Some(2), Some(3), None]
        );
    }
}

#[cfg(all(test, feature = "selvedge"))]
mod checked {
    use selvedge::{Check, FailureKind, Report, Strategy, Verdict, thread};

    use super::*;

    /// Two values through a ring of one slot: the slot changes hands in both directions.
    fn two_through_one<O: Orders>(strategy: Strategy) -> Report {
        Check::new("ring/two-through-one").strategy(strategy).run(|| {
            let (mut producer, mut consumer) = ring::<String, O>("ring", 1);
            let thread = thread::spawn(move || ["first", "second"].map(|v| producer.push(v.to_owned()).is_ok()));
            let mut taken: Vec<String> = (0..2).filter_map(|_| consumer.pop()).collect();
            let accepted = thread.join().unwrap();
            taken.extend(std::iter::from_fn(|| consumer.pop()));
            let accepted: Vec<&str> = ["first", "second"]
                .into_iter()
                .zip(accepted)
                .filter(|a| a.1)
                .map(|a| a.0)
                .collect();
            assert_eq!(taken, accepted);
        })
    }

    /// A push and a close at the same time: the value is refused or can be drained, never neither.
    fn push_against_close(strategy: Strategy) -> Report {
        Check::new("ring/push-against-close").strategy(strategy).run(|| {
            let (mut producer, mut consumer) = ring::<u32, AcquireRelease>("ring", 1);
            let thread = thread::spawn(move || producer.push(7));
            consumer.close();
            let drained = consumer.pop();
            let pushed = thread.join().unwrap();
            assert_eq!(consumer.pop(), None, "a value came after the drain");
            match drained {
                Some(7) => assert_eq!(pushed, Ok(())),
                other => assert_eq!((other, pushed), (None, Err(PushError::Closed(7)))),
            }
            drained
        })
    }

    #[test]
    fn acquire_and_release_hand_the_slot_over() {
        for strategy in [Strategy::Exhaustive, Strategy::Loom] {
            let report = two_through_one::<AcquireRelease>(strategy);
            assert_eq!(report.verdict, Verdict::Verified, "{report}");
        }
    }

    #[test]
    fn relaxed_counters_are_a_data_race() {
        for strategy in [Strategy::Exhaustive, Strategy::Loom] {
            let report = two_through_one::<Relaxed>(strategy);
            assert_eq!(report.failure.map(|f| f.kind), Some(FailureKind::DataRace));
        }
    }

    #[test]
    fn a_value_is_refused_or_drained_when_the_ring_is_closed_under_loom_too() {
        let report = push_against_close(Strategy::Loom);
        assert_eq!(report.verdict, Verdict::Verified, "{report}");
    }

    #[test]
    fn a_value_is_refused_or_drained_when_the_ring_is_closed() {
        let report = push_against_close(Strategy::Exhaustive);
        assert_eq!(
            report.outcomes.keys().collect::<Vec<_>>(),
            ["None", "Some(7)"],
            "{report}"
        );
        assert_eq!(report.verdict, Verdict::Verified, "{report}");
    }
}
