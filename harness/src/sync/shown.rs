//! How a lock shows its value, in a form that does not name the value's type: `Mutex<T>` becomes `Mutex<dyn Trait>` behind a
//! pointer only if its last field alone depends on `T`.

/// How to show a value of some sized type.
#[derive(Clone, Copy)]
pub(crate) struct Shown {
    /// A `fn(&T) -> String`.
    show: fn(),
    call: unsafe fn(fn(), *const ()) -> String,
}

impl Shown {
    pub(crate) fn new<T>(show: fn(&T) -> String) -> Self {
        Shown {
            // SAFETY: both are pointers to functions, and it is turned back before it is called.
            show: unsafe { std::mem::transmute::<fn(&T) -> String, fn()>(show) },
            call: call::<T>,
        }
    }

    /// The text for a value.
    ///
    /// # Safety
    /// The value was of the type that [`new`](Self::new) was called with, when its lock was made.
    pub(crate) unsafe fn text<T: ?Sized>(self, value: &T) -> String {
        let value = std::ptr::from_ref(value).cast::<()>();
        // SAFETY: the caller says so, and a pointer to a value begins with its address whatever else it holds.
        unsafe { (self.call)(self.show, value) }
    }
}

/// # Safety
/// `show` was a `fn(&T) -> String`, and `value` is a reference to a `T`.
unsafe fn call<T>(show: fn(), value: *const ()) -> String {
    // SAFETY: that is what the caller promises.
    let show = unsafe { std::mem::transmute::<fn(), fn(&T) -> String>(show) };
    // SAFETY: as above.
    show(unsafe { &*value.cast::<T>() })
}
