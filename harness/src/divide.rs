//! How an exhaustive search is divided into parts: by the order in which tasks come to objects.
//!
//! What makes a part, and why no execution is in two of them, is told in `engine/kernel/order.rs`. Here the
//! questions are chosen, so that the parts are about equally large, from a sample of executions. A bad choice
//! makes the parts uneven; it cannot lose an execution.

use std::collections::{BTreeMap, BTreeSet};

use crate::engine::kernel::{Entry, Kernel, Numbering, Order};
use crate::engine::op::{Class, ObjectId, TaskId};

/// One execution of the sample.
#[derive(Debug)]
pub(crate) struct Walk {
    /// The first access of each task to each object, in the order of the execution.
    firsts: BTreeMap<ObjectId, Vec<(TaskId, Class)>>,
    /// Objects that somebody came to without having announced it.
    unannounced: BTreeSet<ObjectId>,
}

impl Walk {
    pub(crate) fn new(kernel: &Kernel) -> Self {
        let mut walk = Walk {
            firsts: BTreeMap::new(),
            unannounced: BTreeSet::new(),
        };
        for entry in &kernel.log {
            let Entry::Step(step) = entry else {
                continue;
            };
            for access in &step.accesses {
                let firsts = walk.firsts.entry(access.object).or_default();
                if firsts.iter().all(|(task, _)| *task != step.task) {
                    firsts.push((step.task, access.class));
                    if step.announced.iter().all(|a| a.object != access.object) {
                        walk.unannounced.insert(access.object);
                    }
                }
            }
        }
        walk
    }

    /// Whether `b` comes to the object, and `a` has not come before it.
    fn is_reversed(&self, question: &Question) -> bool {
        let firsts = self.firsts.get(&question.object).map_or(&[][..], Vec::as_slice);
        let come = firsts.iter().find(|(t, _)| *t == question.a || *t == question.b);
        come.is_some_and(|(task, _)| *task == question.b)
    }
}

/// Does `a` come to the object before `b`?
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Question {
    object: ObjectId,
    a: TaskId,
    b: TaskId,
}

/// The parts of a search: at most the next power of two above `number`, and fewer if there is less to ask.
pub(crate) fn parts(walks: &[Walk], number: usize, numbering: &mut Numbering) -> Vec<Vec<Order>> {
    let most = number.next_power_of_two().trailing_zeros() as usize;
    let questions = choose(walks, most, candidates(walks, numbering));
    let asked: Vec<(Question, ObjectId)> = questions.into_iter().map(|q| (q, numbering.reserve())).collect();
    let part = |answers: usize| {
        let order = |(at, &(Question { object, a, b }, gate)): (usize, &(Question, ObjectId))| {
            let reversed = answers >> at & 1 == 1;
            let (first, second) = if reversed { (b, a) } else { (a, b) };
            Order {
                object,
                first,
                second,
                neither: !reversed,
                gate,
            }
        };
        asked.iter().enumerate().map(order).collect()
    };
    (0..1_usize << asked.len()).map(part).collect()
}

/// Questions that have both answers in the sample, about accesses that do not commute.
fn candidates(walks: &[Walk], numbering: &Numbering) -> BTreeSet<Question> {
    let mut unfit: BTreeSet<ObjectId> = numbering.indivisible.clone();
    let mut found = BTreeSet::new();
    let mut commuting = BTreeSet::new();
    for walk in walks {
        unfit.extend(&walk.unannounced);
        for (&object, firsts) in &walk.firsts {
            for (i, &(a, one)) in firsts.iter().enumerate() {
                for &(b, other) in &firsts[i + 1..] {
                    let question = Question {
                        object,
                        a: a.min(b),
                        b: a.max(b),
                    };
                    found.insert(question);
                    if one.commutes(other) {
                        commuting.insert(question);
                    }
                }
            }
        }
    }
    found.retain(|q| {
        let reversed = walks.iter().filter(|w| w.is_reversed(q)).count();
        !unfit.contains(&q.object) && !commuting.contains(q) && reversed > 0 && reversed < walks.len()
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
