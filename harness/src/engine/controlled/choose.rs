//! A branch of the program itself.

use super::context::{ask, unwinds, with_kernel};
use super::perform::pay;
use super::switch::unwind;
use crate::kernel::End;

/// A branch of the program itself: the strategy picks one of `n` arms.
///
/// # Panics
/// When `n` is 0.
pub(crate) fn choose(n: usize) -> usize {
    assert!(n > 0, "choose(0) has no arm to take");
    pay();
    if with_kernel(|k| k.ending.is_some()) {
        if unwinds() {
            return 0;
        }
        unwind();
    }
    if with_kernel(|k| k.drain.is_some()) {
        return 0;
    }
    let arms = u32::try_from(n).expect("fewer than 2^32 arms");
    let task = with_kernel(|k| k.tasks[k.current].id);
    match with_kernel(|k| ask(|strategy| strategy.arm(k, task, arms))) {
        Ok(arm) => {
            with_kernel(|k| {
                k.log_choice(arms, arm);
                let me = k.current;
                if let Some(recorder) = &mut k.recorder {
                    recorder.event(me, format!("choose({n}) ➜ {arm}"), None);
                }
            });
            arm as usize
        }
        Err(why) => {
            with_kernel(|k| k.end(End::Diverged(why)));
            unwind()
        }
    }
}
