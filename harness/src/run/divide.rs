//! How an exhaustive search is divided into parts: by the order in which tasks come to objects.
//!
//! What makes a part, and why no execution is in two of them, is told in `kernel/order.rs`. Here the
//! questions are chosen, so that the parts are about equally large, from a sample of executions. A bad choice
//! makes the parts uneven; it cannot lose an execution, nor count one twice.

use std::collections::{BTreeMap, BTreeSet};

use crate::explore::trace_order::TraceOrder;
use crate::kernel::{Access, Accesses, Came, Class, Entry, Kernel, Numbering, ObjectId, Order, TaskId, independent};

/// One execution of the sample.
#[derive(Debug)]
pub(crate) struct Walk {
    /// The first step of each task that announces each object, in the order of the execution.
    firsts: BTreeMap<ObjectId, Vec<First>>,
}

/// A task comes to an object.
#[derive(Clone, Copy, Debug)]
struct First {
    task: TaskId,
    /// What its step did to the object.
    class: Class,
    /// With which past, if the object is known by pasts.
    past: Option<u64>,
}

impl Walk {
    pub(crate) fn new(kernel: &Kernel) -> Self {
        let mut firsts: BTreeMap<ObjectId, Vec<First>> = BTreeMap::new();
        for entry in &kernel.log {
            let Entry::Step(step) = entry else {
                continue;
            };
            for announced in &step.announced {
                let firsts = firsts.entry(announced.object).or_default();
                if firsts.iter().all(|first| first.task != step.task) {
                    let did = step.accesses.iter().find(|a| a.object == announced.object);
                    firsts.push(First {
                        task: step.task,
                        class: did.unwrap_or(announced).class,
                        past: kernel.past_of(step.task, announced.object),
                    });
                }
            }
        }
        Walk { firsts }
    }

    /// Objects that are known by pasts have got the numbers by now that these have in the end.
    fn settle(&mut self, numbering: &Numbering) {
        for (object, firsts) in std::mem::take(&mut self.firsts) {
            let known = firsts.iter().find_map(|first| numbering.known_by(first.past?));
            self.firsts.insert(known.unwrap_or(object), firsts);
        }
    }

    /// Whether `b` comes to the object, and `a` has not come before it.
    fn is_reversed(&self, question: &Question) -> bool {
        let firsts = self.firsts.get(&question.object).map_or(&[][..], Vec::as_slice);
        let come = firsts.iter().find(|first| question.asks_for(first.task));
        come.is_some_and(|first| first.task == question.b)
    }
}

/// Does `a` come to the object before `b`?
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Question {
    object: ObjectId,
    a: TaskId,
    b: TaskId,
}

impl Question {
    fn asks_for(&self, task: TaskId) -> bool {
        task == self.a || task == self.b
    }

    /// With which pasts the two come to the object, if it is known by pasts: those that are seen most often.
    fn pasts(&self, walks: &[Walk]) -> BTreeSet<u64> {
        let mut seen: BTreeMap<(TaskId, u64), usize> = BTreeMap::new();
        let come = walks.iter().filter_map(|walk| walk.firsts.get(&self.object)).flatten();
        for first in come.filter(|first| self.asks_for(first.task)) {
            if let Some(past) = first.past {
                *seen.entry((first.task, past)).or_default() += 1;
            }
        }
        let mut seen: Vec<(usize, u64)> = seen.into_iter().map(|((_, past), times)| (times, past)).collect();
        seen.sort_unstable_by(|a, b| b.cmp(a));
        seen.into_iter().take(MOST_PASTS).map(|(_, past)| past).collect()
    }
}

/// So many pasts a question names, each of which is stored with each part.
const MOST_PASTS: usize = 100;

/// The parts of a search: at most the next power of two above `number`, and fewer if there is less to ask.
pub(crate) fn parts(mut walks: Vec<Walk>, number: usize, numbering: &mut Numbering) -> Vec<Vec<Order>> {
    let most = number.next_power_of_two().trailing_zeros() as usize;
    for walk in &mut walks {
        walk.settle(numbering);
    }
    let questions = choose(&walks, most, candidates(&walks));
    let asked: Vec<_> = (questions.into_iter())
        .map(|question| (question, question.pasts(&walks), numbering.reserve()))
        .collect();
    let part = |answers: usize| {
        let order = |(at, (Question { object, a, b }, pasts, gate)): (usize, &(Question, BTreeSet<u64>, ObjectId))| {
            let reversed = answers >> at & 1 == 1;
            let (first, second) = if reversed { (*b, *a) } else { (*a, *b) };
            Order {
                object: *object,
                pasts: pasts.clone(),
                first,
                second,
                neither: !reversed,
                gate: *gate,
            }
        };
        asked.iter().enumerate().map(order).collect()
    };
    (0..1_usize << asked.len()).map(part).collect()
}

/// Whether an execution that is over counts in this part.
///
/// The answers of some questions are properties of its Mazurkiewicz trace: only one of the tasks came, or their
/// operations do not commute, or something else orders them. The others are answered one after the other, each as the
/// canonical answer has it, unless the answers before leave no choice. One part has all the answers, and the
/// trace is found there, because one of its schedules keeps them.
pub(crate) fn owns(kernel: &Kernel, orders: &[Order]) -> bool {
    let is_missed = |came: &Came| came.first.is_none() && came.second.is_none();
    let pairs: Vec<_> = orders.iter().zip(&kernel.came).collect();
    if pairs.iter().any(|(order, came)| !order.neither && is_missed(came)) {
        return false;
    }
    let is_gate = |a: &Access| orders.iter().any(|o| o.gate == a.object);
    let accesses = |at: usize| -> Accesses {
        match &kernel.log[at] {
            Entry::Step(step) => step.accesses.iter().copied().filter(|a| !is_gate(a)).collect(),
            _ => Accesses::new(),
        }
    };
    let both = |came: &Came| Some((came.first?, came.second?));
    let commute = |&(first, second): &(usize, usize)| independent(&accesses(first), &accesses(second));
    if !pairs
        .iter()
        .filter_map(|(_, came)| both(came))
        .any(|pair| commute(&pair))
    {
        return true;
    }
    let log = without_gates(&kernel.log, orders);
    let is_event = |entry: &&Entry| matches!(entry, Entry::Step(_) | Entry::Choice { .. });
    let event = |at: usize| log[..at].iter().filter(is_event).count();
    let happens_before = TraceOrder::of(kernel, &log);
    let mut answers: Vec<(usize, usize)> = Vec::new();
    for (order, came) in pairs {
        let Some((first, second)) = both(came) else {
            continue;
        };
        let (first, second) = (event(first), event(second));
        // As the part has it, `first` came before `second`; so that is all that can have forced it.
        if !order.neither && !reaches(&happens_before, &answers, first, second) {
            return false;
        }
        answers.push((first, second));
    }
    true
}

/// Whether one event comes before another in every schedule of the trace that keeps the answers.
fn reaches(happens_before: &TraceOrder, answers: &[(usize, usize)], from: usize, to: usize) -> bool {
    let mut reached = vec![from];
    let mut left = answers.to_vec();
    while let Some(event) = reached.pop() {
        if event == to || happens_before.orders(event, to) {
            return true;
        }
        left.retain(|&(first, second)| {
            let is_next = event == first || happens_before.orders(event, first);
            if is_next {
                reached.push(second);
            }
            !is_next
        });
    }
    false
}

/// The log as it would be if the execution had not been held to these orders.
pub(crate) fn without_gates(log: &[Entry], orders: &[Order]) -> Vec<Entry> {
    let mut log = log.to_vec();
    for entry in &mut log {
        if let Entry::Step(step) = entry {
            step.announced.retain(|a| orders.iter().all(|o| o.gate != a.object));
            step.accesses.retain(|a| orders.iter().all(|o| o.gate != a.object));
        }
    }
    log
}

/// Questions that have both answers in the sample, about operations that do not commute.
fn candidates(walks: &[Walk]) -> BTreeSet<Question> {
    let mut found = BTreeSet::new();
    let mut commuting = BTreeSet::new();
    for walk in walks {
        for (&object, firsts) in &walk.firsts {
            for (i, one) in firsts.iter().enumerate() {
                for other in &firsts[i + 1..] {
                    let question = Question {
                        object,
                        a: one.task.min(other.task),
                        b: one.task.max(other.task),
                    };
                    found.insert(question);
                    if one.class.commutes(other.class) {
                        commuting.insert(question);
                    }
                }
            }
        }
    }
    found.retain(|q| {
        let reversed = walks.iter().filter(|w| w.is_reversed(q)).count();
        !commuting.contains(q) && reversed > 0 && reversed < walks.len()
    });
    found
}

/// Chooses one question after the other, each the one that makes the parts most even.
fn choose(walks: &[Walk], most: usize, mut candidates: BTreeSet<Question>) -> Vec<Question> {
    let mut chosen: Vec<Question> = Vec::new();
    // The part of each walk, by the answers so far.
    let mut parts: Vec<usize> = vec![0; walks.len()];
    let unevenness = |parts: &[usize]| {
        let mut sizes: BTreeMap<usize, u64> = BTreeMap::new();
        for part in parts {
            *sizes.entry(*part).or_default() += 1;
        }
        sizes.values().map(|size| size * size).sum::<u64>()
    };
    while chosen.len() < most {
        let refine = |question: &Question| -> Vec<usize> {
            let bit = 1 << chosen.len();
            let refined = |(walk, part): (&Walk, &usize)| part | if walk.is_reversed(question) { bit } else { 0 };
            walks.iter().zip(&parts).map(refined).collect()
        };
        let before = unevenness(&parts);
        let best = candidates
            .iter()
            .map(|question| (unevenness(&refine(question)), *question))
            .min();
        let Some((after, question)) = best else {
            break;
        };
        // Hardly any walk answers it otherwise than those before it: most new parts would be empty.
        if after * 20 > before * 19 {
            break;
        }
        parts = refine(&question);
        chosen.push(question);
        // Three tasks in a circle at one object would make parts that are empty for certain.
        let linked = linked(&chosen, question.object);
        candidates.retain(|q| q.object != question.object || !(linked(q.a, q.b)));
    }
    chosen
}

/// Whether two tasks are connected by the questions about an object.
fn linked(chosen: &[Question], object: ObjectId) -> impl Fn(TaskId, TaskId) -> bool {
    let mut group: BTreeMap<TaskId, TaskId> = BTreeMap::new();
    for question in chosen.iter().filter(|q| q.object == object) {
        let a = *group.entry(question.a).or_insert(question.a);
        let b = *group.entry(question.b).or_insert(question.b);
        for name in group.values_mut().filter(|name| **name == b) {
            *name = a;
        }
    }
    move |a, b| a == b || group.get(&a).is_some_and(|name| group.get(&b) == Some(name))
}
