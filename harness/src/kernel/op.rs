//! What a task announces: its next visible operation, as accesses to objects.
//!
//! Everything the kernel and the partial-order reduction know about an operation is its list of
//! [`Access`]es, each an object and a [`Class`]. Two functions give the classes their meaning:
//!
//! * [`Class::commutes`]: whether two accesses of *different tasks* to one object can be swapped
//!   without anybody noticing. Steps whose accesses all commute are independent.
//! * [`Gate`]: what a class needs before it may happen (a lock must be free, a queue must hold
//!   something) and what it does to that condition. A task whose pending operation is not admitted by
//!   the gates of its objects is blocked.
//!
//! | class | stands for | waits for | argument |
//! |---|---|---|---|
//! | `Read`, `Write` | plain and atomic data, and whatever has no finer class | nothing | two reads commute, nothing else does |
//! | `Rewrite` | a write that left the value as it was | nothing | like `Write`, because it still publishes; but nobody who waits for a change has seen one |
//! | `Acquire`, `Release` | exclusive lock | free | a release only ever enables an acquire, so the reversible race is between two acquires |
//! | `TryAcquire`, `TryFail` | `try_lock`, by its result | nothing | reversible against both, because it never blocks; two failures commute |
//! | `ShareAcquire`, `ShareRelease`, `TryShare`, `TryShareFail` | read lock | no writer | readers commute, and so does who could not become one: it saw a writer |
//! | `Queue` | a writer asks for a read lock that it will have to wait for, so others may not share it any more | nothing | readers come before it or after it has had its turn; to anybody else it is one who waits |
//! | `Wake`, `Park`, `ParkTimeout` | one task's wake-up token | token, but for the timeout | two wakes leave the same token, so they commute |
//! | `StaleWake` | a waker whose poll is over, where only the last one counts | nothing | it changes nothing, but before the poll that replaced it, it would have been a `Wake` |
//! | `Push`, `Pop`, `TryPop`, `PopFail`, `Close` | queue | room, or an item, or closed | items are matched first in, first out, so only failures commute |
//! | `Arm`, `Disarm`, `Tick` | timers that may fire early, see [`clock`](super::clock) | `Tick` for a timer | the clock sees the set of timers, not who came first |
//! | `Keep`, `Leave`, `LeaveLast` | owners of an `Arc`: one more, one fewer, one fewer where somebody can tell who was the last | nothing | who comes and who goes first cannot be told from the count; who was the last, only by what the destructor does |
//! | `Upgrade` | one more owner, if there is still one | nothing | two commute, and with a clone; a drop may leave none |
//! | `Weakly` | a `Weak` comes or goes | nothing | only who counts those, too, can tell: a `Read` |
//! | `Count` | a look at the owners alone | nothing | a read that does not see `Weakly` |
//! | `Pass` | any step of a program whose yields mark steps; a yield is a `Write` to the same object | nothing | what is marked is ordered with all steps of others; those commute as they would without |
//! | `Changed` | a spinning task's retry | a write to what it read | a read that is not worth repeating until the value changed |

use std::panic::Location;

use serde::{Deserialize, Serialize};
use smallvec::SmallVec;

/// An object of the program under test. The number is the same in every execution that creates the
/// object at the same place of its task, whatever the interleaving.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub(crate) struct ObjectId(pub(crate) u32);

/// A task of the program under test, numbered like objects are: stable across interleavings.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub(crate) struct TaskId(pub(crate) u32);

/// What an access does to its object. The module documentation has the table.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub(crate) enum Class {
    Read,
    Write,
    /// A write that left the value as it was.
    Rewrite,
    Acquire,
    Release,
    TryAcquire,
    TryFail,
    ShareAcquire,
    ShareRelease,
    TryShare,
    TryShareFail,
    /// It is followed by an `Acquire`.
    Queue,
    Wake,
    StaleWake,
    Park,
    /// A park that its deadline ended.
    ParkTimeout,
    /// The capacity travels with the access, because the gate has no other place to learn it from.
    Push {
        capacity: u32,
    },
    Pop,
    /// A blocking receive that found the queue closed and empty.
    PopClosed,
    TryPop,
    PopFail,
    Close,
    Arm,
    Disarm,
    /// How many timers it fires.
    Tick {
        fires: u32,
    },
    Changed,
    /// A step where others mark theirs by yielding.
    Pass,
    Keep,
    Leave,
    LeaveLast,
    Upgrade,
    Weakly,
    Count,
}

/// The capacity of an unbounded queue.
pub(crate) const UNBOUNDED: u32 = u32::MAX;

impl Class {
    /// Whether two accesses of different tasks to one object can be swapped without a difference.
    pub(crate) fn commutes(self, other: Class) -> bool {
        use Class::*;
        let shared = |c| matches!(c, ShareAcquire | ShareRelease | TryShare | TryShareFail);
        match (self, other) {
            (Read | Changed | Arm | Disarm, Read | Changed | Arm | Disarm) => true,
            (Wake | StaleWake, Wake | StaleWake) => true,
            (Pass, Pass) => true,
            (TryFail | TryShareFail, TryFail | TryShareFail) | (PopFail, PopFail) => true,
            (Weakly, Keep | Leave | LeaveLast | Upgrade | Weakly | Count)
            | (Keep | Leave | LeaveLast | Upgrade | Count, Weakly) => true,
            (Count, Count | Read | Changed) | (Read | Changed, Count) => true,
            (Keep, Keep | Leave | LeaveLast | Upgrade) | (Leave | LeaveLast | Upgrade, Keep) => true,
            (Leave, Leave) | (Upgrade, Upgrade) => true,
            (Queue, ShareAcquire | TryShare | TryShareFail | Changed) => false,
            (ShareAcquire | TryShare | TryShareFail | Changed, Queue) => false,
            (Queue, _) | (_, Queue) => true,
            (a, b) => shared(a) && shared(b),
        }
    }

    /// Whether the class can be blocked by its gate.
    pub(crate) fn blocks(self) -> bool {
        use Class::*;
        matches!(
            self,
            Acquire | ShareAcquire | Park | Pop | PopClosed | Push { .. } | Tick { .. } | Changed
        )
    }

    /// Whether it looks at a lock without waiting for it.
    pub(crate) fn tests_a_lock(self) -> bool {
        use Class::*;
        matches!(self, TryAcquire | TryShare | TryFail | TryShareFail)
    }

    /// Whether an access of this class conflicts with every other class but [`Class::Queue`], so that all earlier accesses
    /// to the object happen before it.
    pub(crate) fn orders_all(self) -> bool {
        use Class::*;
        !matches!(
            self,
            Read | Changed
                | Pass
                | Arm
                | Disarm
                | Wake
                | StaleWake
                | TryFail
                | PopFail
                | ShareAcquire
                | ShareRelease
                | TryShare
                | TryShareFail
                | Queue
                | Keep
                | Leave
                | LeaveLast
                | Upgrade
                | Weakly
                | Count
        )
    }

    /// Whether an access of this class comes after an earlier one of that class, and conflicts with whatever that conflicts
    /// with: who comes after this one comes after both.
    pub(crate) fn covers(self, earlier: Class) -> bool {
        self.orders_all() && earlier != Class::Queue && earlier.commutes(Class::Queue)
    }
}

/// One object touched by a step.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub(crate) struct Access {
    pub(crate) object: ObjectId,
    pub(crate) class: Class,
}

/// What an operation may touch besides its announced accesses.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(crate) enum Extra {
    Nothing,
    /// It may wake tasks: set their tokens.
    Wakes,
    /// The program was seen to do other things inside opaque operations.
    Anything,
}

impl Extra {
    /// Whether these accesses of another task commute with whatever the operation may do besides.
    /// `registered`: whether that task can have left its waker with the operation's object.
    pub(crate) fn commutes(self, accesses: &[Access], registered: impl FnOnce() -> bool) -> bool {
        let waits = |a: &Access| matches!(a.class, Class::Park | Class::ParkTimeout);
        match self {
            Extra::Nothing => true,
            Extra::Wakes => !(accesses.iter().any(waits) && registered()),
            Extra::Anything => false,
        }
    }
}

pub(crate) type Accesses = SmallVec<[Access; 2]>;

/// Whether two steps of different tasks are independent.
pub(crate) fn independent(a: &[Access], b: &[Access]) -> bool {
    a.iter()
        .all(|x| b.iter().all(|y| x.object != y.object || x.class.commutes(y.class)))
}

/// The classes of changes that commute with some other class of change; [`Class::ShareAcquire`] stands for `TryShare`, too.
const COMMUTING: [Class; 10] = [
    Class::Wake,
    Class::ShareAcquire,
    Class::Keep,
    Class::Leave,
    Class::LeaveLast,
    Class::Upgrade,
    Class::Weakly,
    Class::Queue,
    Class::ShareRelease,
    Class::Pass,
];

/// The condition on one object that decides which classes it admits. Folding the accesses of a
/// history over the initial gate gives the gate after it, so the reduction can ask what would have
/// been admitted in a history from which some accesses are left out.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) struct Gate {
    held: bool,
    readers: u32,
    /// Writers that have asked for it.
    queued: u32,
    token: bool,
    /// Items of a queue, or timers of the clock.
    length: u32,
    closed: bool,
    /// Changes so far, for [`Class::Changed`].
    version: u32,
    /// How many of them were of each of the classes in [`COMMUTING`].
    commuting: [u32; COMMUTING.len()],
}

impl Gate {
    /// What somebody knows of an atomic who knows this store of it, by its number, where loads may see others than the latest.
    pub(super) fn of_store(nth: usize) -> Self {
        Gate {
            version: nth as u32,
            length: u32::MAX,
            ..Gate::default()
        }
    }

    /// The store of [`of_store`](Self::of_store).
    pub(super) fn store(&self) -> Option<usize> {
        (self.length == u32::MAX).then_some(self.version as usize)
    }

    /// The version as it is for a task whose access was of this class: what commutes with that is no change, or it would
    /// matter who came first.
    pub(crate) fn version_for(&self, class: Class) -> u32 {
        self.version_between(class, class)
    }

    /// The version as it is for a task between two accesses of these classes: what commutes with one of them is no change.
    pub(crate) fn version_between(&self, one: Class, other: Class) -> u32 {
        let counts = COMMUTING.iter().zip(self.commuting);
        counts
            .filter(|(change, _)| one.commutes(**change) || other.commutes(**change))
            .fold(self.version, |version, (_, count)| version.wrapping_sub(count))
    }

    /// Whether an access of this class may happen now. `Changed` is the business of who spins.
    pub(crate) fn admits(&self, class: Class) -> bool {
        use Class::*;
        match class {
            Acquire => !self.held && self.readers == 0,
            ShareAcquire => !self.held && self.queued == 0,
            Park => self.token,
            Pop | PopClosed => self.length > 0 || self.closed,
            Push { capacity } => self.length < capacity || self.closed,
            Tick { .. } => self.length > 0,
            _ => true,
        }
    }

    /// The effect of an access that happened.
    pub(crate) fn apply(&mut self, class: Class) {
        use Class::*;
        match class {
            Acquire => {
                self.held = true;
                self.queued = self.queued.saturating_sub(1);
            }
            TryAcquire => self.held = true,
            Queue => self.queued += 1,
            Release => self.held = false,
            ShareAcquire | TryShare => self.readers += 1,
            ShareRelease => self.readers = self.readers.saturating_sub(1),
            Wake => self.token = true,
            Park => self.token = false,
            Push { .. } => self.length += u32::from(!self.closed),
            Pop | TryPop => self.length = self.length.saturating_sub(1),
            Close => self.closed = true,
            Tick { fires } => self.length = self.length.saturating_sub(fires),
            Arm => {
                self.length += 1;
                return;
            }
            Disarm => {
                self.length = self.length.saturating_sub(1);
                return;
            }
            Read | StaleWake | TryFail | TryShareFail | PopFail | PopClosed | Changed | Count => return,
            Rewrite => return,
            Write | Pass | ParkTimeout | Keep | Leave | LeaveLast | Upgrade | Weakly => {}
        }
        // By its place in COMMUTING.
        let kind = match class {
            Wake => 0,
            ShareAcquire | TryShare => 1,
            Keep => 2,
            Leave => 3,
            LeaveLast => 4,
            Upgrade => 5,
            Weakly => 6,
            Queue => 7,
            ShareRelease => 8,
            Pass => 9,
            _ => COMMUTING.len(),
        };
        if let Some(count) = self.commuting.get_mut(kind) {
            *count = count.wrapping_add(1);
        }
        self.version = self.version.wrapping_add(1);
    }

    /// Whether somebody shares it.
    pub(super) fn is_shared(&self) -> bool {
        self.readers > 0
    }

    pub(super) fn is_held(&self) -> bool {
        self.held
    }

    /// Items of a queue, and whether it is closed.
    pub(super) fn queue(&self) -> (u32, bool) {
        (self.length, self.closed)
    }

    pub(crate) fn token(&self) -> bool {
        self.token
    }
}

/// What an operation that gives way is called.
pub(crate) const YIELD: &str = "yield";

/// A visible operation, announced before it runs.
#[derive(Clone, Debug)]
pub(crate) struct Op {
    /// What a person calls it: `lock`, `load`, `notify_waiters`.
    pub(crate) verb: &'static str,
    /// Everything it may do, in the strongest class it may turn out to have.
    pub(crate) accesses: Accesses,
    /// What it may do besides.
    pub(crate) extra: Extra,
    /// Virtual time, in nanoseconds, at which it stops waiting.
    pub(crate) deadline: Option<u64>,
    pub(crate) location: &'static Location<'static>,
}

impl Op {
    /// An operation with one access.
    #[track_caller]
    pub(crate) fn new(verb: &'static str, object: ObjectId, class: Class) -> Self {
        let mut accesses = Accesses::new();
        accesses.push(Access { object, class });
        Op {
            verb,
            accesses,
            extra: Extra::Nothing,
            deadline: None,
            location: Location::caller(),
        }
    }

    /// Adds an access to the same operation.
    pub(crate) fn and(mut self, object: ObjectId, class: Class) -> Self {
        self.accesses.push(Access { object, class });
        self
    }

    /// It may set tokens of other tasks, which of them turns out when it runs.
    pub(crate) fn wakes(mut self) -> Self {
        self.extra = Extra::Wakes;
        self
    }

    /// Whether it gives way: others that go first do not preempt it.
    pub(crate) fn yields(&self) -> bool {
        self.verb == YIELD
    }

    /// Stops waiting when the virtual clock reaches `deadline`.
    pub(crate) fn until(mut self, deadline: Option<u64>) -> Self {
        self.deadline = deadline;
        self
    }
}
