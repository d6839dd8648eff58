//! The choice between operations of several channels under the controlled engine, of which there may be one alone.
//!
//! | step | touches | waits for |
//! |---|---|---|
//! | an operation of one channel with room | pushes or pops | room, a message, or nobody at the other end |
//! | `select`; `send` and `recv` with bound 0 | looks at all of its channels, and takes what is ready if it is one; or is one of those who wait there | nothing |
//! | the same, if none was ready | takes its own gate, and looks once more | an operation that is ready |
//! | the same, if several were ready | takes the one that was chosen, unless somebody else was faster | nothing |
//!
//! The gates of several channels cannot be waited for together: a task waits until all of its gates admit it. So who finds nothing
//! ready has a gate of its own, which counts its operations that are ready. Whoever makes one of them ready adds to the count
//! ([`Class::Arm`]), whoever takes it away subtracts from it ([`Class::Disarm`]), in the same step. Two of these commute, as the
//! operations on two channels do; those on one channel conflict there.
//!
//! **With bound 0** who waits is found by whoever comes to the other end. The two are a pair then, and who has waited is decided, at all
//! other channels where it waits, too. So whether it is found elsewhere depends on what happens here, and all operations on channels with
//! bound 0 touch one object: they are in one order.
//!
//! **Happens-before** is not what the classes say of objects that are looked at only. What is received comes after what was sent, and of
//! a pair each comes after the other; for this the object of the one who waited has a clock. Nothing else is ordered.

use std::panic::Location;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex as StdMutex, PoisonError};

use super::choose::choose_told;
use super::clock;
use super::context::with_kernel;
use super::object::Handle;
use super::perform::{go_on, perform_part};
use super::step::Step;
use super::thread::has_parked;
use crate::engine::ledger::{Side, Waits};
use crate::kernel::{Access, Accesses, Class, Extra, ObjectId, Op, Question, Sync, UNBOUNDED};
use crate::raw::{Manner, Patience, Token};

/// A task that waits for one of several operations.
pub(crate) struct Waiter {
    /// Its gate.
    object: Handle,
    /// Which of them, if somebody has paired up with it. One task runs at a time, so the lock is never waited for.
    decided: StdMutex<Option<usize>>,
}

impl Waiter {
    #[track_caller]
    fn new() -> Arc<Self> {
        Arc::new(Waiter {
            object: Handle::new("select"),
            decided: StdMutex::default(),
        })
    }

    pub(super) fn id(&self) -> ObjectId {
        self.object.id()
    }

    fn decided(&self) -> Option<usize> {
        *self.decided.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Waits for Waiter {
    fn is_decided(&self) -> bool {
        self.decided().is_some()
    }

    fn decide(&self, index: usize) {
        *self.decided.lock().unwrap_or_else(PoisonError::into_inner) = Some(index);
    }
}

/// Who is ready now and was not, and who is not any more.
pub(super) type Changes = Vec<(Arc<Waiter>, bool)>;

/// What a port did.
pub(crate) struct Taken {
    pub(super) disconnected: bool,
    pub(super) changes: Changes,
    pub(super) partner: Option<Arc<Waiter>>,
}

/// Somebody who waits, as a port is told.
pub(crate) struct Entering<'a> {
    pub(super) waiter: &'a Arc<Waiter>,
    pub(super) index: usize,
    pub(super) token: u64,
    pub(super) pairs: bool,
}

/// An operation that a task may do: to send to a channel, or to receive from it.
pub(crate) trait Port {
    /// The channel.
    #[track_caller]
    fn id(&self) -> ObjectId;

    /// Which end of it.
    fn side(&self) -> Side;

    /// Whether the channel has no room at all.
    fn hands_over(&self) -> bool;

    /// The channel has its messages from a clock.
    fn is_clockwork(&self) -> bool;

    /// When that has one.
    fn due(&self) -> Option<u64>;

    /// The class of who waits for it, does not wait, or finds that it would have to wait.
    fn classes(&self) -> [Class; 3];

    /// Whether it would not wait.
    fn is_ready(&self, me: Option<&Arc<Waiter>>) -> bool;

    /// Does it.
    fn take(&self, token: u64, me: Option<&Arc<Waiter>>) -> Taken;

    /// Somebody waits for it from now on.
    fn enters(&self, entering: &Entering<'_>) -> Changes;

    /// It is not waited for any more.
    fn leaves(&self, waiter: &Arc<Waiter>) -> Changes;

    /// Who is ready now and was not, or the other way round.
    fn changes(&self) -> Changes;

    /// Nobody will do any more what it waits for.
    fn gives_up(&self, token: u64);

    /// Words for it, with this verb: `recv from jobs`.
    fn told(&self, verb: Option<&str>) -> String;

    /// Why it was not done: `empty`.
    fn busy(&self) -> &'static str;
}

/// What a task does next of several things.
struct Search<'a> {
    ports: &'a [&'a dyn Port],
    ids: Vec<ObjectId>,
    /// The object of all channels with bound 0, if one of these is.
    rendezvous: Option<ObjectId>,
    token: u64,
    manner: Manner,
    /// The verb, if the program has called an operation of one channel and no `select`.
    plain: Option<&'static str>,
}

/// What a step has come to.
enum Found {
    /// It is done.
    Done(usize),
    /// One of these is to be done.
    OneOf(Vec<usize>),
    /// One of these has been done: they are the same.
    Same(Vec<usize>),
    /// None is ready.
    Nothing,
    TimedOut,
}

/// Does one of several operations as soon as one is ready: gives which, and by what to ask for what has become of it. Nothing, if that
/// was not possible in the time that it waits.
#[track_caller]
pub(crate) fn select(
    ports: &[&dyn Port],
    patience: Patience<u64>,
    manner: Manner,
    plain: Option<&'static str>,
) -> Option<(usize, Token)> {
    static TOKENS: AtomicU64 = AtomicU64::new(0);
    // Ordering: Relaxed; nothing but the number counts, and nobody sees that.
    let token = TOKENS.fetch_add(1, Ordering::Relaxed);
    let search = Search {
        ids: ports.iter().map(|port| port.id()).collect(),
        rendezvous: (ports.iter().any(|port| port.hands_over()))
            .then(|| with_kernel(|k| k.shared("channels without room"))),
        ports,
        token,
        manner,
        plain,
    };
    let done = match ports {
        [port] if !port.hands_over() && !port.is_clockwork() && !manner.looks => search.in_one_step(*port, patience),
        _ => search.in_two_steps(patience),
    };
    go_on("code of other crates");
    let at = with_kernel(|k| k.log.len());
    done.map(|index| (index, Token { number: token, at }))
}

/// What the current task learns and tells others by these accesses.
pub(super) fn orders(accesses: &[Access]) {
    with_kernel(|k| {
        let me = k.current;
        k.happens_before.step(me, accesses, Sync::ByClass);
    });
}

/// [`orders`] for one access.
pub(super) fn orders_by(object: ObjectId, class: Class) {
    orders(&[Access { object, class }]);
}

/// Tells those who wait that something has become ready, or is it no more.
pub(super) fn tell_changes(accesses: &mut Accesses, changes: Changes) {
    accesses.extend(changes.into_iter().map(|(waiter, ready)| Access {
        object: waiter.id(),
        class: if ready { Class::Arm } else { Class::Disarm },
    }));
}

impl Search<'_> {
    fn verb(&self, patience: &Patience<u64>) -> &'static str {
        match (self.plain, self.manner.looks, patience) {
            (Some(verb), ..) => verb,
            (None, false, Patience::Tries) => "try_select",
            (None, false, _) => "select",
            (None, true, Patience::Tries) => "try_ready",
            (None, true, _) => "ready",
        }
    }

    /// Words for one of the operations, as a row.
    fn told(&self, verb: &str, index: usize) -> String {
        match self.plain {
            Some(verb) => self.ports[index].told(Some(verb)),
            None => format!("{verb} ➜ {}", self.ports[index].told(None)),
        }
    }

    /// The operation of one channel with room, whose gate can be waited for.
    #[track_caller]
    fn in_one_step(&self, port: &dyn Port, patience: Patience<u64>) -> Option<usize> {
        let verb = self.verb(&patience);
        let [waits, tries, fails] = port.classes();
        let (class, deadline, late) = match patience {
            Patience::Waits => (waits, None, ""),
            Patience::Tries => (tries, None, port.busy()),
            Patience::Until(deadline) => (waits, Some(clock::arm(verb, |_| deadline)), "timed out"),
        };
        let waited = !matches!(patience, Patience::Tries);
        let done = perform_part(Op::new(verb, self.ids[0], class).until(deadline), |step| {
            if step.forced {
                port.gives_up(self.token);
                return true;
            }
            if !port.is_ready(None) {
                step.refine(0, fails);
                step.sync(Sync::None);
                step.tell(|| match self.plain {
                    None if !waited => format!("{verb} ➜ nothing is ready"),
                    _ => format!("{} ➜ {late}", self.told(verb, 0)),
                });
                return false;
            }
            let taken = port.take(self.token, None);
            if taken.disconnected && class == Class::Pop {
                step.refine(0, Class::PopClosed);
            }
            tell_changes(&mut step.accesses, taken.changes);
            step.tell(|| format!("{}{}", self.told(verb, 0), ending(taken.disconnected)));
            true
        });
        if waited && class != (Class::Push { capacity: UNBOUNDED }) {
            has_parked();
        }
        done.then_some(0)
    }

    #[track_caller]
    fn in_two_steps(&self, patience: Patience<u64>) -> Option<usize> {
        let verb = self.verb(&patience);
        loop {
            let waiter = (!matches!(patience, Patience::Tries)).then(Waiter::new);
            let found = match self.first_look(verb, waiter.as_ref()) {
                Found::Nothing => {
                    let waiter = waiter?;
                    let mut left = Leaves {
                        search: self,
                        waiter: &waiter,
                        has: false,
                    };
                    let found = self.wait(verb, &waiter, patience);
                    left.has = true;
                    found
                }
                found => found,
            };
            match found {
                Found::Done(index) => return Some(index),
                Found::OneOf(found) => {
                    let index = self.choose(verb, &found);
                    if self.manner.looks || self.takes(verb, index) {
                        return Some(index);
                    }
                }
                Found::Same(found) => return Some(self.choose(verb, &found)),
                Found::Nothing | Found::TimedOut => return None,
            }
        }
    }

    /// Announces that the channels are looked at.
    fn announces(&self, mut op: Op) -> Op {
        for (port, &id) in self.ports.iter().zip(&self.ids) {
            let [_, tries, _] = port.classes();
            op = op.and(id, if self.manner.looks { Class::Write } else { tries });
        }
        if let Some(rendezvous) = self.rendezvous {
            op = op.and(rendezvous, Class::Write);
        }
        let clock = with_kernel(|k| k.clock.as_ref().map(|c| c.object));
        match clock.filter(|_| op.deadline.is_none() && self.ports.iter().any(|port| port.is_clockwork())) {
            Some(clock) => op.and(clock, Class::Read),
            None => op,
        }
    }

    /// What the accesses have turned out to be, of which the first is at `from`: looks, but for what was done. `handing` is what has
    /// been done to channels with bound 0.
    fn looked(&self, step: &mut Step, from: usize, done: Option<usize>, ready: &[usize], handing: Class) {
        step.sync(Sync::None);
        for (index, port) in self.ports.iter().enumerate() {
            let class = match done == Some(index) {
                _ if port.hands_over() => handing,
                true => port.classes()[1],
                false if ready.contains(&index) => Class::Read,
                false => port.classes()[2],
            };
            step.refine(from + index, class);
        }
        if self.rendezvous.is_some() {
            step.refine(from + self.ports.len(), handing);
        }
    }

    fn ready(&self, me: Option<&Arc<Waiter>>) -> Vec<usize> {
        let ready = |index: &usize| self.ports[*index].is_ready(me);
        (0..self.ports.len()).filter(ready).collect()
    }

    /// Looks at all of them. If none is ready and somebody waits, it waits at each.
    #[track_caller]
    fn first_look(&self, verb: &'static str, waiter: Option<&Arc<Waiter>>) -> Found {
        let op = self.announces(Op {
            verb,
            accesses: Accesses::new(),
            extra: Extra::Nothing,
            deadline: None,
            location: Location::caller(),
        });
        perform_part(op, |step| {
            let ready = self.ready(None);
            if !ready.is_empty() {
                return self.found(step, 0, verb, ready, None);
            }
            let Some(waiter) = waiter else {
                self.looked(step, 0, None, &[], Class::Read);
                step.tell(|| match self.plain {
                    Some(verb) => format!("{} ➜ {}", self.ports[0].told(Some(verb)), self.ports[0].busy()),
                    None => format!("{verb} ➜ nothing is ready"),
                });
                return Found::Nothing;
            };
            self.looked(step, 0, None, &[], Class::Write);
            for (index, port) in self.ports.iter().enumerate() {
                let changes = port.enters(&Entering {
                    waiter,
                    index,
                    token: self.token,
                    pairs: port.hands_over() && !self.manner.looks,
                });
                tell_changes(&mut step.accesses, changes);
            }
            if self.rendezvous.is_some() {
                orders_by(waiter.id(), Class::Wake);
            }
            step.tell(|| {
                let waits: Vec<String> = self.ports.iter().map(|port| port.told(self.plain)).collect();
                let waits = if waits.is_empty() {
                    "nothing".to_owned()
                } else {
                    waits.join(" or ")
                };
                waiter.object.set_name(&waits);
                match self.plain {
                    Some(_) => format!("ready to {waits}"),
                    None => format!("{verb} ➜ nothing is ready"),
                }
            });
            Found::Nothing
        })
    }

    /// Does what is ready, if there is nothing to choose.
    fn found(&self, step: &mut Step, from: usize, verb: &str, ready: Vec<usize>, me: Option<&Arc<Waiter>>) -> Found {
        // Who has waited at channels with bound 0 does so no more.
        let stays = if me.is_some() { Class::Write } else { Class::Read };
        if ready.len() > 1 && !self.manner.biased {
            self.looked(step, from, None, &ready, stays);
            step.tell(|| format!("{verb} ➜ one of {}", ready.len()));
            return Found::OneOf(ready);
        }
        let index = ready[0];
        if self.manner.looks {
            self.looked(step, from, None, &ready, stays);
            step.tell(|| self.told(verb, index));
            return Found::Done(index);
        }
        let handing = if self.ports[index].hands_over() {
            Class::Write
        } else {
            stays
        };
        self.looked(step, from, Some(index), &ready, handing);
        let (accesses, disconnected) = self.take(index, me);
        step.accesses.extend(accesses);
        step.tell(|| format!("{}{}", self.told(verb, index), ending(disconnected)));
        Found::Done(index)
    }

    /// Does one of them, and says what that touches besides its channel.
    fn take(&self, index: usize, me: Option<&Arc<Waiter>>) -> (Accesses, bool) {
        let port = self.ports[index];
        let taken = port.take(self.token, me);
        match &taken.partner {
            Some(partner) => orders_by(partner.id(), Class::Write),
            // Whoever has dropped the last of the other end has said so there.
            None if port.hands_over() => orders_by(self.ids[index], Class::PopClosed),
            None if port.is_clockwork() => {}
            None => orders_by(self.ids[index], port.classes()[1]),
        }
        let mut accesses = Accesses::new();
        if let Some(partner) = taken.partner {
            accesses.push(Access {
                object: partner.id(),
                class: Class::Arm,
            });
        }
        tell_changes(&mut accesses, taken.changes);
        (accesses, taken.disconnected)
    }

    /// Chooses one of several.
    #[track_caller]
    fn choose(&self, verb: &str, found: &[usize]) -> usize {
        let location = Location::caller();
        let told: Vec<String> = found.iter().map(|&index| self.ports[index].told(None)).collect();
        found[choose_told(Question::Ready, found.len(), location, |_, arm| {
            format!("{verb} ➜ {}", told[arm])
        })]
    }

    /// Does what has been chosen, unless somebody else was faster.
    #[track_caller]
    fn takes(&self, verb: &'static str, index: usize) -> bool {
        let port = self.ports[index];
        let [_, tries, fails] = port.classes();
        let rendezvous = self.rendezvous.filter(|_| port.hands_over());
        let mut op = Op::new(verb, self.ids[index], tries);
        if let Some(rendezvous) = rendezvous {
            op = op.and(rendezvous, Class::Write);
        }
        perform_part(op, |step| {
            step.sync(Sync::None);
            if step.forced {
                port.gives_up(self.token);
                return true;
            }
            if !port.is_ready(None) {
                step.refine(0, fails);
                if rendezvous.is_some() {
                    step.refine(1, Class::Read);
                }
                step.tell(|| format!("{} ➜ not ready any more", port.told(None)));
                return false;
            }
            let (accesses, disconnected) = self.take(index, None);
            step.accesses.extend(accesses);
            step.tell(|| format!("{}{}", port.told(None), ending(disconnected)));
            true
        })
    }

    /// Waits until one is ready, or the time is over.
    #[track_caller]
    fn wait(&self, verb: &'static str, waiter: &Arc<Waiter>, patience: Patience<u64>) -> Found {
        let deadline = match patience {
            Patience::Until(deadline) => Some(deadline),
            Patience::Waits | Patience::Tries => None,
        };
        loop {
            let dues = self.ports.iter().filter_map(|port| port.due());
            let mut until = dues.chain(deadline).min();
            if let Some(first) = until {
                until = Some(clock::arm(verb, |_| first));
            }
            // Who waits for a partner alone has nothing else to look at.
            let alone = until.is_none() && self.ports.len() == 1 && self.ports[0].hands_over() && !self.manner.looks;
            let op = Op::new(verb, waiter.id(), Class::Tick { fires: 0 }).until(until);
            let op = if alone { op } else { self.announces(op) };
            let found = perform_part(op, |step| {
                step.sync(Sync::None);
                if step.timed_out {
                    step.refine(0, Class::Write);
                }
                if step.forced {
                    let port = self.ports.first()?;
                    self.leave(waiter);
                    port.gives_up(self.token);
                    return Some(Found::Done(0));
                }
                if let Some(index) = waiter.decided() {
                    orders_by(waiter.id(), Class::Park);
                    let changes = self.leave(waiter);
                    if !alone {
                        let handing = if changes.is_empty() { Class::Read } else { Class::Write };
                        self.looked(step, 1, None, &[index], handing);
                    }
                    tell_changes(&mut step.accesses, changes);
                    step.tell(|| self.told(verb, index));
                    return Some(self.decided(index));
                }
                let ready = self.ready(Some(waiter));
                if alone && !ready.is_empty() {
                    // Nobody is left at the other end, so nobody can tell.
                    self.leave(waiter);
                    self.take(0, None);
                    step.tell(|| format!("{}{}", self.told(verb, 0), ending(true)));
                    return Some(Found::Done(0));
                }
                let is_over = deadline.is_some_and(|deadline| deadline <= with_kernel(|k| k.now));
                if ready.is_empty() && !is_over {
                    // Somebody else was faster, or is busy elsewhere.
                    if !alone {
                        self.looked(step, 1, None, &[], Class::Write);
                    }
                    for port in self.ports {
                        tell_changes(&mut step.accesses, port.changes());
                    }
                    step.tell(|| format!("{verb} ➜ nothing is ready any more"));
                    return None;
                }
                let changes = self.leave(waiter);
                if ready.is_empty() {
                    self.looked(step, 1, None, &[], Class::Write);
                    tell_changes(&mut step.accesses, changes);
                    step.tell(|| match self.plain {
                        Some(verb) => format!("{} ➜ timed out", self.ports[0].told(Some(verb))),
                        None => format!("{verb} ➜ timed out"),
                    });
                    return Some(Found::TimedOut);
                }
                let found = self.found(step, 1, verb, ready, Some(waiter));
                tell_changes(&mut step.accesses, changes);
                Some(found)
            });
            if let Some(found) = found {
                has_parked();
                return found;
            }
        }
    }

    /// Somebody has paired up with it for the first of its operations at that end of the channel; there may be others.
    fn decided(&self, index: usize) -> Found {
        let is_same =
            |at: &usize| self.ids[*at] == self.ids[index] && self.ports[*at].side() == self.ports[index].side();
        let same: Vec<usize> = (0..self.ports.len()).filter(is_same).collect();
        match same.len() > 1 && !self.manner.biased {
            true => Found::Same(same),
            false => Found::Done(index),
        }
    }

    /// It is not one of those who wait any more.
    fn leave(&self, waiter: &Arc<Waiter>) -> Changes {
        self.ports.iter().flat_map(|port| port.leaves(waiter)).collect()
    }
}

/// A task that unwinds while it waits has to be forgotten where it does.
struct Leaves<'a, 'b> {
    search: &'a Search<'b>,
    waiter: &'a Arc<Waiter>,
    has: bool,
}

impl Drop for Leaves<'_, '_> {
    fn drop(&mut self) {
        if !self.has {
            self.search.leave(self.waiter);
        }
    }
}

fn ending(disconnected: bool) -> &'static str {
    if disconnected { " ➜ disconnected" } else { "" }
}
