//! A task local under the controlled engine: the task keeps the values, by the addresses of their keys.

use std::any::Any;
use std::rc::Rc;
use std::thread::AccessError;

use super::context::with_kernel;
use crate::raw::RawLocal;

/// A key, which its address tells from others.
pub(crate) struct Local<T: 'static> {
    init: fn() -> T,
}

impl<T: 'static> Local<T> {
    pub(crate) const fn new(init: fn() -> T) -> Self {
        Local { init }
    }
}

impl<T: 'static> RawLocal<T> for Local<T> {
    fn with<R>(&'static self, f: impl FnOnce(&T) -> R) -> R {
        let key = std::ptr::from_ref(self) as usize;
        let known = get(key).and_then(|value| value.downcast::<T>().ok());
        let value = known.unwrap_or_else(|| {
            let fresh: Rc<T> = Rc::new((self.init)());
            set(key, fresh.clone());
            fresh
        });
        f(&value)
    }

    fn try_with<R>(&'static self, f: impl FnOnce(&T) -> R) -> Result<R, AccessError> {
        Ok(self.with(f))
    }
}

/// The value of the current task.
fn get(key: usize) -> Option<Rc<dyn Any>> {
    with_kernel(|k| k.tasks[k.current].locals.get(&key).map(Rc::clone))
}

fn set(key: usize, value: Rc<dyn Any>) {
    let before = with_kernel(|k| {
        let me = k.current;
        k.tasks[me].locals.insert(key, value)
    });
    // Its destructor is code of the program: the kernel is not borrowed any more.
    drop(before);
}
