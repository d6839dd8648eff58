//! Exercise: two transfers between two accounts.
//!
//! Repair `Bank::transfer`, so that both transfers come to their end under every schedule, and no money is lost. Nobody may see
//! an amount that has left one account and is not in the other yet: both accounts are locked while it moves. Leave the rest
//! as it is.

use selvedge::sync::{Arc, Mutex};
use selvedge::thread;

struct Bank {
    accounts: [Mutex<i32>; 2],
}

impl Bank {
    fn transfer(&self, from: usize, to: usize, amount: i32) {
        let mut source = self.accounts[from].lock().unwrap();
        let mut target = self.accounts[to].lock().unwrap();
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
