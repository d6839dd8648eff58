//! Beginning with each in turn, where nobody chooses.

use std::cell::Cell;

thread_local! {
    static TURN: Cell<usize> = const { Cell::new(0) };
}

/// A number below `n`, and another one each time.
pub(crate) fn next_of(n: usize) -> usize {
    let turn = TURN.get();
    TURN.set(turn.wrapping_add(1));
    turn % n
}
