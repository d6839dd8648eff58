//! Which memory belongs to statics: what the program and its libraries bring with them, and may write to.
//!
//! Known on Linux alone. Elsewhere a static is an object like others, which outlives its execution, and the next one says so.

/// The distance of an address from the beginning of the program or library that has it as a static, made different from those
/// of others; nothing if it is no static.
pub(crate) fn offset_of(address: usize) -> Option<usize> {
    writable()
        .iter()
        .find(|segment| segment.memory.contains(&address))
        .map(|segment| address - segment.memory.start + segment.offset)
}

/// A part of a program or library.
struct Segment {
    memory: std::ops::Range<usize>,
    offset: usize,
}

#[cfg(target_os = "linux")]
fn writable() -> &'static [Segment] {
    use std::ffi::{c_int, c_void};
    use std::sync::OnceLock;

    /// More than any program or library has.
    const LARGEST: usize = 1 << 40;

    unsafe extern "C" fn add(info: *mut libc::dl_phdr_info, _: usize, all: *mut c_void) -> c_int {
        // SAFETY: the loader gives a description that is valid during this call, and the list is what `writable` has passed.
        let (info, (number, all)) = unsafe { (&*info, &mut *all.cast::<(usize, Vec<Segment>)>()) };
        let headers = match info.dlpi_phnum {
            0 => &[][..],
            // SAFETY: as above; that is how many there are.
            several => unsafe { std::slice::from_raw_parts(info.dlpi_phdr, usize::from(several)) },
        };
        for header in headers {
            if header.p_type == libc::PT_LOAD && header.p_flags & libc::PF_W != 0 {
                let offset = header.p_vaddr as usize;
                let start = (info.dlpi_addr as usize).wrapping_add(offset);
                all.push(Segment {
                    memory: start..start + header.p_memsz as usize,
                    offset: *number * LARGEST + offset,
                });
            }
        }
        *number += 1;
        0
    }

    static WRITABLE: OnceLock<Vec<Segment>> = OnceLock::new();
    WRITABLE.get_or_init(|| {
        let mut all: (usize, Vec<Segment>) = (0, Vec::new());
        // SAFETY: `add` does with the list what is said there, during this call.
        unsafe { libc::dl_iterate_phdr(Some(add), (&raw mut all).cast()) };
        all.1
    })
}

#[cfg(not(target_os = "linux"))]
fn writable() -> &'static [Segment] {
    &[]
}
