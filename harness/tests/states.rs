//! The graph of the states of a program: how many there are, where they lead, and how they end.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use proptest::strategy::Strategy as _;
use selvedge::oracle::{Oracle, Shared};
use selvedge::states::{End, States};
use selvedge::sync::atomic::{AtomicU32, Ordering::SeqCst};
use selvedge::sync::{Arc, Mutex, mpsc};
use selvedge::{Check, Error, FailureKind, MemoryModel, Report, Strategy, thread};

fn states<R: std::fmt::Debug>(program: impl Fn() -> R + Send + Sync + 'static) -> States {
    Check::new("states").states(program).expect("the program is small")
}

/// So many tasks that each take so many steps, on objects of their own or on one.
fn steps(tasks: usize, steps: usize, shared: bool) -> usize {
    let found = states(move || {
        let one = Arc::new(AtomicU32::new(0));
        let threads: Vec<_> = (0..tasks)
            .map(|_| {
                let object = if shared {
                    Arc::clone(&one)
                } else {
                    Arc::new(AtomicU32::new(0))
                };
                thread::spawn(move || (0..steps).for_each(|_| object.store(1, SeqCst)))
            })
            .collect();
        threads.into_iter().for_each(|thread| thread.join().unwrap());
    });
    found.states.len()
}

#[test]
fn steps_that_commute_multiply_states_and_not_their_orders() {
    assert_eq!(steps(1, 5, false), 6);
    assert_eq!(steps(2, 3, false), 4 * 4);
    assert_eq!(steps(3, 2, false), 3 * 3 * 3);
    // Every order is a state: of n tasks with a step each, the sum of n! / (n - i)!.
    assert_eq!(steps(2, 1, true), 1 + 2 + 2);
    assert_eq!(steps(3, 1, true), 1 + 3 + 6 + 6);
    // Words of two letters, each at most twice: 1 + 2 + 4 + 6 + 6.
    assert_eq!(steps(2, 2, true), 19);
}

/// What a task of a random program does to an object.
#[derive(Clone, Copy, Debug)]
enum Does {
    Load(usize),
    Store(usize, u32),
    Add(usize),
}

impl Does {
    fn object(self) -> usize {
        match self {
            Does::Load(object) | Does::Store(object, _) | Does::Add(object) => object,
        }
    }

    fn conflicts(self, other: Does) -> bool {
        self.object() == other.object() && !matches!((self, other), (Does::Load(_), Does::Load(_)))
    }
}

type Program = Vec<Vec<Does>>;

/// The program for the harness. Its outcome is what every load has seen and what is left. An odd sum fails.
fn run(program: &Program) -> Vec<Vec<u32>> {
    let objects: Vec<_> = (0..2)
        .map(|n| Arc::new(AtomicU32::new(0).named(["first", "second"][n])))
        .collect();
    let threads: Vec<_> = program
        .iter()
        .map(|does| {
            let (does, objects) = (does.clone(), objects.clone());
            thread::spawn(move || {
                let mut seen = Vec::new();
                for does in does {
                    match does {
                        Does::Load(object) => seen.push(objects[object].load(SeqCst)),
                        Does::Store(object, value) => objects[object].store(value, SeqCst),
                        Does::Add(object) => seen.push(objects[object].fetch_add(1, SeqCst)),
                    }
                }
                seen
            })
        })
        .collect();
    let seen: Vec<Vec<u32>> = threads.into_iter().map(|thread| thread.join().unwrap()).collect();
    assert_eq!(
        seen.iter().flatten().sum::<u32>() % 3,
        0,
        "three does not divide what was seen"
    );
    seen
}

/// A prefix of an execution: for each step all steps that come before it, whatever the order of those that commute.
type Trace = BTreeMap<(usize, usize), BTreeSet<(usize, usize)>>;

/// All prefixes, by taking every step that can be taken, and the outcomes in the end.
fn by_trying(program: &Program) -> (BTreeSet<Trace>, BTreeSet<String>) {
    let (mut traces, mut outcomes) = (BTreeSet::new(), BTreeSet::new());
    let mut todo: Vec<Vec<(usize, usize)>> = vec![Vec::new()];
    while let Some(steps) = todo.pop() {
        let mut trace = Trace::new();
        for (at, &(task, nth)) in steps.iter().enumerate() {
            let mut before = BTreeSet::new();
            for &(other, theirs) in &steps[..at] {
                if other == task || program[other][theirs].conflicts(program[task][nth]) {
                    before.insert((other, theirs));
                    before.extend(trace[&(other, theirs)].iter().copied());
                }
            }
            trace.insert((task, nth), before);
        }
        traces.insert(trace);
        let done = |task: usize| steps.iter().filter(|(t, _)| *t == task).count();
        let ready: Vec<usize> = (0..program.len())
            .filter(|&task| done(task) < program[task].len())
            .collect();
        if ready.is_empty() {
            let (mut objects, mut seen) = ([0; 2], vec![Vec::new(); program.len()]);
            for &(task, nth) in &steps {
                match program[task][nth] {
                    Does::Load(object) => seen[task].push(objects[object]),
                    Does::Store(object, value) => objects[object] = value,
                    Does::Add(object) => {
                        seen[task].push(objects[object]);
                        objects[object] += 1;
                    }
                }
            }
            let fails = seen.iter().flatten().sum::<u32>() % 3 != 0;
            outcomes.insert(if fails { "fails".to_owned() } else { format!("{seen:?}") });
        }
        todo.extend(ready.into_iter().map(|task| {
            let mut steps = steps.clone();
            steps.push((task, done(task)));
            steps
        }));
    }
    (traces, outcomes)
}

fn outcomes(states: &States) -> BTreeSet<String> {
    let ends = states.states.iter().filter_map(|state| state.end.as_ref());
    ends.map(|end| match end {
        End::Passed { outcome } => outcome.clone(),
        _ => "fails".to_owned(),
    })
    .collect()
}

fn does() -> impl proptest::strategy::Strategy<Value = Does> {
    prop_oneof![
        (0_usize..2).prop_map(Does::Load),
        (0_usize..2, 1_u32..4).prop_map(|(object, value)| Does::Store(object, value)),
        (0_usize..2).prop_map(Does::Add),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]
    #[test]
    fn states_and_outcomes_are_those_that_trying_everything_finds(
        program in proptest::collection::vec(proptest::collection::vec(does(), 1..4), 2..4)
    ) {
        let asked = program.clone();
        let found = states(move || run(&asked));
        let (traces, expected) = by_trying(&program);
        prop_assert_eq!(found.states.len(), traces.len());
        prop_assert_eq!(outcomes(&found), expected);
    }
}

/// Follows a list of tasks.
struct Along(Vec<usize>, usize, bool);

impl Oracle for Along {
    fn begin(&mut self) -> bool {
        self.1 = 0;
        !std::mem::replace(&mut self.2, true)
    }

    fn choose(&mut self, _tasks: &[usize], _last: Option<usize>, _yields: bool) -> Option<usize> {
        self.1 += 1;
        self.0.get(self.1 - 1).copied()
    }

    fn arm(&mut self, _arms: u32) -> u32 {
        self.1 += 1;
        self.0[self.1 - 1] as u32
    }

    fn again(&mut self) {
        self.2 = false;
    }
}

/// Every way through the graph from this state on, as what an oracle says.
fn ways(found: &States, at: usize, way: &mut Vec<usize>, all: &mut Vec<(Vec<usize>, usize)>) {
    if found.states[at].picks.is_empty() {
        all.push((way.clone(), at));
    }
    for pick in &found.states[at].picks {
        way.push(pick.arm.map_or(pick.task, |arm| arm as usize));
        ways(found, pick.to, way, all);
        way.pop();
    }
}

/// Checks that every way ends as its last state says, and that the exhaustive search finds the same.
fn every_way_ends_as_it_says<R: std::fmt::Debug>(program: impl Fn() -> R + Send + Sync + Clone + 'static) -> States {
    let found = states(program.clone());
    let mut all = Vec::new();
    ways(&found, 0, &mut Vec::new(), &mut all);
    for (way, end) in all {
        let oracle = Shared::new(Along(way.clone(), 0, false));
        let report = Check::new("way")
            .memory_model(MemoryModel::SequentiallyConsistent)
            .strategy(Strategy::Oracle(oracle))
            .cause(false)
            .run(program.clone());
        match (
            found.states[end].end.as_ref().expect("nobody can go on"),
            &report.failure,
        ) {
            (End::Failed { kind, .. }, Some(failure)) => assert_eq!(*kind, failure.kind, "{way:?}"),
            (End::Passed { outcome }, None) => assert_eq!(report.outcomes.keys().next(), Some(outcome), "{way:?}"),
            (end, failure) => panic!("{way:?} ends with {end:?} and {failure:?}"),
        }
    }
    let report = exhaustive(program);
    assert_eq!(report.failing_executions > 0, found.ends().0 > 0);
    let passing = outcomes(&found)
        .into_iter()
        .filter(|outcome| outcome != "fails")
        .collect::<Vec<_>>();
    assert!(
        passing.iter().all(|outcome| report.outcomes.contains_key(outcome)),
        "{passing:?}: {report:?}"
    );
    found
}

fn exhaustive<R: std::fmt::Debug>(program: impl Fn() -> R + Send + Sync + 'static) -> Report {
    Check::new("all")
        .memory_model(MemoryModel::SequentiallyConsistent)
        .strategy(Strategy::Exhaustive)
        .keep_going(true)
        .cause(false)
        .run(program)
}

fn increments() {
    let counter = Arc::new(AtomicU32::new(0).named("counter"));
    let other = Arc::clone(&counter);
    let thread = thread::Builder::new().name("other".to_owned());
    let thread = thread.spawn(move || other.store(other.load(SeqCst) + 1, SeqCst));
    counter.store(counter.load(SeqCst) + 1, SeqCst);
    thread.unwrap().join().unwrap();
    assert_eq!(counter.load(SeqCst), 2, "one is lost");
}

#[test]
fn a_lost_increment_in_every_way() {
    let found = every_way_ends_as_it_says(increments);
    assert_eq!(found.tasks, ["main", "other"]);
    assert_eq!(found.objects, ["counter"]);
    // Either both loads see 0, or one of them sees 1.
    assert_eq!(found.ends(), (2, 2));
    let way = found.failing_from(0).expect("it can fail");
    let (mut at, mut texts) = (0, Vec::new());
    for pick in way {
        let pick = &found.states[at].picks[pick];
        texts.push(format!("{}: {}", found.tasks[pick.task], pick.text));
        at = pick.to;
    }
    assert_eq!(texts.len(), 5, "{texts:?}");
    assert!(texts[..2].contains(&"main: counter ➜ 0".to_owned()), "{texts:?}");
    let Some(End::Failed { kind, message, .. }) = &found.states[at].end else {
        panic!("{:?}", found.states[at])
    };
    assert_eq!(*kind, FailureKind::Panic);
    assert!(message.contains("one is lost"), "{message}");
    assert_eq!(found.states[at].values, [(0, "1".to_owned())]);
}

#[test]
fn a_cycle_of_locks_in_every_way() {
    let found = every_way_ends_as_it_says(|| {
        let (left, right) = (
            Arc::new(Mutex::new(1).named("left")),
            Arc::new(Mutex::new(2).named("right")),
        );
        let (l, r) = (Arc::clone(&left), Arc::clone(&right));
        let thread = thread::spawn(move || {
            let r = r.lock().unwrap();
            *r + *l.lock().unwrap()
        });
        let sum = {
            let l = left.lock().unwrap();
            *l + *right.lock().unwrap()
        };
        sum + thread.join().unwrap()
    });
    assert_eq!(found.ends().0, 1);
    let stuck = found
        .states
        .iter()
        .find(|state| state.end.as_ref().is_some_and(End::fails))
        .unwrap();
    let waits: Vec<_> = stuck
        .standing
        .tasks
        .iter()
        .filter_map(|task| task.waits_for.as_deref())
        .collect();
    assert_eq!(waits.len(), 2, "{waits:?}");
    let held: Vec<_> = stuck
        .standing
        .objects
        .iter()
        .map(|o| (o.object.as_str(), o.state.as_str()))
        .collect();
    assert_eq!(held, [("left", "held"), ("right", "held")]);
    let Some(End::Failed { kind, .. }) = &stuck.end else {
        unreachable!()
    };
    assert_eq!(*kind, FailureKind::Deadlock);
}

#[test]
fn arms_and_messages_in_every_way() {
    let found = every_way_ends_as_it_says(|| {
        let (send, receive) = mpsc::channel();
        let thread = thread::spawn(move || send.send(selvedge::choose(3)).unwrap());
        let looked = receive.try_recv().is_ok();
        thread.join().unwrap();
        let arm = if looked { selvedge::choose(2) } else { 0 };
        // A step that the panic belongs to.
        AtomicU32::new(0).load(SeqCst);
        assert_eq!(arm, 0, "the last arm");
        looked
    });
    let arms = found
        .states
        .iter()
        .flat_map(|state| &state.picks)
        .filter(|pick| pick.arm.is_some());
    let texts: BTreeSet<&str> = arms.map(|pick| pick.text.as_str()).collect();
    assert!(
        texts.contains("choose(3) ➜ 2") && texts.contains("choose(2) ➜ 1"),
        "{texts:?}"
    );
}

#[test]
fn what_is_too_large_says_so() {
    let many = || {
        let threads: Vec<_> = (0..3)
            .map(|_| {
                let object = Arc::new(AtomicU32::new(0));
                thread::spawn(move || (0..5).for_each(|_| object.store(1, SeqCst)))
            })
            .collect();
        threads.into_iter().for_each(|thread| thread.join().unwrap());
    };
    let error = Check::new("many").max_states(100).states(many).unwrap_err();
    assert!(matches!(error, Error::TooManyStates { most: 100 }), "{error}");
    assert!(error.to_string().contains("more than 100 states"), "{error}");
    assert_eq!(
        Check::new("many").max_states(216).states(many).unwrap().states.len(),
        216
    );
    let error = Check::new("many").max_executions(3).states(many).unwrap_err();
    assert!(error.to_string().contains("stopped after 3 executions"), "{error}");
}

#[test]
fn the_same_program_has_the_same_graph() {
    assert_eq!(states(increments), states(increments));
    let written = serde_json::to_string(&states(increments)).unwrap();
    assert_eq!(serde_json::from_str::<States>(&written).unwrap(), states(increments));
}
