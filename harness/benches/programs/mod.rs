//! Programs that several targets run, written once for the types of any engine: `programs!(ours, selvedge)`
//! makes a module of them on Selvedge's types.
//!
//! Where the number of Mazurkiewicz traces is known, the program says it. `lastzero` and `indexer` are
//! from Abdulla, Aronis, Jonsson and Sagonas, "Source Sets", JACM 2017.

/// The same programs on the types of one engine.
macro_rules! programs {
    ($name:ident, $engine:ident) => {
        #[expect(dead_code, reason = "nobody runs all of them")]
        mod $name {
            use std::sync::atomic::Ordering::SeqCst;

            use $engine::sync::atomic::AtomicUsize;
            use $engine::sync::{Arc, Mutex};
            use $engine::thread;

            fn join_all(threads: Vec<thread::JoinHandle<()>>) {
                for thread in threads {
                    thread.join().unwrap();
                }
            }

            /// Two threads, two atomic operations each.
            pub(crate) fn atomics() {
                let a = Arc::new(AtomicUsize::new(0));
                let threads = (0..2).map(|_| {
                    let a = Arc::clone(&a);
                    thread::spawn(move || {
                        a.load(SeqCst);
                        a.store(1, SeqCst);
                    })
                });
                join_all(threads.collect());
            }

            /// Each of `threads` threads locks a counter `rounds` times. Two threads have (2 rounds)! /
            /// (rounds!)^2 traces; with one round, n threads have n!.
            pub(crate) fn counter(threads: usize, rounds: usize) {
                let counter = Arc::new(Mutex::new(0));
                let threads = (0..threads).map(|_| {
                    let counter = Arc::clone(&counter);
                    thread::spawn(move || {
                        for _ in 0..rounds {
                            *counter.lock().unwrap() += 1;
                        }
                    })
                });
                join_all(threads.collect());
            }

            /// Data, then a flag; the reader looks at the data only behind the flag.
            pub(crate) fn message_passing() {
                let (data, flag) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
                let (d, f) = (Arc::clone(&data), Arc::clone(&flag));
                let writer = thread::spawn(move || {
                    d.store(1, SeqCst);
                    f.store(1, SeqCst);
                });
                if flag.load(SeqCst) == 1 {
                    assert_eq!(data.load(SeqCst), 1);
                }
                writer.join().unwrap();
            }

            /// n threads write to one cell; n! traces. Gives the last value.
            pub(crate) fn writers(n: usize) -> usize {
                let cell = Arc::new(AtomicUsize::new(0));
                let writers = (0..n).map(|i| {
                    let cell = Arc::clone(&cell);
                    thread::spawn(move || cell.store(i + 1, SeqCst))
                });
                join_all(writers.collect());
                cell.load(SeqCst)
            }

            /// n threads read what one writes; 2^n traces.
            pub(crate) fn readers(n: usize) {
                let cell = Arc::new(AtomicUsize::new(0));
                let threads = (0..=n).map(|i| {
                    let cell = Arc::clone(&cell);
                    thread::spawn(move || {
                        if i == 0 {
                            cell.store(1, SeqCst);
                        } else {
                            cell.load(SeqCst);
                        }
                    })
                });
                join_all(threads.collect());
            }

            /// Each of n threads writes to its own cell one more than it read from the cell before; a last
            /// thread looks for the last zero. (n + 3) 2^(n - 2) traces.
            pub(crate) fn lastzero(n: usize) {
                let array = Arc::new((0..=n).map(|_| AtomicUsize::new(0)).collect::<Vec<_>>());
                let threads = (0..=n).map(|j| {
                    let array = Arc::clone(&array);
                    thread::spawn(move || {
                        if j == 0 {
                            let mut i = n;
                            while array[i].load(SeqCst) != 0 {
                                i -= 1;
                            }
                        } else {
                            let before = array[j - 1].load(SeqCst);
                            array[j].store(before + 1, SeqCst);
                        }
                    })
                });
                join_all(threads.collect());
            }

            /// n threads insert four values each into a hash table of 128 slots; up to 11 threads never
            /// collide. 8^(n - 11) traces for n from 11 to 15.
            pub(crate) fn indexer(n: usize) {
                let table = Arc::new((0..128).map(|_| AtomicUsize::new(0)).collect::<Vec<_>>());
                let threads = (0..n).map(|id| {
                    let table = Arc::clone(&table);
                    thread::spawn(move || {
                        for m in 1..=4 {
                            let w = m * 11 + id;
                            let mut h = (w * 7) % 128;
                            while table[h].compare_exchange(0, w, SeqCst, SeqCst).is_err() {
                                h = (h + 1) % 128;
                            }
                        }
                    })
                });
                join_all(threads.collect());
            }

            /// n philosophers who each take the left fork first; 2^n - 1 traces, one of which deadlocks.
            pub(crate) fn philosophers(n: usize) {
                let forks = Arc::new((0..n).map(|_| Mutex::new(())).collect::<Vec<_>>());
                let threads = (0..n).map(|i| {
                    let forks = Arc::clone(&forks);
                    thread::spawn(move || {
                        let _left = forks[i].lock().unwrap();
                        let _right = forks[(i + 1) % n].lock().unwrap();
                    })
                });
                join_all(threads.collect());
            }
        }
    };
}
