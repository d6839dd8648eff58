//! The programs on the types of this crate.

use selvedge as engine;

#[path = "litmus.rs"]
pub(crate) mod litmus;
#[path = "../../benches/programs/lock_free/mod.rs"]
pub(crate) mod lock_free;
