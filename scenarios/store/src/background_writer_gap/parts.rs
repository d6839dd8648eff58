//! What the programs of this folder are made of: a SQLite database, a memory in front of it, completion
//! marks, and three tasks.

use std::collections::BTreeMap;

use rusqlite::{Connection, OptionalExtension, params};
use selvedge::sync::{Arc, Condvar, Mutex, mpsc};
use selvedge::{note, thread};

/// An operation of the dataflow; its result is stored under this number.
pub(super) type Id = u32;

/// A result as it travels from the executor to the database. Each `store` has a version of its own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Data {
    pub(super) version: u32,
    pub(super) text: &'static str,
}

/// What the executor hands to the background writer.
pub(super) type Job = (Id, Data);

/// A real SQLite database in memory. Each statement is one step: it runs while the connection is locked.
pub(super) struct Database(Mutex<Connection>);

impl Database {
    pub(super) fn open() -> Self {
        let connection = Connection::open_in_memory().expect("SQLite can open a database in memory");
        connection
            .execute_batch(
                "CREATE TABLE results (id INTEGER PRIMARY KEY, version INTEGER NOT NULL, text TEXT NOT NULL)",
            )
            .expect("the schema is valid");
        Database(Mutex::new(connection).showing(rows).named("database"))
    }

    /// The newest row for `id`.
    pub(super) fn select(&self, id: Id) -> Option<String> {
        let connection = self.0.lock().expect("no statement panics");
        let text = connection
            .prepare_cached("SELECT text FROM results WHERE id = ?1")
            .and_then(|mut select| select.query_row([id], |row| row.get(0)).optional())
            .expect("the statement is valid");
        note!("SELECT operation {id} ➜ {}", text.as_deref().unwrap_or("no row"));
        text
    }

    /// Inserts a row, or replaces the one that is there.
    pub(super) fn upsert(&self, id: Id, data: &Data) {
        let connection = self.0.lock().expect("no statement panics");
        connection
            .prepare_cached(
                "INSERT INTO results VALUES (?1, ?2, ?3)
                 ON CONFLICT (id) DO UPDATE SET version = excluded.version, text = excluded.text",
            )
            .and_then(|mut insert| insert.execute(params![id, data.version, data.text]))
            .expect("the statement is valid");
        note!("INSERT operation {id}: {}", data.text);
    }

    /// Inserts a row unless there is one; says whether it did.
    pub(super) fn insert_or_ignore(&self, id: Id, data: &Data) -> bool {
        let connection = self.0.lock().expect("no statement panics");
        let inserted = connection
            .prepare_cached("INSERT OR IGNORE INTO results VALUES (?1, ?2, ?3)")
            .and_then(|mut insert| insert.execute(params![id, data.version, data.text]))
            .expect("the statement is valid");
        let outcome = if inserted == 1 {
            "inserted"
        } else {
            "there is a row already"
        };
        note!("INSERT OR IGNORE operation {id} ➜ {outcome}");
        inserted == 1
    }
}

/// The table, for the trace: `{1: forty-two}`.
fn rows(connection: &Connection) -> String {
    let read = || {
        let mut select = connection.prepare_cached("SELECT id, text FROM results ORDER BY id")?;
        select
            .query_map([], |row| {
                Ok(format!("{}: {}", row.get::<_, Id>(0)?, row.get::<_, String>(1)?))
            })?
            .collect::<rusqlite::Result<Vec<String>>>()
    };
    format!("{{{}}}", read().expect("the statement is valid").join(", "))
}

/// The results that are on their way to the database.
pub(super) struct Memory(Mutex<BTreeMap<Id, Data>>);

impl Memory {
    pub(super) fn new() -> Self {
        let show = |map: &BTreeMap<Id, Data>| {
            let entries: Vec<String> = map.iter().map(|(id, data)| format!("{id}: {}", data.text)).collect();
            format!("{{{}}}", entries.join(", "))
        };
        Memory(Mutex::new(BTreeMap::new()).showing(show).named("memory"))
    }

    pub(super) fn get(&self, id: Id) -> Option<String> {
        let map = self.0.lock().expect("no holder panics");
        let text = map.get(&id).map(|data| data.text.to_owned());
        note!("get operation {id} ➜ {}", text.as_deref().unwrap_or("nothing"));
        text
    }

    pub(super) fn put(&self, id: Id, data: Data) {
        let mut map = self.0.lock().expect("no holder panics");
        note!("put operation {id}: {}", data.text);
        map.insert(id, data);
    }

    /// Drops whatever is there for `id`.
    pub(super) fn evict(&self, id: Id) {
        let mut map = self.0.lock().expect("no holder panics");
        note!("evict operation {id}");
        map.remove(&id);
    }

    /// Drops what is there for `id` if it is the version that was written.
    pub(super) fn evict_version(&self, id: Id, version: u32) {
        let mut map = self.0.lock().expect("no holder panics");
        let same = map.get(&id).is_some_and(|data| data.version == version);
        let outcome = if same { "evicted" } else { "it is not there" };
        note!("evict version {version} of operation {id} ➜ {outcome}");
        if same {
            map.remove(&id);
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.lock().expect("no holder panics").is_empty()
    }

    /// The invariant of a write-behind memory: it holds what the database does not hold yet, nothing else.
    pub(super) fn assert_empty(&self) {
        let left = self.0.lock().expect("no holder panics").len();
        assert!(
            left == 0,
            "the memory grows: {left} result was written and never evicted"
        );
    }
}

/// How an operation ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mark {
    Completed,
    Failed,
}

/// Which operations have ended, and the waiters for them. This part is right in every program here: a
/// condition variable, waited for in a loop.
pub(super) struct Marks {
    ended: Mutex<BTreeMap<Id, Mark>>,
    changed: Condvar,
}

impl Marks {
    pub(super) fn new() -> Self {
        let show = |ended: &BTreeMap<Id, Mark>| format!("{ended:?}");
        Marks {
            ended: Mutex::new(BTreeMap::new()).showing(show).named("marks"),
            changed: Condvar::new().named("marks changed"),
        }
    }

    pub(super) fn set(&self, id: Id, mark: Mark) {
        self.ended.lock().expect("no holder panics").insert(id, mark);
        self.changed.notify_all();
    }

    pub(super) fn wait(&self, id: Id) -> Mark {
        let mut ended = self.ended.lock().expect("no holder panics");
        loop {
            if let Some(mark) = ended.get(&id) {
                return *mark;
            }
            ended = self.changed.wait(ended).expect("no holder panics");
        }
    }
}

/// Everything the tasks of a program share.
pub(super) struct Store {
    pub(super) database: Database,
    pub(super) memory: Memory,
    pub(super) marks: Marks,
}

impl Store {
    pub(super) fn new() -> Arc<Self> {
        Arc::new(Store {
            database: Database::open(),
            memory: Memory::new(),
            marks: Marks::new(),
        })
    }
}

/// The operation every program here is about.
pub(super) const OPERATION: Id = 1;

/// The first result of [`OPERATION`].
pub(super) const RESULT: Data = Data { version: 1, text: "v1" };

/// A second result of [`OPERATION`], stored later.
pub(super) const REVISED: Data = Data { version: 2, text: "v2" };

/// The three tasks, each with its part of the program: the executor computes and stores, the writer
/// empties the queue until the executor is gone, the reader wants the result. Returns what it read.
pub(super) fn run<R: Send + 'static>(
    store: &Arc<Store>,
    executor: fn(&Store, &mpsc::Sender<Job>),
    writer: fn(&Store, Job),
    reader: fn(&Store) -> R,
) -> R {
    let (queue, jobs) = mpsc::channel();
    let queue = queue.named("queue");
    let executor = start("executor", store, move |store| executor(store, &queue));
    let writer = start("writer", store, move |store| {
        for job in &jobs {
            writer(store, job);
        }
    });
    let reader = start("reader", store, reader);
    executor.join().expect("the executor does not panic");
    writer.join().expect("the writer does not panic");
    reader.join().unwrap_or_else(|_| panic!("the reader has panicked"))
}

/// Starts a named thread that works on the store.
pub(super) fn start<R: Send + 'static>(
    name: &str,
    store: &Arc<Store>,
    work: impl FnOnce(&Store) -> R + Send + 'static,
) -> thread::JoinHandle<R> {
    let store = Arc::clone(store);
    thread::Builder::new()
        .name(name)
        .spawn(move || work(&store))
        .expect("a thread can start")
}
