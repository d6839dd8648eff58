//! Small programs over atomics, as text: `Wx1r Ry | Wy1 Fs Rx?0`. A thread is a list of
//!
//! | token | what it does |
//! |---|---|
//! | `Rx` | loads; what it finds is the value `v` of what follows |
//! | `Wx1`, `Wx$`, `Wx+2` | stores 1, `v`, `v + 2` |
//! | `Ix2` | `fetch_add(2)` |
//! | `Xx3` | `swap(3)` |
//! | `Cx01` | `compare_exchange(0, 1)` |
//! | `F` | a fence |
//! | `Lm`, `Um` | locks, unlocks a mutex |
//! | `?1`, `~1` | goes on only if `v` is 1, is not 1: otherwise the execution does not count |
//! | `{1 .. }`, `{!0 .. }` | does this if `v` is 1, is not 0 |
//!
//! An ordering comes last: none for `Relaxed`, `a`, `r`, `q` for `AcqRel`, `s` for `SeqCst`; after a slash that of an exchange
//! that fails.

use std::sync::atomic::Ordering::{self, AcqRel, Acquire, Relaxed, Release, SeqCst};

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Token {
    Load(char, Ordering),
    Store(char, Value, Ordering),
    Add(char, u32, Ordering),
    Swap(char, u32, Ordering),
    Exchange {
        at: char,
        from: u32,
        to: u32,
        success: Ordering,
        failure: Ordering,
    },
    Fence(Ordering),
    Lock(char),
    Unlock(char),
    Assume {
        is: bool,
        value: u32,
    },
    If {
        is: bool,
        value: u32,
        then: Vec<Token>,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Value {
    Number(u32),
    /// The last one that was found, and so much.
    Found(u32),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Program(pub(super) Vec<Vec<Token>>);

fn ordering(letter: Option<&str>) -> Ordering {
    match letter {
        None | Some("") => Relaxed,
        Some("a") => Acquire,
        Some("r") => Release,
        Some("q") => AcqRel,
        Some("s") => SeqCst,
        Some(other) => panic!("there is no ordering {other:?}"),
    }
}

/// A number, or nothing, in front of the rest.
fn number(text: &str) -> (Option<u32>, &str) {
    let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    (text[..end].parse().ok(), &text[end..])
}

fn token(word: &str) -> Token {
    let (kind, rest) = word.split_at(1);
    let at = || rest.chars().next().expect("an atomic has a name");
    let operand = || number(rest.get(1..).unwrap_or_default());
    match kind {
        "R" => Token::Load(at(), ordering(rest.get(1..))),
        "W" => {
            let text = &rest[1..];
            let (value, rest) = if let Some(rest) = text.strip_prefix('$') {
                (Value::Found(0), rest)
            } else if let Some(rest) = text.strip_prefix('+') {
                let (more, rest) = number(rest);
                (Value::Found(more.expect("how much more")), rest)
            } else {
                let (value, rest) = operand();
                (Value::Number(value.expect("what it stores")), rest)
            };
            Token::Store(at(), value, ordering(Some(rest)))
        }
        "I" => {
            let (by, rest) = operand();
            Token::Add(at(), by.unwrap_or(1), ordering(Some(rest)))
        }
        "X" => {
            let (to, rest) = operand();
            Token::Swap(at(), to.expect("what it stores"), ordering(Some(rest)))
        }
        "C" => {
            let digit = |nth: usize| rest[nth..=nth].parse().expect("a digit");
            let (success, failure) = rest[3..].split_once('/').unwrap_or((&rest[3..], ""));
            Token::Exchange {
                at: at(),
                from: digit(1),
                to: digit(2),
                success: ordering(Some(success)),
                failure: ordering(Some(failure)),
            }
        }
        "F" => Token::Fence(ordering(Some(rest))),
        "L" => Token::Lock(at()),
        "U" => Token::Unlock(at()),
        "?" | "~" => Token::Assume {
            is: kind == "?",
            value: rest.parse().expect("a number"),
        },
        _ => panic!("there is no token {word:?}"),
    }
}

fn block<'a>(words: &mut impl Iterator<Item = &'a str>) -> Vec<Token> {
    let mut tokens = Vec::new();
    while let Some(word) = words.next() {
        if word == "}" {
            break;
        }
        tokens.push(match word.strip_prefix('{') {
            Some(condition) => {
                let is = !condition.starts_with('!');
                let value = condition.trim_start_matches('!').parse().expect("a number");
                let then = block(words);
                Token::If { is, value, then }
            }
            None => token(word),
        });
    }
    tokens
}

impl Program {
    pub(super) fn parse(text: &str) -> Self {
        Program(text.split('|').map(|t| block(&mut t.split_whitespace())).collect())
    }

    /// The names of the atomics and of the mutexes.
    pub(super) fn names(&self) -> (Vec<char>, Vec<char>) {
        fn collect(tokens: &[Token], atomics: &mut Vec<char>, mutexes: &mut Vec<char>) {
            for token in tokens {
                match token {
                    Token::Load(at, _)
                    | Token::Store(at, ..)
                    | Token::Add(at, ..)
                    | Token::Swap(at, ..)
                    | Token::Exchange { at, .. } => atomics.push(*at),
                    Token::Lock(at) | Token::Unlock(at) => mutexes.push(*at),
                    Token::If { then, .. } => collect(then, atomics, mutexes),
                    Token::Fence(_) | Token::Assume { .. } => {}
                }
            }
        }
        let (mut atomics, mut mutexes) = (Vec::new(), Vec::new());
        for thread in &self.0 {
            collect(thread, &mut atomics, &mut mutexes);
        }
        for names in [&mut atomics, &mut mutexes] {
            names.sort_unstable();
            names.dedup();
        }
        (atomics, mutexes)
    }
}
