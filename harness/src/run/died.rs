//! Runs that ended with their process, and what is left of them: the schedule of the execution that ran.
//!
//! Every process has a file below its [folder of schedules](super::files::schedules_folder), mapped into memory, with a page
//! for each search that runs in it. What the kernel [notes](crate::kernel::Diary) there is in the hands of the operating
//! system at once, and stays when the process ends by `exit`, by an abort or by a signal that cannot be caught. The process
//! keeps the file locked, so the next one of the same binary knows which of them are gone. It says so on standard error,
//! because it may well go the same way, and saves the schedule.
//!
//! Executions under loom and on real threads leave nothing: their choices are not ours.

use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Mutex, OnceLock, PoisonError};

use memmap2::MmapRaw;

use super::files::{file_name, schedules_folder, target_folder};
use super::options::Options;
use super::recorded::line;
use super::schedule::{Schedule, ScheduleStep};
use crate::kernel::{Diary, FailureKind, Note, ScheduleLimits, Told};

/// Searches of one process that can be noted at the same time; others are not.
const PAGES: usize = 32;

/// Words of a page: room for the name and for an execution of usual length. The file has holes where nobody writes.
const WORDS: usize = 1 << 15;

/// Words in front of those of the diary: how long the description of the search is, and its text.
const HEAD: usize = 1 << 10;

/// The file of this process.
struct Book {
    words: &'static [AtomicU32],
    taken: [AtomicBool; PAGES],
    /// Locked as long as the process lives.
    _file: File,
}

static BOOK: OnceLock<Option<Book>> = OnceLock::new();

/// The checks of earlier processes that ended with them, and where their schedules are.
static DIED: Mutex<BTreeMap<String, PathBuf>> = Mutex::new(BTreeMap::new());

/// Tells of processes that are gone, once in this one. Has to come before the first execution.
pub(super) fn look_back() {
    BOOK.get_or_init(|| {
        let folder = schedules_folder().join("running");
        for (name, path) in read_all(&folder) {
            DIED.lock().unwrap_or_else(PoisonError::into_inner).insert(name, path);
        }
        // A folder that nobody has built anything in is none of ours.
        target_folder().is_dir().then(|| open_book(&folder).ok()).flatten()
    });
}

/// Where the schedule of the last run of this check is, if that ended with its process. Says it once.
pub(super) fn died_before(name: &str) -> Option<PathBuf> {
    DIED.lock().unwrap_or_else(PoisonError::into_inner).remove(name)
}

/// A diary for a search that this schedule describes.
fn open(description: &Schedule) -> Option<Diary> {
    let book = BOOK.get()?.as_ref()?;
    let take = |at: &usize| {
        // Ordering: Acquire; pairs with the Release of the last diary on that page.
        book.taken[*at]
            .compare_exchange(false, true, Ordering::Acquire, Ordering::Relaxed)
            .is_ok()
    };
    let text = serde_json::to_vec(description)
        .ok()
        .filter(|text| text.len() <= (HEAD - 1) * 4)?;
    let page = (0..PAGES).find(take)?;
    let words = &book.words[page * WORDS..(page + 1) * WORDS];
    // Ordering: Relaxed; only another process reads them, and when this one is gone.
    words[HEAD].store(0, Ordering::Relaxed);
    words[0].store(text.len() as u32, Ordering::Relaxed);
    for (word, bytes) in words[1..].iter().zip(text.chunks(4)) {
        let mut four = [b' '; 4];
        four[..bytes.len()].copy_from_slice(bytes);
        word.store(u32::from_ne_bytes(four), Ordering::Relaxed);
    }
    Some(Diary::new(&words[HEAD..], &book.taken[page]))
}

fn open_book(folder: &Path) -> io::Result<Book> {
    fs::create_dir_all(folder)?;
    let path = folder.join(std::process::id().to_string());
    let file = OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(true)
        .open(&path)?;
    file.try_lock().map_err(io::Error::other)?;
    file.set_len((PAGES * WORDS * 4) as u64)?;
    let map = MmapRaw::map_raw(&file)?;
    let at = map.as_mut_ptr().cast::<AtomicU32>();
    // It stays mapped as long as the process lives.
    std::mem::forget(map);
    remove_at_exit();
    Ok(Book {
        // SAFETY: so many words are mapped, at the start of a page of memory, for ever, and only as atomics in this process.
        words: unsafe { std::slice::from_raw_parts(at, PAGES * WORDS) },
        taken: [const { AtomicBool::new(false) }; PAGES],
        _file: file,
    })
}

/// A process that ends while it runs nothing leaves nothing behind. Elsewhere the next one tidies up.
fn remove_at_exit() {
    #[cfg(target_os = "linux")]
    {
        extern "C" fn remove() {
            let idle = |book: &Book| (0..PAGES).all(|at| book.words[at * WORDS + HEAD].load(Ordering::Relaxed) == 0);
            if let Some(Some(book)) = BOOK.get()
                && idle(book)
            {
                let _ = fs::remove_file(schedules_folder().join("running").join(std::process::id().to_string()));
            }
        }
        // SAFETY: the function has the signature that is asked for, and does not unwind.
        unsafe { libc::atexit(remove) };
    }
}

/// The execution of this check that runs, as far as it has come, if there is one and only one.
pub(super) fn running(check: &Options) -> Option<Told> {
    let book = BOOK.get()?.as_ref()?;
    let noted = check.noted.lock().unwrap_or_else(PoisonError::into_inner);
    let pages = book.words.chunks(WORDS).map(|page| &page[HEAD..]);
    let mine = pages.filter(|page| noted.iter().any(|runs| std::ptr::eq(*runs, &page[0])));
    let mut told = mine.filter_map(|page| {
        let words: Vec<u32> = page.iter().map(|word| word.load(Ordering::Relaxed)).collect();
        Diary::read(&words)
    });
    told.next().filter(|_| told.next().is_none())
}

/// Executions that are given up are not what the process dies of, when it does.
pub(super) fn give_up(check: &Options) {
    for runs in check.noted.lock().unwrap_or_else(PoisonError::into_inner).iter() {
        runs.store(0, Ordering::Relaxed);
    }
}

/// Reads the files of processes that are gone, and removes them.
fn read_all(folder: &Path) -> Vec<(String, PathBuf)> {
    let mut files: Vec<PathBuf> = fs::read_dir(folder)
        .into_iter()
        .flatten()
        .flatten()
        .map(|file| file.path())
        .collect();
    files.sort();
    let mut died = Vec::new();
    for path in files {
        let Ok(file) = OpenOptions::new().read(true).write(true).open(&path) else {
            continue;
        };
        // Whoever has it is alive, or is reading it.
        if file.try_lock().is_err() {
            continue;
        }
        if let Ok(bytes) = fs::read(&path) {
            died.extend(read(&bytes).into_iter().filter_map(tell));
        }
        let _ = fs::remove_file(&path);
    }
    died
}

/// The searches that were running.
fn read(bytes: &[u8]) -> Vec<(Schedule, Told)> {
    let words: Vec<u32> = bytes
        .chunks_exact(4)
        .map(|w| u32::from_ne_bytes([w[0], w[1], w[2], w[3]]))
        .collect();
    let page = |words: &[u32]| {
        let told = Diary::read(words.get(HEAD..)?)?;
        let text: Vec<u8> = words[1..HEAD].iter().flat_map(|word| word.to_ne_bytes()).collect();
        let description = serde_json::from_slice(text.get(..words[0] as usize)?).ok()?;
        Some((description, told))
    };
    words.chunks(WORDS).filter_map(page).collect()
}

/// The choices of a diary, as a schedule has them.
pub(super) fn steps(notes: &[Note]) -> Vec<ScheduleStep> {
    let step = |note: &Note| match *note {
        Note::Step(number) => ScheduleStep::Task { number },
        Note::Arm { arm, of } => ScheduleStep::Choose { choose: arm, of },
    };
    notes.iter().map(step).collect()
}

/// Saves the schedule and says where it is.
fn tell((mut schedule, told): (Schedule, Told)) -> Option<(String, PathBuf)> {
    let name = schedule.name();
    schedule.steps = steps(&told.notes);
    let steps = told.notes.len();
    schedule.learned = told.facts;
    schedule.interleaving = told.execution;
    schedule.failure.message = format!("the process ended in this execution, after {steps} steps");
    let path = schedules_folder().join(file_name(&format!("{name}.died")));
    schedule.save(&path).ok()?;
    // Not by a macro: what tests print is kept, and lost if this process ends in the same way.
    let _ = writeln!(
        io::stderr(),
        "selvedge: the last run of {} ended with its process, in execution {} after {steps} steps; run it again: {}",
        crate::trace::name(&name),
        told.execution,
        line(&path, schedule.test.as_ref()),
    );
    Some((name, path))
}

/// The diary of a search that is about to begin.
pub(super) fn begin(check: &Options, limits: &ScheduleLimits) -> Option<Diary> {
    let mut schedule = Schedule::new(
        &check.name,
        "controlled",
        check.strategy.name(),
        check.seed,
        FailureKind::Panic,
        "",
    );
    schedule.limits = limits.clone();
    schedule.test = check.test.clone();
    schedule.unfinished = true;
    let diary = open(&schedule)?;
    let mut noted = check.noted.lock().unwrap_or_else(PoisonError::into_inner);
    noted.retain(|runs| !diary.runs().is_some_and(|own| std::ptr::eq(own, *runs)));
    noted.extend(diary.runs());
    Some(diary)
}
