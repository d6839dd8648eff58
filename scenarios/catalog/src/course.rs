//! What a scenario is in a course: how hard it is, what it needs, what somebody sees who has the bug, and what a
//! reader may repair.
//!
//! The course has an order that follows from this: level by level, and what a scenario needs before it.

use crate::Scenario;

/// How far a reader has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// Threads that share a value: steps, atomicity, locks.
    Steps,
    /// Threads and tasks that wait for each other: condition variables, channels, notifications.
    Waiting,
    /// Wakers, cancellation, and what a load may see under weak memory.
    Depths,
}

impl Level {
    /// All of them, the first one first.
    pub const ALL: [Level; 3] = [Level::Steps, Level::Waiting, Level::Depths];

    /// What it is called.
    pub fn title(self) -> &'static str {
        match self {
            Level::Steps => "Steps and locks",
            Level::Waiting => "Waiting and waking",
            Level::Depths => "Wakers, cancellation, weak memory",
        }
    }

    /// What a reader knows who has come to its end.
    pub fn aim(self) -> &'static str {
        match self {
            Level::Steps => {
                "Two threads and one value. Where another thread can come between two steps, what a lock keeps together, \
                 and how locks themselves come to a standstill."
            }
            Level::Waiting => {
                "Whoever waits must be woken. Condition variables, channels, notifications and timers; and why looking and \
                 going to sleep belong together."
            }
            Level::Depths => {
                "What futures rest on: wakers, and what becomes of them when a future is dropped. And what a thread may \
                 see of the stores of another one where orderings are weak."
            }
        }
    }
}

/// What somebody sees who has the bug and does not know it yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Symptom {
    /// A task waits for ever, sometimes.
    HangsUnderLoad,
    /// Several tasks wait, and nobody can go on.
    EverybodyWaits,
    /// A waiter stays behind while others go on.
    OneIsForgotten,
    /// The program does not end.
    HangsAtShutdown,
    /// It hangs after a request was given up.
    HangsAfterTimeout,
    /// One error, and nothing goes on.
    StopsAfterError,
    /// A core is busy, and nothing comes of it.
    BusyForNothing,
    /// What was waited for happens, and late.
    HappensLate,
    /// A number is too low, or an update is gone.
    CountTooLow,
    /// A value is what it was before.
    JumpsBack,
    /// Two values do not fit each other.
    DoNotFit,
    /// What was acknowledged cannot be found.
    NotThereYet,
    /// A message never arrives.
    MessageLost,
    /// What should happen once happens twice.
    HappensTwice,
    /// Woken, and there is nothing.
    WokenForNothing,
    /// A crash, or bytes that nobody wrote.
    UsedAfterFree,
    /// Only with optimisations, or on other processors.
    WorksInDebug,
}

impl Symptom {
    /// All of them, in the order of an index.
    pub const ALL: [Symptom; 17] = [
        Symptom::HangsUnderLoad,
        Symptom::EverybodyWaits,
        Symptom::OneIsForgotten,
        Symptom::HangsAtShutdown,
        Symptom::HangsAfterTimeout,
        Symptom::StopsAfterError,
        Symptom::BusyForNothing,
        Symptom::HappensLate,
        Symptom::CountTooLow,
        Symptom::JumpsBack,
        Symptom::DoNotFit,
        Symptom::NotThereYet,
        Symptom::MessageLost,
        Symptom::HappensTwice,
        Symptom::WokenForNothing,
        Symptom::UsedAfterFree,
        Symptom::WorksInDebug,
    ];

    /// In the words of who sees it.
    pub fn words(self) -> &'static str {
        match self {
            Symptom::HangsUnderLoad => "hangs under load, and not on my machine",
            Symptom::EverybodyWaits => "everybody waits for somebody, and no CPU is used",
            Symptom::OneIsForgotten => "one request is never served while others are",
            Symptom::HangsAtShutdown => "does not stop when it is told to",
            Symptom::HangsAfterTimeout => "hangs after a timeout or a cancelled request",
            Symptom::StopsAfterError => "one error, and nothing goes on after it",
            Symptom::BusyForNothing => "a core is busy and nothing gets done",
            Symptom::HappensLate => "happens, and much later than it should",
            Symptom::CountTooLow => "a counter is too low, an update is gone",
            Symptom::JumpsBack => "a value jumps back",
            Symptom::DoNotFit => "two values that belong together do not fit",
            Symptom::NotThereYet => "stored, acknowledged, and not found",
            Symptom::MessageLost => "a message never arrives",
            Symptom::HappensTwice => "what should happen once happens twice",
            Symptom::WokenForNothing => "woken, and there is nothing to take",
            Symptom::UsedAfterFree => "crashes, or reads memory that was given back",
            Symptom::WorksInDebug => "works in debug, or on x86, and fails elsewhere",
        }
    }
}

/// A program for the reader to repair: two whole files that compile against `selvedge`.
#[derive(Clone, Copy, Debug)]
pub struct Exercise {
    /// As it is given; its test fails.
    pub given: &'static str,
    /// One way to repair it; its test passes.
    pub solution: &'static str,
}

impl Scenario {
    /// How far a reader has to be.
    pub fn level(mut self, level: Level) -> Self {
        self.level = Some(level);
        self
    }

    /// The scenarios a reader should know before this one, by name.
    pub fn needs(mut self, names: impl IntoIterator<Item = &'static str>) -> Self {
        self.needs.extend(names);
        self
    }

    /// What somebody sees who has this bug.
    pub fn symptoms(mut self, symptoms: impl IntoIterator<Item = Symptom>) -> Self {
        self.symptoms.extend(symptoms);
        self
    }

    /// A program to repair: `.exercise(include_str!("exercise.rs"), include_str!("solution.rs"))`.
    pub fn exercise(mut self, given: &'static str, solution: &'static str) -> Self {
        self.exercise = Some(Exercise { given, solution });
        self
    }
}

/// Programs of a scenario that is a short chapter.
const SHORT: usize = 4;

/// The scenarios in the order of the course: level by level, each after what it needs, the short ones before the long ones,
/// and otherwise as they are listed.
/// What needs itself in a circle, or needs a name that is not there, is in its place all the same; the tests name it.
pub fn course(catalog: &[Scenario]) -> Vec<&Scenario> {
    fn visit<'a>(
        scenario: &'a Scenario,
        catalog: &'a [Scenario],
        seen: &mut Vec<&'a str>,
        order: &mut Vec<&'a Scenario>,
    ) {
        if seen.contains(&scenario.name) {
            return;
        }
        seen.push(scenario.name);
        for need in &scenario.needs {
            if let Some(needed) = catalog.iter().find(|s| s.name == *need && s.level == scenario.level) {
                visit(needed, catalog, seen, order);
            }
        }
        order.push(scenario);
    }
    let mut levels: Vec<Option<Level>> = Level::ALL.map(Some).to_vec();
    levels.push(None);
    let (mut seen, mut order) = (Vec::new(), Vec::new());
    for level in levels {
        let (short, long): (Vec<_>, Vec<_>) = catalog
            .iter()
            .filter(|s| s.level == level)
            .partition(|s| s.variants.len() <= SHORT);
        for scenario in short.into_iter().chain(long) {
            visit(scenario, catalog, &mut seen, &mut order);
        }
    }
    order
}

/// What is wrong with the course, in words.
pub fn wrong_course(catalog: &[Scenario]) -> Vec<String> {
    let order = course(catalog);
    let place = |name: &str| order.iter().position(|s| s.name == name);
    let mut wrong = Vec::new();
    for (at, scenario) in order.iter().enumerate() {
        let name = scenario.name;
        if scenario.level.is_none() {
            wrong.push(format!("{name} has no level"));
        }
        if scenario.symptoms.is_empty() {
            wrong.push(format!("{name} has no symptom"));
        }
        for need in &scenario.needs {
            match place(need) {
                None => wrong.push(format!("{name} needs {need}, which is not in the catalog")),
                Some(before) if before >= at => wrong.push(format!("{name} needs {need}, which comes after it")),
                Some(_) => {}
            }
        }
    }
    wrong
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scenario(name: &'static str, level: Level, needs: &[&'static str]) -> Scenario {
        Scenario::new(name, "", "F")
            .level(level)
            .needs(needs.to_vec())
            .symptoms([Symptom::HangsUnderLoad])
    }

    #[test]
    fn what_is_needed_comes_first_and_levels_are_not_mixed() {
        let catalog = [
            scenario("deep", Level::Depths, &["first"]),
            scenario("second", Level::Steps, &["first"]),
            scenario("first", Level::Steps, &[]),
        ];
        let names: Vec<&str> = course(&catalog).iter().map(|s| s.name).collect();
        assert_eq!(names, ["first", "second", "deep"]);
        assert_eq!(wrong_course(&catalog), Vec::<String>::new());
    }

    #[test]
    fn circles_unknown_names_and_needs_of_a_later_level_are_told() {
        let catalog = [
            scenario("a", Level::Steps, &["b"]),
            scenario("b", Level::Steps, &["a"]),
            scenario("c", Level::Steps, &["nobody", "d"]),
            scenario("d", Level::Waiting, &[]),
            Scenario::new("e", "", "F"),
        ];
        let wrong = wrong_course(&catalog).join("\n");
        for words in [
            "b needs a, which comes after it",
            "c needs nobody, which is not",
            "c needs d, which comes after it",
            "e has no level",
            "e has no symptom",
        ] {
            assert!(wrong.contains(words), "{words}: {wrong}");
        }
    }
}
