//! A solution: one order of locks for everybody.

use selvedge::sync::{Arc, Mutex};
use selvedge::thread;

struct Bank {
    accounts: [Mutex<i32>; 2],
}

impl Bank {
    fn transfer(&self, from: usize, to: usize, amount: i32) {
        // Whoever takes both takes the lower one first, so that no circle can close.
        let mut lower = self.accounts[from.min(to)].lock().unwrap();
        let mut upper = self.accounts[from.max(to)].lock().unwrap();
        let (source, target) = if from < to {
            (&mut *lower, &mut *upper)
        } else {
            (&mut *upper, &mut *lower)
        };
        *source -= amount;
        *target += amount;
    }
}

pub fn both_transfers_are_made() {
    let bank = Arc::new(Bank {
        accounts: ["account 0", "account 1"].map(|name| Mutex::new(100).named(name)),
    });
    let transfers = [("there", 0, 1, 10), ("back", 1, 0, 20)].map(|(name, from, to, amount)| {
        let bank = Arc::clone(&bank);
        let transfer = move || bank.transfer(from, to, amount);
        thread::Builder::new().name(name).spawn(transfer).unwrap()
    });
    for transfer in transfers {
        transfer.join().unwrap();
    }
    let balance = |account: usize| *bank.accounts[account].lock().unwrap();
    assert_eq!((balance(0), balance(1)), (110, 90));
}

#[test]
fn exercise() {
    selvedge::check(both_transfers_are_made);
}
