//! Names of objects.

use crate::future::batch_semaphore::BatchSemaphore;

/// Names an object. The kind is of no effect: rows of a trace say it anyway.
pub trait WithName {
    /// Sets the name and the kind.
    fn with_name_and_kind(self, name: Option<&str>, kind: Option<&str>) -> Self;

    /// Sets the name.
    fn with_name(self, name: &str) -> Self
    where
        Self: Sized,
    {
        self.with_name_and_kind(Some(name), None)
    }

    /// Sets the kind.
    fn with_kind(self, kind: &str) -> Self
    where
        Self: Sized,
    {
        self.with_name_and_kind(None, Some(kind))
    }
}

macro_rules! named {
    ($($type:ty $(, $p:ident)?;)+) => {$(
        impl $(<$p>)? WithName for $type {
            fn with_name_and_kind(self, name: Option<&str>, _kind: Option<&str>) -> Self {
                match name {
                    Some(name) => self.named(name),
                    None => self,
                }
            }
        }
    )+};
}

named! {
    BatchSemaphore;
    crate::sync::Mutex<T>, T;
    crate::sync::RwLock<T>, T;
    crate::sync::Condvar;
    crate::sync::Barrier;
}
