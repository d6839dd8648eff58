//! What a scenario is built on, read off its code, so that nobody has to write it down.

use crate::Scenario;

/// Words of the code, and what they say is used. A word is one only as a whole: `Mutex` is not in `MutexGuard`.
const WORDS: [(&str, &str); 40] = [
    ("AtomicBool", "atomics"),
    ("AtomicU8", "atomics"),
    ("AtomicU32", "atomics"),
    ("AtomicU64", "atomics"),
    ("AtomicUsize", "atomics"),
    ("AtomicPtr", "atomics"),
    ("fence", "fence"),
    ("compare_exchange", "compare_exchange"),
    ("compare_exchange_weak", "compare_exchange"),
    ("UnsafeCell", "UnsafeCell"),
    ("Mutex", "Mutex"),
    ("RwLock", "RwLock"),
    ("Condvar", "Condvar"),
    ("Barrier", "Barrier"),
    ("OnceLock", "OnceLock, OnceCell"),
    ("OnceCell", "OnceLock, OnceCell"),
    ("Weak", "Arc, Weak"),
    ("park", "park, unpark"),
    ("unpark", "park, unpark"),
    ("spin_loop", "spin_loop"),
    ("try_lock", "try_lock"),
    ("Notify", "Notify"),
    ("notified", "Notify"),
    ("notify_waiters", "Notify"),
    ("enable", "Notify"),
    ("Semaphore", "Semaphore"),
    ("mpsc", "mpsc"),
    ("oneshot", "oneshot"),
    ("watch", "watch"),
    ("broadcast", "broadcast"),
    ("Waker", "Waker"),
    ("waker", "Waker"),
    ("poll_fn", "Waker"),
    ("select", "select!"),
    ("join", "join!"),
    ("abort", "abort"),
    ("sleep", "timers"),
    ("timeout", "timers"),
    ("interval", "timers"),
    ("SegQueue", "SegQueue"),
];

impl Scenario {
    /// What its programs are built on, in the order of the alphabet: `Condvar`, `Mutex`.
    pub fn primitives(&self) -> Vec<&'static str> {
        let mut found = Vec::new();
        for variant in &self.variants {
            let code = self.code_of(variant);
            for line in code.lines().filter(|line| !line.trim_start().starts_with("//")) {
                let words = line.split(|c: char| !c.is_alphanumeric() && c != '_');
                let is_macro = |word: &str| line.contains(&format!("{word}!"));
                for word in words {
                    let known = WORDS.iter().find(|(known, _)| *known == word);
                    // These are words of other things too; the macros are meant.
                    let known = known.filter(|(word, _)| !matches!(*word, "select" | "join") || is_macro(word));
                    found.extend(known.map(|(_, primitive)| *primitive));
                }
            }
        }
        found.sort_unstable_by_key(|name| name.to_ascii_lowercase());
        found.dedup();
        found
    }
}

#[cfg(test)]
mod tests {
    use crate::{Scenario, Variant};

    #[test]
    fn whole_words_of_the_code_count_and_comments_do_not() {
        let code =
            "// code\n// Condvar\nlet m = Mutex::new(0); let g: MutexGuard<u8>; handle.join();\nselect! {}\n// end\n";
        let scenario = Scenario::new("s", "", "F")
            .variant(Variant::fixed("v", "", || ()))
            .code(code);
        assert_eq!(scenario.primitives(), ["Mutex", "select!"]);
    }
}
