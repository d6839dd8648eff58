//! As `std::hint`.

pub use selvedge::hint::spin_loop;
pub use std::hint::{assert_unchecked, black_box, unreachable_unchecked};
