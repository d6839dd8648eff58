//! What is explored.

use std::fmt;
use std::sync::Arc;

use selvedge_primitives::waiter_queue::{intrusive, lock_free, mutex, single};

use crate::program::Program;
use crate::{of_loom, ours, primitives};

/// What an execution ends with, as it is printed.
pub(crate) struct Outcome(pub(crate) String);

impl fmt::Debug for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Outcome {
    fn of(value: impl fmt::Debug) -> Self {
        Outcome(format!("{value:?}"))
    }

    /// What each thread has found, as `1 0 ‖ 2`.
    pub(crate) fn found(values: &[Vec<u32>]) -> Self {
        let threads = values.iter().filter(|values| !values.is_empty());
        let threads: Vec<String> = threads
            .map(|values| values.iter().map(u32::to_string).collect::<Vec<_>>().join(" "))
            .collect();
        Outcome(threads.join(" ‖ "))
    }
}

pub(crate) type Body = Arc<dyn Fn() -> Outcome + Send + Sync>;

/// On what loom runs a program.
pub(crate) enum Theirs {
    /// On its own types.
    Own(Body),
    /// On the facade, as we do.
    Facade,
    /// Not at all: it has too many threads.
    No,
}

/// A row of the first table.
pub(crate) struct Row {
    pub(crate) name: String,
    /// Main among them.
    pub(crate) threads: usize,
    pub(crate) ours: Body,
    pub(crate) theirs: Theirs,
    /// The text of a litmus program.
    pub(crate) litmus: Option<Arc<Program>>,
    /// Why outcomes that only one of the two shows are allowed, or are not.
    pub(crate) why: &'static str,
}

const TAKES_ACQ_REL: &str = "no one order of the SeqCst operations explains it; loom takes them for AcqRel";
const TWO_EVENTS: &str = "a read-modify-write is two events here, and what the load acquires comes before the store; where it is one, as \
                          in the words of C++20, it is allowed";
const HIDDEN: &str = "an interleaving shows it; in loom a thread's own load hides the other's";

fn litmus(name: &str, text: &str, why: &'static str) -> Row {
    let program = Arc::new(Program::parse(text));
    let (mine, yours) = (Arc::clone(&program), Arc::clone(&program));
    let threads = program.0.len();
    let theirs: Body = Arc::new(move || Outcome::found(&of_loom::litmus::execute(&yours)));
    Row {
        name: format!("{name}: `{}`", text.replace('|', "‖")),
        threads,
        ours: Arc::new(move || Outcome::found(&ours::litmus::execute(&mine))),
        theirs: if threads <= loom::MAX_THREADS {
            Theirs::Own(theirs)
        } else {
            Theirs::No
        },
        litmus: Some(program),
        why,
    }
}

/// The same program for both.
macro_rules! structure {
    ($name:literal, $threads:literal, $program:expr) => {
        Row {
            name: $name.to_owned(),
            threads: $threads,
            ours: Arc::new(|| {
                use ours::lock_free::*;
                Outcome::of($program)
            }),
            theirs: if $threads <= loom::MAX_THREADS {
                Theirs::Own(Arc::new(|| {
                    use of_loom::lock_free::*;
                    Outcome::of($program)
                }))
            } else {
                Theirs::No
            },
            litmus: None,
            why: HIDDEN,
        }
    };
}

/// A program on the facade.
fn facade<R: fmt::Debug>(name: &str, threads: usize, body: impl Fn() -> R + Send + Sync + 'static) -> Row {
    Row {
        name: name.to_owned(),
        threads,
        ours: Arc::new(move || Outcome::of(body())),
        theirs: Theirs::Facade,
        litmus: None,
        why: "",
    }
}

/// Each of n threads, by its number and that of the next one in the circle, as letters.
fn circle(n: u8, thread: impl Fn(char, char) -> String) -> String {
    let name = |i: u8| char::from(b'a' + i % n);
    let threads: Vec<String> = (0..n).map(|i| thread(name(i), name(i + 1))).collect();
    threads.join(" | ")
}

pub(crate) fn rows() -> Vec<Row> {
    let mut rows = vec![
        litmus("MP", "Wx1 Wy1 | Ry Rx", ""),
        litmus("MP, released", "Wx1 Wy1r | Rya Rx", ""),
        litmus("MP, fences", "Wx1 Fr Wy1 | Ry Fa Rx", ""),
        litmus("MP, a release sequence", "Wx1 Wy1r | Iy1 | Rya Rx", ""),
        litmus("MP, ended by a store", "Wx1 Wy1r Wy2 | Rya Rx", ""),
        litmus("SB", "Wx1 Ry | Wy1 Rx", ""),
        litmus("SB, sc", "Wx1s Rys | Wy1s Rxs", TAKES_ACQ_REL),
        litmus("SB, fences", "Wx1 Fs Ry | Wy1 Fs Rx", ""),
        litmus("SB, read-modify-writes", "Ix1q Ry | Iy1q Rx", ""),
        litmus("LB", "Rx Wy1 | Ry Wx1", ""),
        litmus("2+2W", "Wx1 Wy2 Ry | Wy1 Wx2 Rx", ""),
        litmus("2+2W, sc", "Wx1s Wy2s Ry | Wy1s Wx2s Rx", TAKES_ACQ_REL),
        litmus("S", "Wx2 Wy1r | Rya Wx1 Rx", ""),
        litmus("R", "Wx1 Wy1 Ry | Wy2 Rx", ""),
        litmus("CoRR", "Wx1 Wx2 | Rx Rx", ""),
        litmus("CoRR, two stores", "Wx1 | Wx2 | Rx Rx | Rx Rx", ""),
        litmus("WRC", "Wx1 | Rx Wy1 | Ry Rx", ""),
        litmus("WRC, released", "Wx1r | Rxa Wy1r | Rya Rx", ""),
        litmus("ISA2", "Wx1 Wy1 | Ry Wz1 | Rz Rx", ""),
        litmus("ISA2, released", "Wx1 Wy1r | Rya Wz1r | Rza Rx", ""),
        litmus("RWC, fences", "Wx1 | Rx Fs Ry | Wy1 Fs Rx", ""),
        litmus("W+RWC", "Wx1 Wz1r | Rza Fs Ry | Wy1 Fs Rx", ""),
        litmus("Z6.U", "Wx1s Wy1r | Iy1s Ry | Wy3s Rxs", TWO_EVENTS),
        litmus("IRIW", "Wx1 | Wy1 | Rx Ry | Ry Rx", ""),
        litmus("IRIW, released", "Wx1r | Wy1r | Rxa Rya | Rya Rxa", ""),
        litmus("IRIW, sc", "Wx1s | Wy1s | Rxs Rys | Rys Rxs", TAKES_ACQ_REL),
        litmus("IRIW, fences", "Wx1 | Wy1 | Rx Fs Ry | Ry Fs Rx", ""),
        litmus("coherence of many reads", "Wx1 | Wx2 | Wx3 | Rx Rx Rx Rx", ""),
        litmus("increments", "Ix1 | Ix1 | Ix1 | Ix1", ""),
        litmus("increments of two", "Ix1 Iy1 | Ix1 Iy1 | Ix1 Iy1", ""),
        litmus("exchanges", "Cx01 | Cx12 | Cx23 | Cx34", ""),
        litmus("exchanges and stores", "Cx01 Wx3 | Cx01 Wx4 | Cx01 Wx5", ""),
    ];
    for n in [3, 4, 5] {
        rows.push(litmus(
            &format!("SB({n})"),
            &circle(n, |a, b| format!("W{a}1 R{b}")),
            "",
        ));
    }
    for n in [3, 4] {
        let fenced = circle(n, |a, b| format!("W{a}1 Fs R{b}"));
        rows.push(litmus(&format!("SB({n}), fences"), &fenced, ""));
    }
    for n in [3, 4] {
        let name = format!("2+2W({n})");
        rows.push(litmus(&name, &circle(n, |a, b| format!("W{a}1 W{b}2 R{b}")), ""));
    }
    for n in [3, 4] {
        rows.push(litmus(
            &format!("LB({n})"),
            &circle(n, |a, b| format!("R{a} W{b}1")),
            "",
        ));
    }
    rows.push(litmus("IRIW, two stores each", "Wx1 Wx2 | Wy1 Wy2 | Rx Ry | Ry Rx", ""));
    rows.push(litmus("IRIW, three readers", "Wx1 | Wy1 | Rx Ry | Ry Rx | Rx Ry", ""));
    rows.push(litmus(
        "IRIW, three writers",
        "Wx1 | Wy1 | Wz1 | Rx Ry Rz | Rz Ry Rx",
        "",
    ));
    rows.extend([
        structure!("last zero(2)", 3, last_zero::program(2)),
        structure!("last zero(3)", 4, last_zero::program(3)),
        structure!("last zero(7)", 8, last_zero::program(7)),
        structure!("spin lock, 2 threads", 2, locks::spin_lock(2, locks::RIGHT)),
        structure!("spin lock, 3 threads", 3, locks::spin_lock(3, locks::RIGHT)),
        structure!("ticket lock, 2 threads", 2, locks::ticket_lock(2, locks::RIGHT)),
        structure!("ticket lock, 3 threads", 3, locks::ticket_lock(3, locks::RIGHT)),
        structure!(
            "sequence lock, 1 writer, 1 reader",
            2,
            seq_lock::program(1, 1, seq_lock::RIGHT)
        ),
        structure!(
            "sequence lock, 1 writer, 2 readers",
            3,
            seq_lock::program(1, 2, seq_lock::RIGHT)
        ),
        structure!(
            "sequence lock, 2 writers, 1 reader",
            3,
            seq_lock::program(2, 1, seq_lock::RIGHT)
        ),
        structure!(
            "sequence lock, 1 writer, 3 readers",
            4,
            seq_lock::program(1, 3, seq_lock::RIGHT)
        ),
        structure!("Treiber's stack, 2 threads", 2, treiber::program(2, treiber::RIGHT)),
        structure!("Treiber's stack, 3 threads", 3, treiber::program(3, treiber::RIGHT)),
        structure!(
            "Treiber's stack, a head that comes back",
            2,
            treiber::contend(treiber::RIGHT)
        ),
        structure!(
            "Treiber's stack, a head that comes back, no tag",
            2,
            treiber::contend(treiber::Orders {
                tagged: false,
                ..treiber::RIGHT
            })
        ),
        structure!(
            "Michael and Scott's queue, 1 puts, 1 takes",
            2,
            michael_scott::program(1, 1, michael_scott::RIGHT)
        ),
        structure!(
            "Michael and Scott's queue, 2 put, 1 takes",
            3,
            michael_scott::program(2, 1, michael_scott::RIGHT)
        ),
        structure!(
            "Michael and Scott's queue, 1 puts, 2 take",
            3,
            michael_scott::program(1, 2, michael_scott::RIGHT)
        ),
        structure!(
            "Michael and Scott's queue, 2 put, 2 take",
            4,
            michael_scott::program(2, 2, michael_scott::RIGHT)
        ),
        structure!(
            "Chase and Lev's deque, 1 thief",
            2,
            chase_lev::program(1, 1, chase_lev::RIGHT)
        ),
        structure!(
            "Chase and Lev's deque, 1 thief, twice",
            2,
            chase_lev::program(1, 2, chase_lev::RIGHT)
        ),
        structure!(
            "Chase and Lev's deque, 2 thieves",
            3,
            chase_lev::program(2, 1, chase_lev::RIGHT)
        ),
        structure!("reference count, 1 owner more", 2, counted::program(1, counted::RIGHT)),
        structure!("reference count, 2 owners more", 3, counted::program(2, counted::RIGHT)),
        structure!("`Arc`, 1 owner more", 2, counted::with_arc(1)),
        structure!("`Arc`, 2 owners more", 3, counted::with_arc(2)),
        facade("waiter queue, a mutex, 1 waits", 2, || {
            primitives::wait::<mutex::Queue>(1)
        }),
        facade("waiter queue, a mutex, 2 wait", 3, || {
            primitives::wait::<mutex::Queue>(2)
        }),
        facade("waiter queue, one slot, 1 waits", 2, || {
            primitives::wait::<single::Queue>(1)
        }),
        facade("waiter queue, one slot, 2 wait", 3, || {
            primitives::wait::<single::Queue>(2)
        }),
        facade(
            "waiter queue, one slot, 1 gives up",
            3,
            primitives::give_up::<single::Queue>,
        ),
        facade("waiter queue, lock-free, 1 waits", 2, || {
            primitives::wait::<lock_free::Queue>(1)
        }),
        facade("waiter queue, lock-free, 2 wait", 3, || {
            primitives::wait::<lock_free::Queue>(2)
        }),
        facade(
            "waiter queue, lock-free, 1 gives up",
            3,
            primitives::give_up::<lock_free::Queue>,
        ),
        facade("waiter queue, intrusive, 1 waits", 2, || {
            primitives::wait::<intrusive::Queue>(1)
        }),
        facade("waiter queue, intrusive, 2 wait", 3, || {
            primitives::wait::<intrusive::Queue>(2)
        }),
        facade("versioned notify, 1 waits", 2, || primitives::notify(1)),
        facade("versioned notify, 2 wait", 3, || primitives::notify(2)),
        facade("ring, 2 values, 1 slot", 2, || primitives::through_a_ring(2, 1)),
        facade("ring, 4 values, 2 slots", 2, || primitives::through_a_ring(4, 2)),
        facade("ring, closed", 2, primitives::close_a_ring),
    ]);
    rows
}

/// What is explored once more with a main that only waits for the threads.
pub(crate) fn where_main_waits() -> Vec<Row> {
    let again = [
        "MP: ",
        "SB: ",
        "SB, sc: ",
        "WRC: ",
        "sequence lock, 1 writer, 1 reader",
        "Michael and Scott's queue, 1 puts, 1 takes",
        "Michael and Scott's queue, 2 put, 1 takes",
        "Chase and Lev's deque, 1 thief",
    ];
    let mut rows = rows();
    rows.retain(|row| again.iter().any(|name| row.name.starts_with(name)));
    rows
}

/// What is run under both models, to compare what an execution costs.
pub(crate) fn rates() -> Vec<(String, Body)> {
    let litmus = |name: &str, text: &str| {
        let row = litmus(name, text, "");
        (row.name, row.ours)
    };
    let structure = |row: Row| (row.name, row.ours);
    vec![
        litmus("increments and reads", "Ix1 | Ix1 | Rx Rx | Wx42 | Rx Rx"),
        litmus("a writer and a reader", "Wx1 Wx2 Wx3 Wx4 Wx5 Wx6 | Rx Rx Rx Rx Rx Rx"),
        structure(structure!("last zero(7)", 8, last_zero::program(7))),
        structure(structure!("last zero(12)", 13, last_zero::program(12))),
        structure(structure!(
            "sequence lock, 2 writers, 2 readers",
            4,
            seq_lock::program(2, 2, seq_lock::RIGHT)
        )),
        structure(structure!(
            "Treiber's stack, 3 threads",
            3,
            treiber::program(3, treiber::RIGHT)
        )),
        structure(structure!(
            "Michael and Scott's queue, 2 put, 2 take",
            4,
            michael_scott::program(2, 2, michael_scott::RIGHT)
        )),
        structure(structure!(
            "Chase and Lev's deque, 2 thieves, twice",
            3,
            chase_lev::program(2, 2, chase_lev::RIGHT)
        )),
        structure(structure!(
            "reference count, 3 owners more",
            4,
            counted::program(3, counted::RIGHT)
        )),
        structure(facade("ring, 20 values, 4 slots", 2, || {
            primitives::through_a_ring(20, 4)
        })),
    ]
}
