//! A barrier that is used again: the second round begins before everybody has left the first.

use selvedge::sync::{Arc, Condvar, Mutex};
use selvedge::{FailureKind, Strategy};

use selvedge_catalog::tasks::{join, thread};
use selvedge_catalog::{Grade, Level, Scenario, Symptom, Variant, fails};

/// See `lesson.md`.
pub(crate) fn scenario() -> Scenario {
    Scenario::new("barrier-reuse", "A hand-made barrier is used for two rounds", "F")
        .source("Allen B. Downey: The Little Book of Semaphores, 2016, section 3.7")
        .level(Level::Waiting)
        .needs(["condvar-if"])
        .symptoms([Symptom::EverybodyWaits])
        .lesson(include_str!("lesson.md"))
        .code(include_str!("mod.rs"))
        .outcome("(2, 2)", Grade::Acceptable, "both went through two rounds")
        .outcome(
            "deadlock",
            Grade::Forbidden,
            "one is still in the first round, the other waits in the second",
        )
        .variant(
            Variant::naive(
                "counter",
                "those who wait watch for the counter to become 0 again",
                fails(FailureKind::Deadlock),
                || two_rounds(Watch::Counter), // code: counter
            )
            .also_on([Strategy::Pos, Strategy::Loom]),
        )
        .variant(
            Variant::fixed(
                "generation",
                "those who wait watch for the number of their round to pass",
                || two_rounds(Watch::Generation), // code: generation
            )
            .also_on([Strategy::Loom])
            .broken_by(
                "the counter is watched",
                || two_rounds(Watch::Counter),
                FailureKind::Deadlock,
            ),
        )
}

// code
#[derive(Clone, Copy)]
enum Watch {
    Counter,
    Generation,
}

#[derive(Debug)]
struct State {
    waiting: usize,
    round: usize,
}

struct Barrier {
    state: Mutex<State>,
    opened: Condvar,
    size: usize,
    watch: Watch,
}

impl Barrier {
    fn wait(&self) {
        let mut state = self.state.lock().unwrap();
        let round = state.round;
        state.waiting += 1;
        if state.waiting == self.size {
            state.waiting = 0;
            state.round += 1;
            self.opened.notify_all();
            return;
        }
        while match self.watch {
            Watch::Counter => state.waiting != 0,
            Watch::Generation => state.round == round,
        } {
            state = self.opened.wait(state).unwrap();
        }
    }
}

fn two_rounds(watch: Watch) -> (usize, usize) {
    let barrier = Arc::new(Barrier {
        state: Mutex::new(State { waiting: 0, round: 1 })
            .named("state")
            .showing(|s| format!("round {}, {} waiting", s.round, s.waiting)),
        opened: Condvar::new().named("opened"),
        size: 2,
        watch,
    });
    let [left, right] = ["left", "right"].map(|name| {
        let barrier = Arc::clone(&barrier);
        thread(name, move || (1..=2).inspect(|_| barrier.wait()).count())
    });
    (join(left), join(right))
}
// end
