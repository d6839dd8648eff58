//! A program that the reader plays: at each state he picks who goes next, and tries to make it fail.
//!
//! The page holds the graph of the states ([`States`]), so it can tell at any time whether a failure is still possible. Without
//! scripts nothing can be played, and the page says so.

use std::collections::BTreeMap;

use maud::{Markup, PreEscaped, Render, html};
use selvedge::states::{End, Pick, State, States};
use selvedge::trace::{Row, RowKind};
use serde::Serialize;

use super::data::for_a_page;

/// The script of all games, for a page that has any. It needs that of timelines.
pub const PLAY: &str = include_str!("play.js");

/// The style of all games.
pub const PLAY_STYLE: &str = include_str!("play.css");

/// A program to be played. [`Render`] makes the markup, for a [`Document`](super::Document) that has [`PLAY`].
#[derive(Clone, Copy, Debug)]
pub struct Game<'a> {
    label: &'a str,
    challenge: &'a str,
    states: &'a States,
}

impl<'a> Game<'a> {
    /// What the program is called, and what the reader is asked to do: `Make it fail.`
    pub fn new(label: &'a str, challenge: &'a str, states: &'a States) -> Self {
        Game {
            label,
            challenge,
            states,
        }
    }
}

impl Render for Game<'_> {
    fn render(&self) -> Markup {
        let button = |does: &str, key: &str, text: &str| {
            html! { button type="button" data-does=(does) aria-keyshortcuts=(key) title={ (text) " (" (key) ")" } { (text) } }
        };
        html! {
            section.game aria-label={ "Play " (self.label) } {
                h2 { "You are the scheduler: " (self.label) }
                p.goal { strong { (self.challenge) } " At each step, pick who goes next. A load sees the latest store." }
                p.scriptless { "This can be played only where scripts are allowed." }
                div.timeline.live hidden {
                    div.bar {
                        div.picks role="group" aria-label="Who goes next?" {}
                        div.controls role="group" aria-label="This run" {
                            (button("undo", "U", "undo"))
                            (button("again", "R", "start again"))
                            (button("hint", "H", "can it still fail?"))
                            (button("solve", "G", "give up"))
                            span.at {}
                        }
                        p.said role="status" aria-live="polite" {}
                    }
                    p.keys { "Keys: a number picks, U undoes, R starts again, H asks, G gives up." }
                    div.split {
                        div.scroll tabindex="0" role="region" aria-label={ "Steps taken in " (self.label) } {
                            table { thead {} tbody {} }
                        }
                        div.panel {}
                    }
                }
                script type="application/json" { (PreEscaped(json(self.states))) }
            }
        }
    }
}

/// A text, by its place in the list of all.
type Text = usize;

/// Rows, standings and texts that come up again and again are written once.
#[derive(Default, Serialize)]
struct Data<'a> {
    tasks: &'a [String],
    objects: &'a [String],
    texts: Vec<&'a str>,
    rows: Vec<RowData>,
    standings: Vec<Standing>,
    start: Vec<usize>,
    states: Vec<StateData>,
}

/// Task, kind, text, and the objects that have new values.
type RowData = (usize, u8, Text, Vec<(usize, Text)>);

/// What a task does next, what it waits for, and whether it has ended.
type TaskData = (usize, Text, Option<Text>, u8);

/// The name of an object, its state, who holds it and who waits.
type ObjectData = (Text, Text, Vec<usize>, Vec<usize>);

type Standing = (Vec<TaskData>, Vec<ObjectData>);

#[derive(Serialize)]
struct StateData {
    /// Task, text, rows, and where it leads.
    p: Vec<(usize, Text, Vec<usize>, usize)>,
    /// Whether it fails, and in which words.
    #[serde(skip_serializing_if = "Option::is_none")]
    e: Option<(u8, Text, Text)>,
    s: usize,
}

/// Numbers what is the same by the same number.
struct Once<K>(BTreeMap<K, usize>);

impl<K: Ord> Once<K> {
    fn of<V>(&mut self, key: K, all: &mut Vec<V>, value: impl FnOnce() -> V) -> usize {
        let next = all.len();
        let at = *self.0.entry(key).or_insert(next);
        if at == next {
            all.push(value());
        }
        at
    }
}

struct Writer<'a> {
    data: Data<'a>,
    texts: Once<&'a str>,
    rows: Once<RowData>,
    standings: Once<Standing>,
}

impl<'a> Writer<'a> {
    fn text(&mut self, text: &'a str) -> Text {
        self.texts.of(text, &mut self.data.texts, || text)
    }

    fn row(&mut self, row: &'a Row) -> usize {
        let kind = match row.kind {
            RowKind::Step => 0,
            RowKind::Clock => 2,
            _ => 1,
        };
        let text = self.text(&row.text);
        let values = row
            .values
            .iter()
            .map(|(object, value)| (*object, self.text(value)))
            .collect();
        let row = (row.task, kind, text, values);
        self.rows.of(row.clone(), &mut self.data.rows, || row)
    }

    fn rows(&mut self, rows: &'a [Row]) -> Vec<usize> {
        rows.iter().map(|row| self.row(row)).collect()
    }

    fn pick(&mut self, pick: &'a Pick) -> (usize, Text, Vec<usize>, usize) {
        (pick.task, self.text(&pick.text), self.rows(&pick.rows), pick.to)
    }

    fn state(&mut self, state: &'a State) -> StateData {
        let mut tasks = Vec::new();
        for task in &state.standing.tasks {
            let waits = task.waits_for.as_deref().map(|text| self.text(text));
            tasks.push((task.task, self.text(&task.next), waits, u8::from(task.ended)));
        }
        let mut objects = Vec::new();
        for object in &state.standing.objects {
            let (name, state) = (self.text(&object.object), self.text(&object.state));
            objects.push((name, state, object.holders.clone(), object.waiters.clone()));
        }
        let standing = (tasks, objects);
        let s = self
            .standings
            .of(standing.clone(), &mut self.data.standings, || standing);
        let e = state.end.as_ref().map(|end| {
            let told = match end {
                End::Failed { message, .. } => message.trim_end(),
                End::Passed { outcome } => outcome,
                _ => "",
            };
            (u8::from(end.fails()), self.text(end.words()), self.text(told))
        });
        StateData {
            p: state.picks.iter().map(|pick| self.pick(pick)).collect(),
            e,
            s,
        }
    }
}

fn json(states: &States) -> String {
    let mut writer = Writer {
        data: Data {
            tasks: &states.tasks,
            objects: &states.objects,
            ..Data::default()
        },
        texts: Once(BTreeMap::new()),
        rows: Once(BTreeMap::new()),
        standings: Once(BTreeMap::new()),
    };
    writer.data.start = writer.rows(&states.start);
    writer.data.states = states.states.iter().map(|state| writer.state(state)).collect();
    for_a_page(&writer.data)
}

#[cfg(test)]
mod tests {
    use maud::Render as _;
    use selvedge::sync::Arc;
    use selvedge::sync::atomic::{AtomicU32, Ordering::SeqCst};
    use selvedge::{Check, States, thread};

    use super::{Game, PLAY};

    fn states() -> States {
        let program = || {
            let counter = Arc::new(AtomicU32::new(0).named("</script><b>"));
            let other = Arc::clone(&counter);
            let thread = thread::spawn(move || other.store(other.load(SeqCst) + 1, SeqCst));
            counter.store(counter.load(SeqCst) + 1, SeqCst);
            thread.join().unwrap();
            assert_eq!(counter.load(SeqCst), 2);
        };
        Check::new("hostile").states(program).expect("the program is small")
    }

    #[test]
    fn all_states_are_in_the_page_and_texts_stay_texts() {
        let states = states();
        let page = Game::new("a < b", "Make it fail.", &states).render().into_string();
        assert!(page.contains("a &lt; b") && !page.contains("<b>"), "{page}");
        assert_eq!(page.matches("</script>").count(), 1);
        let data = page
            .split("application/json\">")
            .nth(1)
            .unwrap()
            .split("</script>")
            .next()
            .unwrap();
        let data: serde_json::Value = serde_json::from_str(data).unwrap();
        assert_eq!(data["states"].as_array().unwrap().len(), states.states.len());
        let fails = data["states"]
            .as_array()
            .unwrap()
            .iter()
            .filter(|state| state["e"][0] == 1);
        assert_eq!(fails.count(), states.ends().0);
        let texts: std::collections::BTreeSet<&str> = data["texts"]
            .as_array()
            .unwrap()
            .iter()
            .map(|text| text.as_str().unwrap())
            .collect();
        assert_eq!(
            texts.len(),
            data["texts"].as_array().unwrap().len(),
            "each text is written once"
        );
    }

    #[test]
    fn the_script_names_no_address() {
        for word in ["http", "//cdn", "fetch(", "XMLHttpRequest", "innerHTML", "</"] {
            assert!(!PLAY.contains(word), "{word}");
        }
    }
}
