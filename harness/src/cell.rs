//! [`UnsafeCell`](UnsafeCell), as in loom.
