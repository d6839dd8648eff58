//! The constraints tried: executions at random in which they are imposed, and in which the opposite is.

use std::cell::RefCell;
use std::ops::ControlFlow;
use std::rc::Rc;

use super::super::explain::failed;
use super::super::share::Common;
use super::ways::Way;
use crate::engine::controlled::explore;
use crate::explore::events::Events;
use crate::explore::imposed::{Imposed, Rule};
use crate::kernel::{End, Numbering, Strategy};

/// Executions with all constraints of a way, and with the opposite of each.
const TRIALS: usize = 100;

/// How it went.
#[derive(Debug, Default)]
pub(super) struct Proof {
    /// Executions in which the constraints of a way held; all have failed.
    pub(super) imposed: u64,
    /// Executions in which no way held.
    pub(super) opposed: u64,
    /// Those of them that failed.
    pub(super) failed: u64,
    /// An execution that was not foreseen, and whether it failed.
    pub(super) against: Option<(bool, Events)>,
}

/// Tries the ways; `all`: nothing else fails.
pub(super) fn proof(common: &Common, numbering: &Numbering, ways: &[Way], all: bool) -> Proof {
    let mut proof = Proof::default();
    let mut seed = common.check.seed;
    let mut run = |rules: Vec<Rule>| {
        seed = seed.wrapping_add(1);
        let strategy: Rc<RefCell<dyn Strategy>> = Rc::new(RefCell::new(Imposed::new(rules, seed)));
        let mut session = common.session(&[]);
        session.numbering = numbering.clone();
        let mut left = TRIALS;
        explore(&common.program, &mut session, &strategy, false, &mut |kernel| {
            left -= 1;
            let fails = failed(kernel);
            let counts = match kernel.ending {
                Some(End::Redundant | End::Restart | End::Diverged(_)) => false,
                Some(End::Unfair) => fails,
                _ => true,
            };
            if counts {
                let events = Events::of(kernel);
                let holds = ways.iter().any(|way| way.holds(&events));
                proof.imposed += u64::from(holds && fails);
                proof.opposed += u64::from(!holds);
                proof.failed += u64::from(!holds && fails);
                if (holds && !fails) || (all && fails && !holds) {
                    proof.against = Some((fails, events));
                }
            }
            let learns = kernel.ending == Some(End::Restart);
            if left == 0 || learns || common.late() || proof.against.is_some() {
                ControlFlow::Break(())
            } else {
                ControlFlow::Continue(())
            }
        });
        proof.against.is_none()
    };
    for way in ways {
        let imposed = way.atoms.iter().map(|atom| atom.rule(true)).collect();
        let opposites = way.atoms.iter().map(|atom| vec![atom.rule(false)]);
        if !run(imposed) || !opposites.into_iter().all(&mut run) {
            break;
        }
    }
    proof
}

/// What is wrong with a cause shows itself when it is tried: it is broken on purpose.
#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::super::survey::Survey;
    use super::super::told::Told;
    use super::super::ways::{Atom, Way, ways};
    use super::{Common, proof};
    use crate::sync::atomic::{AtomicBool, AtomicU32, Ordering, Ordering::SeqCst};
    use crate::sync::{Condvar, Mutex};
    use crate::{Check, MemoryModel, Strategy, choose, thread};

    fn lost_increment() {
        let counter = Arc::new(AtomicU32::new(0).named("counter"));
        let other = Arc::clone(&counter);
        let other = thread::spawn(move || other.store(other.load(SeqCst) + 1, SeqCst));
        counter.store(counter.load(SeqCst) + 1, SeqCst);
        other.join().unwrap();
        assert_eq!(counter.load(SeqCst), 2);
    }

    fn missed_signal() {
        let shared = Arc::new((
            Mutex::new(()).named("lock"),
            Condvar::new().named("ready"),
            AtomicBool::new(false),
        ));
        let theirs = Arc::clone(&shared);
        let setter = thread::spawn(move || {
            theirs.2.store(true, SeqCst);
            theirs.1.notify_one();
        });
        let guard = shared.0.lock().unwrap();
        if !shared.2.load(SeqCst) {
            drop(shared.1.wait(guard));
        }
        setter.join().unwrap();
    }

    fn lock_order() {
        let locks = Arc::new((Mutex::new(()).named("a"), Mutex::new(()).named("b")));
        let theirs = Arc::clone(&locks);
        let other = thread::spawn(move || {
            let _b = theirs.1.lock();
            let _a = theirs.0.lock();
        });
        {
            let _a = locks.0.lock();
            let _b = locks.1.lock();
        }
        other.join().unwrap();
    }

    fn stale_read() {
        let shared = Arc::new((AtomicU32::new(0).named("data"), AtomicBool::new(false).named("ready")));
        let theirs = Arc::clone(&shared);
        let writer = thread::spawn(move || {
            theirs.0.store(1, Ordering::Relaxed);
            theirs.1.store(true, Ordering::Relaxed);
        });
        if shared.1.load(Ordering::Relaxed) {
            assert_eq!(shared.0.load(Ordering::Relaxed), 1);
        }
        writer.join().unwrap();
    }

    fn one_arm_and_an_order() {
        let flag = Arc::new(AtomicBool::new(false).named("flag"));
        let theirs = Arc::clone(&flag);
        let setter = thread::spawn(move || theirs.store(true, SeqCst));
        let seen = flag.load(SeqCst);
        assert!(choose(3) != 1 || seen);
        setter.join().unwrap();
    }

    #[test]
    fn a_constraint_that_is_left_out_or_turned_round_does_not_stand() {
        let programs: [(&str, fn()); 5] = [
            ("lost increment", lost_increment),
            ("missed signal", missed_signal),
            ("lock order", lock_order),
            ("stale read", stale_read),
            ("an arm and an order", one_arm_and_an_order),
        ];
        for (name, program) in programs {
            let check = Check::new(name).strategy(Strategy::Exhaustive).cause(false);
            let options = check.options.clone();
            let failure = check.run(program).failure.expect(name);
            let weak = failure.schedule.learned.orders_weakly;
            let run = move || {
                program();
                String::new()
            };
            let mut common = Common::new(options, Arc::new(run), Arc::default());
            if !weak {
                common.limits.memory_model = MemoryModel::SequentiallyConsistent;
            }
            let told = Told::of(&common, &failure).expect(name);
            let survey = Survey::of(&common, &told, weak).expect(name);
            let (found, others) = ways(&survey, &told);
            let [way] = &found[..] else { panic!("{name}: {found:?}") };
            assert!(survey.whole && others == 0, "{name}");
            let stands = |atoms: Vec<Atom>| {
                let way = Way { atoms, failing: 0 };
                proof(&common, &survey.numbering, &[way], true).against.is_none()
            };
            assert!(stands(way.atoms.clone()), "{name}: {way:?}");
            for at in 0..way.atoms.len() {
                let mut without = way.atoms.clone();
                let atom = without.remove(at);
                assert!(without.is_empty() || !stands(without), "{name} without {atom:?}");
                let mut turned = way.atoms.clone();
                turned[at] = match atom {
                    Atom::Before(first, then) => Atom::Before(then, first),
                    Atom::Arm(event, arm) => Atom::Arm(event, arm + 1),
                };
                assert!(!stands(turned.clone()), "{name}, turned: {turned:?}");
            }
        }
    }
}
