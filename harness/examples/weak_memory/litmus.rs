//! Litmus programs on the types of any engine: whoever includes this module says which one, as `engine` beside it.

use super::engine;

use engine::sync::Arc;
use engine::sync::atomic::{AtomicU32, fence};
use engine::thread;

use std::sync::atomic::Ordering::Relaxed;

use super::lock_free::MAIN_WAITS;
use crate::program::{Program, Token, Value};

struct Objects {
    names: Vec<char>,
    atomics: Vec<AtomicU32>,
}

impl Objects {
    fn at(&self, name: char) -> &AtomicU32 {
        let at = self.names.iter().position(|other| *other == name);
        &self.atomics[at.expect("the program names it")]
    }
}

fn run(tokens: &[Token], objects: &Objects, found: &mut Vec<u32>) {
    for token in tokens {
        let last = found.last().copied().unwrap_or(0);
        match token {
            Token::Load(at, ordering) => found.push(objects.at(*at).load(*ordering)),
            Token::Store(at, value, ordering) => {
                let value = match value {
                    Value::Number(value) => *value,
                    Value::Found(more) => last + more,
                };
                objects.at(*at).store(value, *ordering);
            }
            Token::Add(at, by, ordering) => found.push(objects.at(*at).fetch_add(*by, *ordering)),
            Token::Swap(at, to, ordering) => found.push(objects.at(*at).swap(*to, *ordering)),
            Token::Exchange {
                at,
                from,
                to,
                success,
                failure,
            } => {
                let result = objects.at(*at).compare_exchange(*from, *to, *success, *failure);
                found.push(result.unwrap_or_else(|found| found));
            }
            Token::Fence(ordering) => fence(*ordering),
            Token::If { is, value, then } => {
                if (last == *value) == *is {
                    run(then, objects, found);
                }
            }
            Token::Lock(_) | Token::Unlock(_) | Token::Assume { .. } => unreachable!("no program here has it"),
        }
    }
}

/// Runs each thread of the program on one of its own, the last one on main if main does not [only wait](MAIN_WAITS). Gives what each
/// has found.
pub(crate) fn execute(program: &std::sync::Arc<Program>) -> Vec<Vec<u32>> {
    let names = program.names().0;
    let objects = Arc::new(Objects {
        atomics: names.iter().map(|_| AtomicU32::new(0)).collect(),
        names,
    });
    let run = |n: usize, program: &Program, objects: &Objects| {
        let mut found = Vec::new();
        run(&program.0[n], objects, &mut found);
        found
    };
    // Ordering: Relaxed; it is set between the searches.
    let last = (!MAIN_WAITS.load(Relaxed)).then(|| program.0.len() - 1);
    let others: Vec<_> = (0..last.unwrap_or(program.0.len()))
        .map(|n| {
            let (program, objects) = (std::sync::Arc::clone(program), Arc::clone(&objects));
            thread::spawn(move || run(n, &program, &objects))
        })
        .collect();
    let last = last.map(|n| run(n, program, &objects));
    let others = others.into_iter().map(|thread| thread.join().unwrap());
    others.chain(last).collect()
}
