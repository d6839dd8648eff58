//! A row of threads, each of which looks at the cell of the one before it, and one that looks at all.
//!
//! After Abdulla, Aronis, Jonsson and Sagonas, "Source Sets", JACM 2017.

use super::engine;
use super::on_threads;

use engine::sync::Arc;
use engine::sync::atomic::AtomicUsize;
use engine::sync::atomic::Ordering::{Acquire, Release};

/// Each of n threads writes to its own cell one more than it read from the cell before; a last thread looks for the last zero. The
/// loads acquire and the stores release. Gives where the last thread ended.
pub(crate) fn program(n: usize) -> usize {
    let array: Arc<Vec<AtomicUsize>> = Arc::new((0..=n).map(|_| AtomicUsize::new(0)).collect());
    on_threads(&array, n + 1, move |array, j| {
        if j == 0 {
            let mut i = n;
            while array[i].load(Acquire) != 0 {
                i -= 1;
            }
            return i;
        }
        let before = array[j - 1].load(Acquire);
        array[j].store(before + 1, Release);
        0
    })[0]
}
