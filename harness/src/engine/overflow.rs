//! A stack that is full: a failure of the program, and not the end of the process.
//!
//! Below each stack is a page that nobody may touch. Whoever needs it is interrupted by a signal, whose handler runs on a
//! stack of its own. Nothing can go on there: the task may hold the lock of an allocator. So the handler only says, by a
//! write to a pipe, where the OS thread keeps what is known of its run, and stays for ever. Another OS thread reads that
//! and tells the run, which is given up like one that a panic would have aborted.
//!
//! What the interrupted thread holds stays held: the lock of standard output, say. Others that need it wait for ever. The
//! alternative is that nobody is told anything. One lock is let go, because everybody needs it sooner or later: that of the
//! allocator, where it is the one of a C library that is linked dynamically. On x86-64, a thread that is interrupted inside of that
//! library has the guard page as well, and is stopped at the first instruction outside of it (`leaving`).
//!
//! It knows the stack pointer of Linux on x86-64 and AArch64. Elsewhere the process dies, as it would without this.

use std::cell::{Cell, RefCell};

use super::panics::{self, OnAbort};

/// What the kernel of an OS thread lends: where it is, and what makes it that of the OS thread that asks, for one call.
#[derive(Clone, Copy)]
pub(crate) struct Lent {
    pub(crate) at: *const (),
    /// To be called with `at` while nobody else uses it.
    pub(crate) adopt: unsafe fn(*const (), &dyn Fn()),
}

/// What is known of the run on this OS thread. Read by another one, once this one stays in the handler.
struct Watched {
    /// Set while somebody listens.
    armed: Cell<bool>,
    on_abort: RefCell<Option<OnAbort>>,
    lent: Cell<Option<Lent>>,
}

impl Drop for Watched {
    fn drop(&mut self) {
        AT.set(std::ptr::null());
    }
}

thread_local! {
    /// Whether [`WATCHED`] is there, and where. It has no destructor, so that a signal handler may look at it.
    static AT: Cell<*const Watched> = const { Cell::new(std::ptr::null()) };
    static WATCHED: Watched = const {
        Watched {
            armed: Cell::new(false),
            on_abort: RefCell::new(None),
            lent: Cell::new(None),
        }
    };
}

/// Calls `handler` instead of letting the process die of a panic on this OS thread, or of a stack of it that is full; of
/// that, on another OS thread.
pub(crate) fn watch(handler: OnAbort) {
    panics::on_abort(handler.clone());
    if !signals::install() {
        return;
    }
    WATCHED.with(|watched| {
        watched.on_abort.replace(Some(handler));
        watched.armed.set(true);
        AT.set(watched);
    });
}

/// Lets whoever tells the run look at a kernel of this OS thread.
pub(crate) fn lend(lent: Lent) {
    WATCHED.with(|watched| watched.lent.set(Some(lent)));
}

#[cfg(all(target_os = "linux", any(target_arch = "x86_64", target_arch = "aarch64")))]
mod signals {
    use std::ffi::{c_int, c_void};
    use std::io::{PipeReader, Read};
    use std::mem::zeroed;
    use std::os::fd::IntoRawFd;
    use std::ptr::null_mut;
    use std::sync::OnceLock;
    use std::sync::atomic::{AtomicI32, Ordering};

    use libc::{sigaction, siginfo_t, ucontext_t};

    use super::{AT, Watched};
    use crate::engine::panics::Abort;

    /// The signals of a page that nobody may touch.
    const SIGNALS: [c_int; 2] = [libc::SIGSEGV, libc::SIGBUS];

    /// "Invalid permissions for mapped object", which a page is that has been put there as a guard.
    const NOT_PERMITTED: c_int = 2;

    /// How far from the stack pointer a frame may touch first: below it where it is called, above it where the frame is
    /// large and was not touched page by page.
    const BELOW: usize = 64 << 10;
    const ABOVE: usize = 256 << 10;

    /// The end of the pipe that the handler writes to.
    static PIPE: AtomicI32 = AtomicI32::new(-1);
    static BEFORE: OnceLock<[sigaction; 2]> = OnceLock::new();

    /// False where that is not possible.
    pub(super) fn install() -> bool {
        static INSTALLED: OnceLock<bool> = OnceLock::new();
        *INSTALLED.get_or_init(|| {
            let Ok((reader, writer)) = std::io::pipe() else {
                return false;
            };
            #[cfg(target_arch = "x86_64")]
            super::leaving::find_library();
            let listens = std::thread::Builder::new().spawn(move || listen(reader));
            if listens.is_err() {
                return false;
            }
            // Ordering: Relaxed; the number stands for itself, and the handler is installed later.
            PIPE.store(writer.into_raw_fd(), Ordering::Relaxed);
            // SAFETY: all zeros are a value of this plain structure.
            let mut before: [sigaction; 2] = unsafe { zeroed() };
            for (signal, before) in SIGNALS.into_iter().zip(&mut before) {
                // SAFETY: asks only, and `before` is a valid place for the answer.
                unsafe { libc::sigaction(signal, std::ptr::null(), before) };
            }
            let _ = BEFORE.set(before);
            // SAFETY: as above.
            let mut action: sigaction = unsafe { zeroed() };
            action.sa_flags = libc::SA_SIGINFO | libc::SA_ONSTACK;
            action.sa_sigaction = handler as *const () as usize;
            // SAFETY: `handler` has the signature that SA_SIGINFO asks for, and does nothing but what a handler may.
            SIGNALS
                .iter()
                .all(|&signal| unsafe { libc::sigaction(signal, &action, null_mut()) } == 0)
        })
    }

    unsafe extern "C" fn handler(signal: c_int, info: *mut siginfo_t, context: *mut c_void) {
        let watched = AT.get();
        // SAFETY: the kernel passes valid ones, and where `AT` points to belongs to this very thread.
        let ours = unsafe { is_full(&*info, &*context.cast()) && watched.as_ref().is_some_and(|w| w.armed.get()) };
        if ours {
            // SAFETY: as above, and the guard that was touched is one of a stack of this thread.
            #[cfg(target_arch = "x86_64")]
            if unsafe { super::leaving::goes_on(info.as_ref(), context.cast()) } {
                return;
            }
            stay();
        }
        // Whoever was there before gets it, when the instruction is tried again.
        if let (Some(before), Some(at)) = (BEFORE.get(), SIGNALS.iter().position(|s| *s == signal)) {
            // SAFETY: it was a valid action before.
            unsafe { libc::sigaction(signal, &before[at], null_mut()) };
        }
    }

    /// Says where this OS thread keeps what is known of its run, and does nothing any more.
    pub(super) fn stay() -> ! {
        let address = (AT.get() as usize).to_ne_bytes();
        // SAFETY: the pipe stays open for ever, and so little is written at once or not at all.
        unsafe { libc::write(PIPE.load(Ordering::Relaxed), address.as_ptr().cast(), address.len()) };
        loop {
            // SAFETY: it only waits.
            unsafe { libc::pause() };
        }
    }

    /// Whether a guard near the stack pointer was touched.
    unsafe fn is_full(info: &siginfo_t, context: &ucontext_t) -> bool {
        // SAFETY: the signals that this handler is for have an address.
        let address = unsafe { info.si_addr() } as usize;
        #[cfg(target_arch = "x86_64")]
        let stack = context.uc_mcontext.gregs[libc::REG_RSP as usize] as usize;
        #[cfg(target_arch = "aarch64")]
        let stack = context.uc_mcontext.sp as usize;
        info.si_code == NOT_PERMITTED && (stack.saturating_sub(BELOW)..stack.saturating_add(ABOVE)).contains(&address)
    }

    /// Tells the runs whose OS threads stay in the handler.
    fn listen(mut reader: PipeReader) {
        let mut address = [0; size_of::<usize>()];
        while reader.read_exact(&mut address).is_ok() {
            // SAFETY: the thread that this belongs to has written it and does nothing any more, so it stays, and nobody
            // else looks at it. The pipe orders what it did before.
            let watched: &Watched = unsafe { &*(usize::from_ne_bytes(address) as *const Watched) };
            let Ok(Some(tell)) = watched.on_abort.try_borrow().map(|handler| handler.clone()) else {
                continue;
            };
            let tell = || tell(Abort::overflow());
            match watched.lent.take() {
                // SAFETY: as above, so nobody else uses it.
                Some(lent) => unsafe { (lent.adopt)(lent.at, &tell) },
                None => tell(),
            }
        }
    }
}

/// A thread whose stack is full while it is inside of the C library, which may hold the lock of the allocator, goes on until it has
/// left it.
#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
mod leaving {
    use std::cell::Cell;
    use std::ffi::{c_int, c_void};
    use std::mem::zeroed;
    use std::ptr::null_mut;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use libc::{dl_phdr_info, siginfo_t, ucontext_t};

    use super::signals::stay;

    const PAGE: usize = 4096;

    /// What must be left of the page below the stack pointer: what an instruction writes there, and the red zone.
    const SPARE: usize = 512;

    /// The bit of the flags that interrupts a program after its next instruction.
    const TRAP: i64 = 1 << 8;

    /// Where the code of the C library lies; nowhere, if it is part of the program.
    static CODE: [AtomicUsize; 2] = [AtomicUsize::new(0), AtomicUsize::new(0)];

    thread_local! {
        /// The page that was a guard.
        static LAST: Cell<usize> = const { Cell::new(0) };
    }

    pub(super) fn find_library() {
        // SAFETY: `look` has the signature that is asked for, and needs no data.
        unsafe { libc::dl_iterate_phdr(Some(look), null_mut()) };
    }

    unsafe extern "C" fn look(info: *mut dl_phdr_info, _size: usize, _data: *mut c_void) -> c_int {
        // SAFETY: valid for this call.
        let info = unsafe { &*info };
        // SAFETY: the name is a string of C, and there are so many headers.
        let (name, headers) = unsafe {
            (
                std::ffi::CStr::from_ptr(info.dlpi_name),
                std::slice::from_raw_parts(info.dlpi_phdr, info.dlpi_phnum.into()),
            )
        };
        let allocates = libc::malloc as *const () as usize;
        for header in headers {
            let from = info.dlpi_addr as usize + header.p_vaddr as usize;
            let to = from + header.p_memsz as usize;
            let is_code = header.p_type == libc::PT_LOAD && header.p_flags & libc::PF_X != 0;
            // The program itself has no name.
            if is_code && (from..to).contains(&allocates) && !name.is_empty() {
                // Ordering: Relaxed; the handler is installed later.
                CODE[0].store(from, Ordering::Relaxed);
                CODE[1].store(to, Ordering::Relaxed);
            }
        }
        0
    }

    fn is_inside(context: &ucontext_t) -> bool {
        let at = context.uc_mcontext.gregs[libc::REG_RIP as usize] as usize;
        (CODE[0].load(Ordering::Relaxed)..CODE[1].load(Ordering::Relaxed)).contains(&at)
    }

    fn has_room(context: &ucontext_t, page: usize) -> bool {
        let stack = context.uc_mcontext.gregs[libc::REG_RSP as usize] as usize;
        stack >= page + SPARE
    }

    /// Whether the thread goes on until it has left the library.
    ///
    /// # Safety
    /// In a signal handler, with what it was given: of a guard page that belongs to a stack of this OS thread.
    pub(super) unsafe fn goes_on(info: Option<&siginfo_t>, context: *mut ucontext_t) -> bool {
        // SAFETY: the caller says so.
        let (Some(info), Some(context)) = (info, unsafe { context.as_mut() }) else {
            return false;
        };
        // SAFETY: the signal has an address.
        let page = unsafe { info.si_addr() } as usize / PAGE * PAGE;
        if !is_inside(context) || !has_room(context, page) {
            return false;
        }
        // SAFETY: all zeros are a value of this plain structure.
        let mut action: libc::sigaction = unsafe { zeroed() };
        action.sa_flags = libc::SA_SIGINFO | libc::SA_ONSTACK;
        action.sa_sigaction = trap as *const () as usize;
        // SAFETY: the page is the caller's, and the handler has the signature that SA_SIGINFO asks for. A handler may do both.
        let done = unsafe {
            libc::mprotect(page as *mut c_void, PAGE, libc::PROT_READ | libc::PROT_WRITE) == 0
                && libc::sigaction(libc::SIGTRAP, &action, null_mut()) == 0
        };
        if done {
            LAST.set(page);
            context.uc_mcontext.gregs[libc::REG_EFL as usize] |= TRAP;
        }
        done
    }

    unsafe extern "C" fn trap(_signal: c_int, _info: *mut siginfo_t, context: *mut c_void) {
        // SAFETY: the kernel passes a valid one.
        let context = unsafe { &mut *context.cast::<ucontext_t>() };
        let page = LAST.get();
        if page == 0 {
            // Not ours: a breakpoint.
            return;
        }
        if !is_inside(context) || !has_room(context, page) {
            stay();
        }
    }
}

#[cfg(not(all(target_os = "linux", any(target_arch = "x86_64", target_arch = "aarch64"))))]
mod signals {
    pub(super) fn install() -> bool {
        false
    }
}
