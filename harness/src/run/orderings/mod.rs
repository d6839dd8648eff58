//! Which orderings of a program could be weaker, or would have to be stronger, found by searching it again with others.
//!
//! A search under Rust's memory model says whether a program holds with the orderings that it declares. Whether it holds with others is
//! asked in the same way: the program runs as it is, at one of its places another ordering counts than the declared one
//! (`kernel::declared`), and the exhaustive search explores every execution graph. So each answer is a verdict, and
//! each ordering that has to stay has an execution that fails without it.
//!
//! What is weaker is a matter of what the ordering is for:
//!
//! | | from the strongest down |
//! |---|---|
//! | a load, a compare-and-exchange that fails | `SeqCst`, `Acquire`, `Relaxed` |
//! | a store | `SeqCst`, `Release`, `Relaxed` |
//! | a read-modify-write | `SeqCst`, `AcqRel`, then `Acquire` or `Release`, of which neither is weaker than the other, `Relaxed` |
//! | a fence | as a read-modify-write, but in the end it is left out |
//!
//! **A program that holds.** One place at a time, all others as they are declared: the weaker orderings from the weakest up, and none
//! above one that holds. Then all together: the places in the order of the source, each as weak as the program allows with those
//! before it as weak as they are by then. In the end every place is tried one step weaker again, so that no single step is left. Which of
//! several sets of orderings comes out depends on the order of the places; that none of it can be weaker does not.
//!
//! **A program that fails.** With everything taken for `SeqCst` it either fails, too, and then with any orderings, because
//! sequentially consistent executions are executions of every program; or each place is tried alone, the stronger
//! orderings from the weakest up, and none above one that holds. If no single one is enough, all are taken for `SeqCst` and then
//! weakened together as above, but not below what is declared.
//!
//! Weakest first costs least: a search that fails stops there, one that holds goes through all execution graphs, and each place
//! has one of these. No combination is searched twice.
//!
//! A program may reach a place only in executions that it has with other orderings. Such a place counts with what is declared there as
//! soon as a search has met it, and then all is asked again that it may change.
//!
//! | file | what it holds |
//! |---|---|
//! | `lattice` | what is weaker than what |
//! | `found` | what the caller gets |
//! | `trials` | searches of one program with other orderings |
//! | `weakest` | which of them, in which order |
//! | `words` | the table |

mod found;
mod lattice;
mod trials;
mod weakest;
mod words;

pub use found::{Orderings, Place, Step, Tried, Weakest};
pub(crate) use weakest::weakest;
