//! Programs that the generator came upon, as it printed them.

use std::fmt::Display;

use super::judge::judge;
use super::program::{Home, Op, Op::*, Pass, Program, Wait};
use super::refine::refine;
use crate::crosscheck::threads::limits;
use crate::schedule::ScheduleLimits;

#[track_caller]
fn agree(program: &Program) {
    let told = |why: &dyn Display| format!("{why}\n{program:?}");
    judge(program).unwrap_or_else(|why| panic!("{}", told(&why)));
}

fn program(main: Vec<Op>) -> Program {
    Program {
        limits: limits(),
        bound: None,
        home: Home::Heap,
        main,
    }
}

/// An exchange announces a write, and is a read where it fails. It then sleeps beside reads that have been planned
/// in its place, and what is planned behind them must not be taken for granted.
#[test]
fn exchanges_that_fail_beside_reads() {
    let others = || [Thread(vec![Load(0)]), Thread(vec![Exchange(0)]), Thread(vec![Load(0)])];
    for last in [Store(0, 3), Swap(0, 3), Exchange(0), Update(0)] {
        for at in 0..=3 {
            let mut main = others().to_vec();
            main.insert(at, Thread(vec![Exchange(0)]));
            main.push(last.clone());
            agree(&program(main));
        }
    }
    agree(&program(vec![
        Thread(vec![Exchange(0)]),
        Thread(vec![Exchange(0)]),
        Task(vec![Task(vec![Load(0)]), Load(0)]),
        Swap(0, 3),
    ]));
    // With a swap that leaves the value as it is.
    agree(&program(vec![
        Thread(vec![Exchange(0)]),
        Thread(vec![Load(0)]),
        Thread(vec![Load(0)]),
        Thread(vec![Swap(0, 3)]),
        Swap(0, 3),
    ]));
}

/// A task that panics with its turn to come already chosen is not taken for the one that panicked before.
#[test]
fn tasks_that_panic_one_after_the_other() {
    for main in [
        vec![Task(vec![CallOnceAndPanic]), Thread(vec![CallOnceAndPanic]), Load(0)],
        vec![
            Task(vec![CallOnceAndPanic]),
            Task(vec![Load(0), CallOnceAndPanic]),
            Thread(vec![CallOnce]),
            CallOnce,
        ],
        vec![
            Thread(vec![Thread(vec![CallOnceAndPanic]), Await(Wait::Cell(2))]),
            CallOnceAndPanic,
        ],
    ] {
        agree(&program(main));
    }
}

/// What a task drops while it unwinds belongs to a step that has not announced it.
#[test]
fn what_unwinding_drops_is_seen_by_others() {
    for look in [Count, Unwrap, Upgrade] {
        agree(&program(vec![
            Thread(vec![Holding(0, vec![Panic]), Own]),
            Task(vec![look]),
            Lock(0),
        ]));
    }
    agree(&program(vec![
        Thread(vec![Holding(0, vec![Panic]), Send(1)]),
        Thread(vec![Receive]),
        Lock(0),
    ]));
}

/// Poison may come and go at any time.
#[test]
fn a_look_at_poison_is_an_operation() {
    for main in [
        vec![Thread(vec![Holding(0, vec![Panic])]), Poisoned],
        vec![
            Task(vec![Holding(0, vec![Panic])]),
            Thread(vec![Poisoned]),
            Thread(vec![Lock(0)]),
        ],
        vec![
            Thread(vec![Load(0)]),
            Task(vec![Load(0), Poisoned]),
            Task(vec![Holding(0, vec![Panic])]),
        ],
    ] {
        let program = program(main);
        agree(&program);
        refine(&program, 300).unwrap_or_else(|why| panic!("{why}\n{program:?}"));
    }
}

/// Who gives up a wait has been woken once too often when it awaits a task, and so observes that task's exit. A shard in
/// which nobody gives up counts no less because of it.
#[test]
fn shards_know_what_only_one_of_them_meets() {
    for (ask, wait) in [
        (TryPermit, Wait::Permit),
        (TryTokioLock, Wait::TokioLock),
        (TryTokioRead, Wait::TokioWrite),
    ] {
        agree(&program(vec![Task(vec![ask]), Cancelable(wait)]));
    }
    agree(&program(vec![Task(vec![
        Task(vec![NotifyWaiters]),
        Cancelable(Wait::NotifiedUnless(0)),
    ])]));
}

/// What is dropped while a task unwinds is beside what others have still to drop.
#[test]
fn ends_of_a_channel_that_are_dropped_side_by_side() {
    agree(&program(vec![
        Thread(vec![CallOnce]),
        Thread(vec![ReceiveTimeout(1), CallOnceAndPanic]),
        Thread(vec![TrySend(1)]),
    ]));
}

/// What a deadline comes before depends on how busy the machine is, where there is another thread.
#[test]
fn deadlines_beside_other_threads() {
    for wait in [Sleep(1), WaitTimeout(1)] {
        let program = program(vec![Thread(vec![Task(vec![Add(0)])]), wait, Load(0)]);
        refine(&program, 300).unwrap_or_else(|why| panic!("{why}\n{program:?}"));
    }
}

/// A sender that goes before another one is not the last, whatever it has announced: a message commutes with it.
#[test]
fn senders_that_go_beside_messages() {
    agree(&program(vec![
        Thread(vec![CallOnce]),
        Task(vec![CallOnce, DropSender]),
        Thread(vec![TrySend(1)]),
        DropSender,
        CallOnce,
    ]));
}

/// An exchange that would succeed, among steps of others that have nothing to do with it.
#[test]
fn exchanges_beside_a_channel() {
    for bound in [None, Some(1)] {
        agree(&Program {
            bound,
            ..program(vec![
                Thread(vec![TryReceive]),
                Thread(vec![DropSender, Exchange(0)]),
                Task(vec![TrySend(1)]),
                Swap(0, 3),
                Store(0, 0),
            ])
        });
    }
}

/// Who unwinds drops what others race for, and does not unwind where somebody else has come first.
#[test]
fn what_is_dropped_only_by_the_first_one_to_come() {
    let one = |bound, main| Program { bound, ..program(main) };
    for program in [
        one(
            None,
            vec![
                Task(vec![CallOnceAndPanic, DropReceiver]),
                Task(vec![CallOnce]),
                Thread(vec![ReceiveTimeout(1), TrySend(1)]),
            ],
        ),
        one(
            Some(0),
            vec![
                Task(vec![Await(Wait::Answer), CallOnce]),
                Task(vec![TryQueue(1), Await(Wait::Take)]),
                CloseQueue,
                CallOnceAndPanic,
            ],
        ),
        one(
            None,
            vec![
                Thread(vec![CallOnceAndPanic, Unwrap]),
                Task(vec![CallOnce]),
                Task(vec![Count, Unwrap]),
                Disown,
            ],
        ),
        one(
            None,
            vec![
                Task(vec![Await(Wait::Notified)]),
                Thread(vec![Store(0, 1), CallOnceAndPanic]),
                Thread(vec![NotifyWaiters, Store(0, 1)]),
                CallOnceAndPanic,
            ],
        ),
    ] {
        agree(&program);
    }
}

/// What a task does while it unwinds is known as well as the rest of its step: others sleep beside it.
#[test]
fn tasks_that_sleep_beside_one_that_unwinds() {
    agree(&program(vec![
        Task(vec![NotifyOne]),
        Thread(vec![Holding(0, vec![Panic])]),
        Thread(vec![WaitTimeout(1)]),
    ]));
}

/// The numbers of exits depend on who exits first, and the search begins with another order than plain enumeration.
#[test]
fn objects_that_are_numbered_by_who_comes_first() {
    let parts = vec![Thread(vec![TryPermit]), Task(vec![Opaque]), Cancelable(Wait::Permit)];
    agree(&program(parts));
}

/// A loop that looks at nothing the kernel knows goes round after a step of another task, whether that came before or after
/// a step of its own that commutes with it.
#[test]
fn yields_with_a_fresh_waker_in_between() {
    for spins in 1..=2 {
        let mut main = vec![Task(vec![Yield, Yield])];
        main.extend(vec![TrySpin(0); spins]);
        for fresh_wakers in [false, true] {
            let mut program = program(main.clone());
            program.limits.fresh_wakers = fresh_wakers;
            agree(&program);
        }
    }
}

/// The waker of a `block_on` that has returned sets the token that the next one waits for, whether it is called before or after
/// that begins to wait.
#[test]
fn wakers_of_loops_that_have_been_left() {
    let answer = || vec![Task(vec![Answer]), Cancelable(Wait::Answer)];
    agree(&program([answer(), vec![Load(0)]].concat()));
    agree(&program(answer()));
    let takes = vec![Task(vec![TryQueue(1)]), Cancelable(Wait::Take), Load(0)];
    agree(&program(takes));
    agree(&program(vec![
        Task(vec![NotifyOne]),
        Cancelable(Wait::Notified),
        Load(0),
    ]));
}

/// An operation that another one has been put in front of waits while the clock moves, and who waits for it could have come
/// earlier.
#[test]
fn locks_in_opposite_orders_beside_a_deadline() {
    agree(&program(vec![
        Thread(vec![Holding(0, vec![Lock(1)])]),
        Thread(vec![Holding(1, vec![Lock(0)])]),
        ParkTimeout(1),
    ]));
}

/// The clock moves early, and a waiter goes on without a reason.
#[test]
fn an_early_timer_and_a_wake_up_without_a_reason() {
    let mut program = program(vec![Thread(vec![NotifyOne]), WaitTimeout(1)]);
    program.limits.spurious_wakeups = 1;
    program.limits.early_timers = 1;
    agree(&program);
}

/// What a real channel wakes nobody can announce. Where a message was taken by another one, nobody is woken, and the search has
/// run something for nothing, which it says.
#[test]
fn who_is_woken_by_code_of_others_or_is_not() {
    agree(&program(vec![
        Thread(vec![Thread(vec![Cancelable(Wait::Foreign)]), Await(Wait::Foreign)]),
        ForeignSend,
        Await(Wait::Foreign),
    ]));
}

/// A task that panics before it has done anything drops what it holds when it comes to that, not when it is spawned.
#[test]
fn owners_that_go_as_their_task_panics_at_once() {
    for task in [Task, Thread] {
        agree(&program(vec![task(vec![Panic, Own]), Count]));
        agree(&program(vec![task(vec![Thread(vec![Panic]), Unwrap, Own]), Count]));
    }
}

/// A timer that fires early, and what it ends is waited for once more.
#[test]
fn an_answer_after_its_time_is_over() {
    agree(&Program {
        limits: ScheduleLimits {
            early_timers: 1,
            fresh_wakers: true,
            ..limits()
        },
        ..program(vec![Thread(vec![Within(1, Wait::Answer), Await(Wait::Answer)]), Answer])
    });
}

/// What one task chooses does not look like what another one has spawned, so that they come to different objects.
#[test]
fn a_choice_beside_whoever_spawns() {
    for spawned in [Task(vec![Choose(2), Lock(0)]), Thread(vec![Choose(2), Lock(0)])] {
        agree(&program(vec![spawned, Holding(1, vec![Add(0)])]));
    }
    agree(&program(vec![Thread(vec![Store(0, 1)]), Choose(2), Store(0, 1)]));
    agree(&program(vec![Thread(vec![Choose(2), Load(0)]), Unpark(0), Load(0)]));
}

/// Tasks that are spawned in another order than the search has first seen are called the same when that is replayed.
#[test]
fn tasks_that_spawn_in_either_order() {
    agree(&program(vec![
        Task(vec![Task(vec![Unpark(1)]), Yield]),
        Task(vec![Task(vec![Unpark(1)]), Unpark(1)]),
        Park,
    ]));
}

/// A channel of std waits by parking, and takes the token that was meant for a `park` after it.
#[test]
fn tokens_that_a_wait_takes() {
    for wait in [ReceiveTimeout(2), Receive, Send(1), Scope(vec![vec![Load(0)]])] {
        for bound in [None, Some(0), Some(1)] {
            for spurious_wakeups in 0..=1 {
                let main = vec![
                    Thread(vec![Receive, Unpark(0)]),
                    Unpark(0),
                    wait.clone(),
                    DropSender,
                    Park,
                ];
                let mut program = Program { bound, ..program(main) };
                program.limits.spurious_wakeups = spurious_wakeups;
                agree(&program);
            }
        }
    }
    let program = program(vec![Unpark(0), ReceiveTimeout(2), DropSender, Park]);
    agree(&program);
    assert!(refine(&program, 1).is_err_and(|why| why.to_string().contains("one that fails")));
}

/// A livelock that begins before or after a poll without a reason.
#[test]
fn ticks_and_polls_without_a_reason() {
    let mut program = program(vec![Task(vec![Sleep(2), Ticks, Ticks])]);
    program.limits.spurious_polls = 1;
    agree(&program);
}

/// Two objects of one notify, of which a task uses one or both, and which others have used or not.
#[test]
fn a_notify_that_nobody_has_named() {
    let waits = || Task(vec![Await(Wait::Notified)]);
    for home in [Home::Heap, Home::Owned, Home::Static] {
        for main in [
            vec![Task(vec![Load(0), NotifyWaiters]), waits()],
            vec![Task(vec![NotifyWaiters, Load(0)]), waits(), Store(0, 1)],
            vec![Task(vec![NotifyWaiter, Load(1)]), waits(), NotifyWaiters, Store(1, 1)],
        ] {
            agree(&Program { home, ..program(main) });
        }
    }
}

/// Whose turn it was matters where a timer that fires early wakes that task again.
#[test]
fn a_task_that_waits_beside_one_that_a_timer_wakes() {
    let mut program = program(vec![Task(vec![Within(1, Wait::Foreign)]), ParkTimeout(2), Panic]);
    program.limits.early_timers = 2;
    agree(&program);
}

/// A mark beside a timer that fires early and a poll without a reason.
#[test]
fn a_marked_step_beside_a_sleep_that_is_polled_for_no_reason() {
    let mut program = program(vec![Thread(vec![Await(Wait::Sleep(1))]), Yield]);
    (program.limits.spurious_polls, program.limits.early_timers) = (1, 1);
    agree(&program);
}

/// A wait that is over already, and cannot go on because another task has the lock and is stuck.
#[test]
fn a_wait_that_is_over_behind_a_lock_that_is_never_given_back() {
    let waits = || Thread(vec![WaitTimeout(1), Lock(1)]);
    for main in [
        vec![Task(vec![TryLock(0)]), waits(), Holding(0, vec![Lock(1)])],
        vec![
            waits(),
            Thread(vec![Holding(1, vec![Lock(0)])]),
            Holding(0, vec![Lock(1)]),
        ],
    ] {
        for home in [Home::Heap, Home::Owned, Home::Static] {
            let mut program = Program {
                home,
                ..program(main.clone())
            };
            program.limits.spurious_wakeups = 1;
            agree(&program);
        }
    }
}

/// Who waits for a message for a time waits in vain if another one has taken it.
#[test]
fn a_message_that_another_one_takes_before_its_time() {
    for ours in [Pass::ReceiveWithin(1), Pass::Receive] {
        let theirs = Thread(vec![Pass(Pass::TrySend(1)), Pass(Pass::TryReceive)]);
        let main = vec![theirs, Pass(ours), Pass(Pass::TrySend(1))];
        let bound = Some(1);
        agree(&Program { bound, ..program(main) });
    }
}

/// Who awaits a task that ticks is not stuck, whether or not anybody can see how exits are asked for.
#[test]
fn a_task_that_is_awaited_while_it_ticks() {
    for main in [
        vec![
            Thread(vec![ForeignSend]),
            Task(vec![Sleep(1), Sleep(1), Ticks]),
            Cancelable(Wait::Foreign),
        ],
        vec![Task(vec![Sleep(1), Ticks, Ticks]), Cancelable(Wait::Foreign)],
        vec![Task(vec![Ticks, Ticks]), Either(Wait::Child, Wait::Notified)],
        vec![Task(vec![Ticks, Ticks]), IsFinished],
        vec![Thread(vec![Sleep(1), Sleep(1), Sleep(1), Sleep(1)]), IsFinished],
        vec![
            Task(vec![Ticks, Ticks, NotifyWaiter]),
            Thread(vec![Sleep(3), Await(Wait::Notified)]),
        ],
    ] {
        agree(&program(main));
    }
}
