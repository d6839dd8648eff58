//! A sequence lock: the reader takes nothing, reads, and then asks whether it may believe what it read.

use selvedge::sync::Arc;
use selvedge::sync::atomic::Ordering::{Acquire, Relaxed, Release};
use selvedge::sync::atomic::{AtomicU32, fence};
use selvedge::{FailureKind, Strategy};

use selvedge_catalog::tasks::{join, thread};
use selvedge_catalog::{Grade, Level, Scenario, Symptom, Variant, fails};

/// See `lesson.md`.
pub(crate) fn scenario() -> Scenario {
    Scenario::new("seqlock", "A reader reads two values without a lock", "F")
        .source("Hans-J. Boehm: Can Seqlocks Get Along With Programming Language Memory Models? MSPC 2012")
        .level(Level::Depths)
        .needs(["message-passing"])
        .symptoms([Symptom::DoNotFit, Symptom::WorksInDebug])
        .lesson(include_str!("lesson.md"))
        .code(include_str!("mod.rs"))
        .outcome(
            "None",
            Grade::Acceptable,
            "a writer was at work; a real reader tries again",
        )
        .outcome("Some((0, 0))", Grade::Acceptable, "before the write")
        .outcome("Some((1, 1))", Grade::Acceptable, "after the write")
        .outcome("Some((0, 1))", Grade::Forbidden, "torn: the old x beside the new y")
        .outcome("Some((1, 0))", Grade::Forbidden, "torn: the new x beside the old y")
        .variant(
            Variant::naive(
                "no-second-look",
                "the sequence is looked at before the reads only",
                fails(FailureKind::Panic),
                // code: no-second-look
                || {
                    read_and_write(Protocol {
                        second_look: false,
                        ..RIGHT
                    })
                },
                // end
            )
            .also_on([Strategy::Pos, Strategy::Loom]),
        )
        .variant(
            Variant::naive(
                "acquire-loads-only",
                "both looks acquire, and no fence stands before the second one",
                fails(FailureKind::Panic),
                // code: acquire-loads-only
                || {
                    read_and_write(Protocol {
                        reader_fence: false,
                        ..RIGHT
                    })
                },
                // end
            )
            .also_on([Strategy::Loom]),
        )
        .variant(
            Variant::fixed(
                "fences",
                "a fence on each side keeps the reads between the two looks",
                || read_and_write(RIGHT), // code: fences
            )
            .also_on([Strategy::Loom])
            .broken_by(
                "second look dropped",
                || {
                    read_and_write(Protocol {
                        second_look: false,
                        ..RIGHT
                    })
                },
                FailureKind::Panic,
            )
            .broken_by(
                "an odd sequence is not minded",
                || {
                    read_and_write(Protocol {
                        minds_odd: false,
                        ..RIGHT
                    })
                },
                FailureKind::Panic,
            )
            .broken_by(
                "fence of the reader dropped",
                || {
                    read_and_write(Protocol {
                        reader_fence: false,
                        ..RIGHT
                    })
                },
                FailureKind::Panic,
            )
            .broken_by(
                "fence of the writer dropped",
                || {
                    read_and_write(Protocol {
                        writer_fence: false,
                        ..RIGHT
                    })
                },
                FailureKind::Panic,
            ),
        )
}

// code
#[derive(Clone, Copy)]
struct Protocol {
    second_look: bool,
    minds_odd: bool,
    reader_fence: bool,
    writer_fence: bool,
}

const RIGHT: Protocol = Protocol {
    second_look: true,
    minds_odd: true,
    reader_fence: true,
    writer_fence: true,
};

/// | sequence | the values |
/// |---|---|
/// | even | belong together |
/// | odd | are being written |
struct SeqLock {
    sequence: AtomicU32,
    x: AtomicU32,
    y: AtomicU32,
}

impl SeqLock {
    /// The only writer.
    fn write(&self, value: u32, protocol: Protocol) {
        // Ordering: Relaxed; there is no other writer, and the fence keeps the values behind it.
        let sequence = self.sequence.load(Relaxed);
        self.sequence.store(sequence + 1, Relaxed);
        if protocol.writer_fence {
            // Ordering: Release; pairs with the reader's fence. Who sees one of the values sees the odd sequence.
            fence(Release);
        }
        // Ordering: Relaxed; the sequence says whether the two belong together.
        self.x.store(value, Relaxed);
        self.y.store(value, Relaxed);
        // Ordering: Release; pairs with the first look. Who sees the even sequence sees both values.
        self.sequence.store(sequence + 2, Release);
    }

    fn read(&self, protocol: Protocol) -> Option<(u32, u32)> {
        // Ordering: Acquire; pairs with the last store of the writer.
        let before = self.sequence.load(Acquire);
        if protocol.minds_odd && before % 2 == 1 {
            return None;
        }
        // Ordering: Relaxed; believed only if the second look agrees.
        let values = (self.x.load(Relaxed), self.y.load(Relaxed));
        if protocol.reader_fence {
            // Ordering: Acquire; pairs with the writer's fence, and keeps the second look behind the reads.
            fence(Acquire);
        }
        // Ordering: Relaxed; the fence orders it. Without the fence not even Acquire would, which keeps later reads
        // behind this one, not this one behind earlier reads.
        let after = if protocol.reader_fence { Relaxed } else { Acquire };
        if protocol.second_look && self.sequence.load(after) != before {
            return None;
        }
        Some(values)
    }
}

fn read_and_write(protocol: Protocol) -> Option<(u32, u32)> {
    let lock = Arc::new(SeqLock {
        sequence: AtomicU32::new(0).named("sequence"),
        x: AtomicU32::new(0).named("x"),
        y: AtomicU32::new(0).named("y"),
    });
    let other = Arc::clone(&lock);
    let writer = thread("writer", move || other.write(1, protocol));
    let reader = thread("reader", move || lock.read(protocol));
    join(writer);
    join(reader)
}
// end
