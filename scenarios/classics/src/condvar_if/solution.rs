//! A solution: who is woken looks again.

use std::collections::VecDeque;

use selvedge::sync::{Arc, Condvar, Mutex};
use selvedge::thread;

struct Queue {
    items: Mutex<VecDeque<u32>>,
    not_empty: Condvar,
}

impl Queue {
    fn push(&self, item: u32) {
        self.items.lock().unwrap().push_back(item);
        self.not_empty.notify_one();
    }

    fn pop(&self) -> Option<u32> {
        let mut items = self.items.lock().unwrap();
        // Woken is not served: another consumer may have been quicker.
        while items.is_empty() {
            items = self.not_empty.wait(items).unwrap();
        }
        items.pop_front()
    }
}

pub fn each_consumer_gets_an_item() {
    let queue = Arc::new(Queue {
        items: Mutex::new(VecDeque::new()).named("items"),
        not_empty: Condvar::new().named("not_empty"),
    });
    let consumers = ["early", "late"].map(|name| {
        let queue = Arc::clone(&queue);
        thread::Builder::new().name(name).spawn(move || queue.pop()).unwrap()
    });
    queue.push(1);
    queue.push(2);
    for consumer in consumers {
        assert!(consumer.join().unwrap().is_some());
    }
}

#[test]
fn exercise() {
    selvedge::check(each_consumer_gets_an_item);
}
