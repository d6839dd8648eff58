//! Work that is done on several threads and told in its order.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;
use std::thread;

use anyhow::Result;

/// Threads that this machine runs at the same time.
pub(super) fn cores() -> usize {
    thread::available_parallelism().map_or(1, usize::from)
}

/// Does `work` for each of `items` on so many threads, and hands what it comes to over to `take`, here and in the order of the
/// items. An error of `take` is returned once what has been begun is done; nothing is begun after it.
pub(super) fn in_order<T: Sync, R: Send>(
    threads: usize,
    items: &[T],
    work: impl Fn(&T) -> R + Sync,
    mut take: impl FnMut(R) -> Result<()>,
) -> Result<()> {
    let next = AtomicUsize::new(0);
    let (done, results) = mpsc::channel();
    let worker = |done: mpsc::Sender<(usize, R)>| {
        // Ordering: Relaxed; each number is drawn once, and what is done is sent.
        while let Some((at, item)) =
            Some(next.fetch_add(1, Ordering::Relaxed)).and_then(|at| Some((at, items.get(at)?)))
        {
            if done.send((at, work(item))).is_err() {
                return;
            }
        }
    };
    thread::scope(|scope| {
        for _ in 0..threads.clamp(1, items.len().max(1)) {
            let done = done.clone();
            scope.spawn(|| worker(done));
        }
        drop(done);
        let mut early = BTreeMap::new();
        let mut turn = 0;
        for (at, result) in results {
            early.insert(at, result);
            while let Some(result) = early.remove(&turn) {
                turn += 1;
                take(result)?;
            }
        }
        Ok(())
    })
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use anyhow::bail;

    use super::*;

    #[test]
    fn what_is_done_first_is_told_in_its_turn() {
        let (first, wait) = (AtomicUsize::new(0), Duration::from_millis(1));
        let mut told = Vec::new();
        let items: Vec<usize> = (0..20).collect();
        let work = |item: &usize| {
            // The first one is done last but for those that are not begun before it is.
            while *item == 0 && first.load(Ordering::Relaxed) < 10 {
                thread::sleep(wait);
            }
            first.fetch_add(1, Ordering::Relaxed);
            *item
        };
        in_order(2, &items, work, |item| {
            told.push(item);
            Ok(())
        })
        .unwrap();
        assert_eq!(told, items);
    }

    #[test]
    fn nothing_is_begun_once_it_cannot_be_told() {
        let begun = AtomicUsize::new(0);
        let work = |item: &usize| {
            begun.fetch_add(1, Ordering::Relaxed);
            thread::sleep(Duration::from_millis(1));
            *item
        };
        let items: Vec<usize> = (0..1_000).collect();
        let refused = in_order(2, &items, work, |_| bail!("the reader has gone"));
        assert_eq!(refused.unwrap_err().to_string(), "the reader has gone");
        assert!(begun.load(Ordering::Relaxed) < items.len());
        in_order(8, &[], work, |_| bail!("there is nothing to tell")).unwrap();
    }
}
