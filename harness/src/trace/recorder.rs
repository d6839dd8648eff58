//! Collects rows while an execution runs.

use std::panic::Location;

use super::addresses::Addresses;
use super::rows::{Row, RowKind, Trace, is_own, relative};
use super::standing::{Standing, Standings};
use super::visible::{Views, Visible};
use super::words;

/// Collects the rows while an execution runs.
#[derive(Debug, Default)]
pub(crate) struct Recorder {
    rows: Vec<Row>,
    objects: Vec<u32>,
    names: Vec<String>,
    /// The row of the step that is running.
    open: Option<usize>,
    /// Where each task was seen last with each object, the latest last.
    places: Vec<(usize, Option<u32>, String)>,
    addresses: Addresses,
    views: Views,
    standings: Standings,
    /// Entries of the kernel's log, in order, and their rows.
    entries: Vec<(usize, usize)>,
}

impl Recorder {
    /// The number of rows a reader counts so far: switches are not numbered.
    pub(crate) fn events(&self) -> usize {
        self.rows.iter().filter(|r| r.numbered()).count()
    }

    /// The row that was begun last is that of an entry of the kernel's log.
    pub(crate) fn is_entry(&mut self, entry: usize) {
        self.entries.push((entry, self.rows.len() - 1));
    }

    /// The number a reader knows the row of an entry by.
    pub(crate) fn number_of(&self, entry: usize) -> Option<usize> {
        let at = self.entries.binary_search_by_key(&entry, |(entry, _)| *entry).ok()?;
        Some(self.number(self.entries[at].1))
    }

    /// The place of the row of an entry in the trace.
    pub(crate) fn row_of(&self, entry: usize) -> Option<usize> {
        let at = self.entries.binary_search_by_key(&entry, |(entry, _)| *entry).ok()?;
        Some(self.entries[at].1)
    }

    /// The place of the row in the trace that has this number.
    pub(crate) fn row_numbered(&self, number: usize) -> Option<usize> {
        let numbered = self.rows.iter().enumerate().filter(|(_, row)| row.numbered());
        numbered.map(|(at, _)| at).nth(number.checked_sub(1)?)
    }

    /// Drops what comes after an entry of the kernel's log, and gives the number of its row, or of the one that would
    /// follow.
    pub(crate) fn end_with(&mut self, entry: usize) -> usize {
        let at = self.entries.iter().find(|(known, _)| *known >= entry);
        match at {
            Some(&(known, row)) => {
                self.rows.truncate(if known == entry { row + 1 } else { row });
                self.events() + usize::from(known != entry)
            }
            None => self.events() + 1,
        }
    }

    /// The number of the last row that says what `task` waits for.
    pub(crate) fn waits_since(&self, task: usize) -> Option<usize> {
        let waits = |r: &Row| r.kind == RowKind::Waits && r.task == task;
        self.rows.iter().rposition(waits).map(|row| self.number(row))
    }

    fn number(&self, row: usize) -> usize {
        self.rows[..=row].iter().filter(|r| r.numbered()).count()
    }

    /// Where the last step of `task` stands in the source.
    pub(crate) fn last_location(&self, task: usize) -> Option<&str> {
        let last = self
            .rows
            .iter()
            .rev()
            .find(|r| r.kind == RowKind::Step && r.task == task)?;
        last.location.as_deref()
    }

    /// `task` is here, or is begun from here.
    pub(crate) fn seen(&mut self, task: usize, location: &'static Location<'static>) {
        self.place(task, None, location);
    }

    /// A step of `task`; `preempted` is the task that could have gone on instead.
    pub(crate) fn begin_step(&mut self, task: usize, preempted: Option<usize>) {
        if let Some(previous) = preempted {
            self.push(RowKind::Preempted, previous, "preempted".to_owned(), None);
        }
        self.push(RowKind::Step, task, String::new(), None);
        self.open = Some(self.rows.len() - 1);
    }

    /// Something `task` does as part of its last step.
    pub(crate) fn begin_event(&mut self, task: usize) {
        self.push(RowKind::Event, task, String::new(), None);
        self.open = Some(self.rows.len() - 1);
    }

    /// The step that runs has done this to `object`.
    pub(crate) fn finish_step(&mut self, text: String, object: Option<u32>, location: &'static Location<'static>) {
        if let Some(open) = self.open.take() {
            let task = self.rows[open].task;
            self.rows[open].text = words::text(self.addresses.numbered(text));
            self.rows[open].location = self.place(task, object, location);
        }
    }

    /// A line of the program. What a destructor does has none: it stands where its task was seen last with the object,
    /// or else where it was seen last.
    fn place(&mut self, task: usize, object: Option<u32>, location: &'static Location<'static>) -> Option<String> {
        let known = |of: Option<u32>| {
            let known = self
                .places
                .iter()
                .rev()
                .find(|(t, o, _)| *t == task && (of.is_none() || *o == of));
            known.map(|(.., place)| place.clone())
        };
        if is_own(location) {
            return object.and_then(|object| known(Some(object))).or_else(|| known(None));
        }
        let place = relative(location);
        self.places.retain(|(t, o, _)| (*t, *o) != (task, object));
        self.places.push((task, object, place.clone()));
        Some(place)
    }

    pub(crate) fn event(&mut self, task: usize, text: String, location: Option<&'static Location<'static>>) {
        self.push(RowKind::Event, task, text, location);
    }

    /// Something `task` does at a place that is known in words.
    pub(crate) fn event_at(&mut self, task: usize, text: String, place: Option<String>) {
        self.push(RowKind::Event, task, text, None);
        if let Some(row) = self.rows.last_mut() {
            row.location = place;
        }
    }

    pub(crate) fn waits(&mut self, task: usize, text: String, location: &'static Location<'static>) {
        self.push(RowKind::Waits, task, text, Some(location));
    }

    pub(crate) fn clock(&mut self, now: u64) {
        self.push(
            RowKind::Clock,
            0,
            format!("{:?}", std::time::Duration::from_nanos(now)),
            None,
        );
    }

    /// The value of a named object from the current row on.
    pub(crate) fn value(&mut self, object: u32, name: impl FnOnce() -> String, value: String) {
        let value = words::text(value);
        let column = self.objects.iter().position(|o| *o == object).unwrap_or_else(|| {
            self.objects.push(object);
            self.names.push(words::name(&name()).into_owned());
            self.objects.len() - 1
        });
        let value = self.addresses.numbered(value);
        match self.open.or_else(|| self.rows.len().checked_sub(1)) {
            Some(row) => {
                self.rows[row].values.retain(|(c, _)| *c != column);
                self.rows[row].values.push((column, value));
            }
            // Its first value, before anything has happened.
            None => {
                self.push(RowKind::Event, 0, String::new(), None);
                self.rows[0].values.push((column, value));
            }
        }
    }

    fn push(&mut self, kind: RowKind, task: usize, text: String, location: Option<&'static Location<'static>>) {
        let location = location.and_then(|location| self.place(task, None, location));
        let text = self.addresses.numbered(text);
        self.rows.push(Row {
            kind,
            task,
            text: words::text(text),
            values: Vec::new(),
            location,
            standing: None,
            after: Vec::new(),
        });
    }

    /// Whether nothing has happened yet.
    pub(crate) fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    pub(crate) fn len(&self) -> usize {
        self.rows.len()
    }

    /// There is too much to say how everything stands, of any row.
    pub(crate) fn stands_no_more(&mut self) {
        self.standings = Standings::default();
    }

    /// So everything stands after the last row.
    pub(crate) fn stands(&mut self, now: Standing) {
        self.standings.note(self.rows.len().saturating_sub(1), now);
    }

    /// The last row in which `task` has done something.
    pub(crate) fn last_row_of(&self, task: usize) -> Option<usize> {
        let does = |row: &Row| row.task == task && matches!(row.kind, RowKind::Step | RowKind::Event);
        self.rows.iter().rposition(does)
    }

    /// A row had to come after these.
    pub(crate) fn comes_after(&mut self, row: usize, earlier: &[usize]) {
        let after = &mut self.rows[row].after;
        after.extend(earlier.iter().filter(|earlier| **earlier < row));
        after.sort_unstable();
        after.dedup();
    }

    /// A text about this execution, with the numbers of the addresses in it.
    pub(crate) fn numbered(&mut self, text: String) -> String {
        self.addresses.numbered(text)
    }

    /// The objects that have a column.
    pub(crate) fn shown(&self) -> &[u32] {
        &self.objects
    }

    /// The store of this number has left this value in a named atomic.
    pub(crate) fn stored(&mut self, object: u32, nth: usize, value: String) {
        let value = words::text(self.addresses.numbered(value));
        self.views.stored(object, nth, value);
    }

    /// The row that runs loads from an atomic.
    pub(crate) fn looks(&mut self, task: usize, object: u32, seq_cst: bool) {
        self.views
            .looks(task, object, self.rows.len().saturating_sub(1), seq_cst);
    }

    /// What a task may see of an atomic after the last step.
    pub(crate) fn sees(&mut self, task: usize, object: u32, visible: Visible) {
        let happens = |row: &Row| matches!(row.kind, RowKind::Step | RowKind::Clock);
        let row = self.rows.iter().rposition(happens).unwrap_or(0);
        self.views.sees(task, object, row, visible);
    }

    pub(crate) fn into_trace(mut self, tasks: Vec<String>) -> Trace {
        self.views.tell(&mut self.rows, &tasks, &self.objects, &mut self.names);
        let standings = std::mem::take(&mut self.standings);
        // The rows have their numbers of addresses by now, and no other ones because of this.
        for (row, standing) in standings.changes(|text| self.addresses.numbered(text)) {
            if let Some(row) = self.rows.get_mut(row) {
                row.standing = Some(Box::new(standing));
            }
        }
        Trace {
            tasks,
            objects: self.names,
            rows: self.rows,
        }
    }
}
