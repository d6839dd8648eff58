//! As `std::hint`.

pub use selvedge::hint::spin_loop;

/// Says that this is never reached.
///
/// # Safety
/// Any; it panics.
///
/// # Panics
/// When it is reached.
#[track_caller]
pub unsafe fn unreachable_unchecked() -> ! {
    unreachable!("unreachable_unchecked was reached!");
}
