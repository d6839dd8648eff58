//! The table that a person reads.

use std::fmt;
use std::sync::atomic::Ordering;

use comfy_table::{ColumnConstraint, ContentArrangement, Table, Width, presets};
use unicode_width::UnicodeWidthStr;

use super::found::{Orderings, Place, Step, Tried, Weakest, called};
use super::lattice::is_weaker;
use crate::run::failure::Failure;
use crate::trace::name as shown;

/// Columns of `Display`.
const WIDTH: usize = 80;

/// The blanks on both sides of a cell.
const PADDING: usize = 2;

/// Columns in which an operation can be told, in several lines: those of its longest word.
const NARROW: usize = "compare_exchange_weak,".len();

impl Orderings {
    /// The text for a terminal of so many columns; `Display` has 80. Words that are longer than that stay whole.
    pub fn within(&self, columns: usize) -> String {
        let mut page = Page {
            columns,
            text: String::new(),
        };
        page.paragraph("", &self.heading());
        match &self.as_declared {
            Tried::Verified if !self.places.is_empty() => self.tell_weaker(&mut page),
            Tried::Failed(_) => self.tell_stronger(&mut page),
            _ => {}
        }
        page.text
    }

    fn heading(&self) -> String {
        let name = shown(&self.name);
        let plural = if self.searches == 1 { "" } else { "es" };
        let conclusion = match &self.as_declared {
            Tried::Verified => format!("verified, {}; {}", self.basis, self.conclusion_of_one_that_holds()),
            Tried::Failed(failure) => format!("fails, {}; {}", failure.words(), self.conclusion_of_one_that_fails()),
            Tried::Undecided(why) => return format!("{name}: not decided: {why}"),
        };
        format!("{name}: {conclusion} ({} search{plural})", self.searches)
    }

    fn conclusion_of_one_that_holds(&self) -> String {
        let (all, less) = (self.places.len(), self.changed().count());
        let open = self.places.iter().filter(|place| place.is_open()).count();
        match (all, less, open) {
            (0, ..) => "it declares no ordering".to_owned(),
            (_, 0, 0) => "no ordering can be weaker".to_owned(),
            (_, 0, _) => format!("no ordering is known to be too strong, and {open} of {all} are not decided"),
            (1, _, 0) => "its one ordering can be weaker".to_owned(),
            (_, _, 0) => format!("{less} of {all} orderings can be weaker, all together"),
            _ => format!("{less} of {all} orderings can be weaker, all together, and {open} are not decided"),
        }
    }

    fn conclusion_of_one_that_fails(&self) -> String {
        if matches!(self.all_seq_cst, Some(Tried::Failed(_))) {
            return "with everything SeqCst it fails, too, so with any orderings".to_owned();
        }
        let alone = self.places.iter().map(|place| place.alone.len()).sum();
        let seq_cst = match &self.all_seq_cst {
            Some(Tried::Undecided(why)) => format!("with everything SeqCst it is not decided: {why}"),
            _ => "with everything SeqCst it is verified".to_owned(),
        };
        match (alone, &self.together) {
            (1, _) => "one stronger ordering is enough".to_owned(),
            (2.., _) => format!("one stronger ordering is enough, any of these {alone}"),
            (0, Some(Tried::Verified)) => {
                let open = self.changed().filter(|place| place.is_open()).count();
                let known = if self.places.iter().any(Place::is_open) {
                    " known to be"
                } else {
                    ""
                };
                match open {
                    0 => format!("no single stronger ordering is{known} enough, and these together are"),
                    _ => format!(
                        "no single stronger ordering is{known} enough, and these together are; {open} of them are not \
                         decided, so they may be too strong"
                    ),
                }
            }
            _ => format!("no stronger orderings were found with which it holds; {seq_cst}"),
        }
    }

    /// The places where another ordering will do, with the others.
    fn changed(&self) -> impl Iterator<Item = &Place> {
        self.places.iter().filter(|place| {
            let another = |ordering: Ordering| !place.declared.contains(&ordering);
            let together = place.together.as_ref();
            together.is_some_and(|weakest| weakest.ordering.is_none_or(another))
        })
    }

    /// Every place, and what keeps it from being weaker.
    fn tell_weaker(&self, page: &mut Page) {
        let rows = self.places.iter().map(|place| match &place.together {
            Some(together) => cells(place, change(place, &[together.ordering])),
            None => cells(place, declared(place)),
        });
        page.table(rows.collect());
        let others = self.places.iter().filter_map(|place| {
            let alone: Vec<Option<Ordering>> = place.alone.iter().map(|weakest| weakest.ordering).collect();
            let together = place.together.as_ref()?.ordering;
            let differs = !alone.is_empty() && alone != [together];
            let weaker = alone.iter().any(|alone| is_weaker(least(*alone), least(together)));
            differs.then(|| (weaker, told(place, &change(place, &alone))))
        });
        let (weaker, others): (Vec<_>, Vec<_>) = others.partition(|(weaker, _)| *weaker);
        for (heading, places) in [
            ("weaker alone, but not together with the others:", weaker),
            ("alone, with all others as declared:", others),
        ] {
            page.section(heading, places.into_iter().map(|(_, told)| told));
        }
        self.tell_varied(page);
        let unreached = self.places.iter().filter(|place| !place.reached);
        page.section(
            "not reached with the orderings that are declared:",
            unreached.map(|place| told(place, &declared(place))),
        );
        let steps = self.places.iter().flat_map(|place| {
            let together = place.together.iter().flat_map(|together| &together.weaker);
            together.map(move |step| came_to(place, step))
        });
        page.section("one step weaker:", steps);
    }

    fn tell_varied(&self, page: &mut Page) {
        let varied = self.places.iter().filter(|place| place.declared.len() > 1);
        page.section(
            "not always the same, so not looked into:",
            varied.map(|place| told(place, &declared(place))),
        );
    }

    /// The places where something stronger helps, and why it has to be as strong as that.
    fn tell_stronger(&self, page: &mut Page) {
        let alone = self
            .places
            .iter()
            .flat_map(|place| place.alone.iter().map(move |weakest| (place, weakest)));
        let together = self
            .changed()
            .flat_map(|place| place.together.iter().map(move |weakest| (place, weakest)));
        let changes: Vec<(&Place, &Weakest)> = alone.chain(together).collect();
        let rows = changes
            .iter()
            .map(|(place, weakest)| cells(place, change(place, &[weakest.ordering])));
        page.table(rows.collect());
        if !matches!(self.all_seq_cst, Some(Tried::Failed(_))) {
            self.tell_varied(page);
        }
        if let Tried::Failed(failure) = &self.as_declared {
            page.section("as declared:", [one_line(failure)].into_iter());
        }
        let steps = changes
            .iter()
            .flat_map(|(place, weakest)| weakest.weaker.iter().map(|step| (*place, step)));
        // With what is declared at its only place it fails as it does.
        let is_other = |(place, step): &(&Place, &Step)| {
            place.alone.is_empty() || step.ordering.is_none_or(|ordering| !place.declared.contains(&ordering))
        };
        page.section(
            "one step weaker:",
            steps.filter(is_other).map(|(place, step)| came_to(place, step)),
        );
        let undecided = self
            .places
            .iter()
            .flat_map(|place| place.undecided.iter().map(move |step| came_to(place, step)));
        page.section("stronger:", undecided);
    }
}

impl fmt::Display for Orderings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.within(WIDTH))
    }
}

impl Place {
    /// Whether it might be weaker than is known, or a stronger one might help.
    fn is_open(&self) -> bool {
        let is_undecided = |step: &Step| matches!(step.tried, Tried::Undecided(_));
        let weaker = self.together.iter().flat_map(|weakest| &weakest.weaker);
        self.declared.len() > 1 || !self.undecided.is_empty() || weaker.into_iter().any(is_undecided)
    }
}

/// No fence is as weak as a relaxed one.
fn least(ordering: Option<Ordering>) -> Ordering {
    ordering.unwrap_or(Ordering::Relaxed)
}

fn cells(place: &Place, change: String) -> [String; 3] {
    [place.place.clone(), place.operation.clone(), change]
}

fn told(place: &Place, what: &str) -> String {
    format!("{} {} {what}", place.place, place.operation)
}

fn came_to(place: &Place, step: &Step) -> String {
    let came_to = match &step.tried {
        Tried::Verified => "verified".to_owned(),
        Tried::Failed(failure) => one_line(failure),
        Tried::Undecided(why) => format!("not decided: {why}"),
    };
    told(place, &format!("{}: {came_to}", called(step.ordering)))
}

/// `SeqCst -> Release`, or `Release` if that is what is declared.
fn change(place: &Place, to: &[Option<Ordering>]) -> String {
    let to: Vec<String> = to.iter().map(|ordering| called(*ordering)).collect();
    let (from, to) = (declared(place), to.join(" or "));
    if from == to { from } else { format!("{from} -> {to}") }
}

fn declared(place: &Place) -> String {
    let all: Vec<String> = place.declared.iter().map(|ordering| called(Some(*ordering))).collect();
    all.join(", ")
}

fn one_line(failure: &Failure) -> String {
    let message: Vec<&str> = failure.message.lines().map(str::trim).collect();
    let message = message.join("; ");
    match message.starts_with(failure.words()) {
        true => message,
        false => format!("{}: {message}", failure.words()),
    }
}

struct Page {
    columns: usize,
    text: String,
}

impl Page {
    /// A paragraph whose first line begins with this, and the others further to the right.
    fn paragraph(&mut self, margin: &str, text: &str) {
        let mut line = margin.to_owned();
        let mut is_begun = false;
        for word in text.split_whitespace() {
            if is_begun && line.width() + 1 + word.width() > self.columns {
                self.end_line(&line);
                line = format!("{margin}  ");
                is_begun = false;
            }
            if is_begun {
                line.push(' ');
            }
            line.push_str(word);
            is_begun = true;
        }
        self.end_line(&line);
    }

    fn end_line(&mut self, line: &str) {
        self.text.push_str(line.trim_end());
        self.text.push('\n');
    }

    /// Paragraphs under a heading; nothing if there are none.
    fn section(&mut self, heading: &str, paragraphs: impl Iterator<Item = String>) {
        let mut paragraphs = paragraphs.peekable();
        if paragraphs.peek().is_some() {
            self.paragraph(" ", heading);
        }
        paragraphs.for_each(|paragraph| self.paragraph(" ", &paragraph));
    }

    /// Cells in columns, the middle one folded if need be; paragraphs where there is no room for columns.
    fn table(&mut self, rows: Vec<[String; 3]>) {
        let width = |column: usize| rows.iter().map(|row| row[column].width()).max().unwrap_or(0) + PADDING;
        let (first, last) = (width(0), width(2));
        if first + width(1).min(NARROW + PADDING) + last > self.columns {
            rows.iter().for_each(|row| self.paragraph(" ", &row.join(" ")));
            return;
        }
        if rows.is_empty() {
            return;
        }
        let mut table = Table::new();
        table
            .load_style(presets::NOTHING)
            .set_content_arrangement(ContentArrangement::Dynamic)
            .set_width(u16::try_from(self.columns).unwrap_or(u16::MAX));
        for row in &rows {
            table.add_row(row);
        }
        for (column, width) in [(0, first), (2, last)] {
            if let (Ok(width), Some(column)) = (u16::try_from(width), table.column_mut(column)) {
                column.set_constraint(ColumnConstraint::LowerBoundary(Width::Fixed(width)));
            }
        }
        for line in table.to_string().lines() {
            self.end_line(line);
        }
    }
}
