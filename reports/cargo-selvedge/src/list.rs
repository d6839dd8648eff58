//! `cargo selvedge list`: the failures that tests have saved.

use std::path::Path;
use std::time::{Duration, SystemTime};

use anyhow::Result;
use selvedge_reports::paint::{BAD, FAINT, GOOD, STRONG, paint};
use serde_json::{Value, json};

use crate::args::{ListArgs, ProjectArgs, TextFormat};
use crate::project::Project;
use crate::saved::{self, Saved};
use crate::{Outcome, output};

/// The format version of the document.
const VERSION: u32 = 1;

pub(crate) fn list(project: &ProjectArgs, args: &ListArgs) -> Result<Outcome> {
    let folder = Project::find(project)?.schedules();
    let (saved, errors) = saved::all(&folder);
    match args.format {
        TextFormat::Json => output::print(&format!("{:#}\n", document(&saved)))?,
        TextFormat::Text => output::print(&text(&saved, SystemTime::now()))?,
    }
    for error in &errors {
        output::tell(&error.to_string());
    }
    if saved.is_empty() {
        output::tell(&format!("no failure is saved in {}", folder.display()));
    }
    Ok(Outcome::AsExpected)
}

fn document(saved: &[Saved]) -> Value {
    let row = |saved: &Saved| {
        let seconds = saved
            .when
            .duration_since(SystemTime::UNIX_EPOCH)
            .unwrap_or_default()
            .as_secs();
        let Saved { path, schedule, .. } = saved;
        json!({
            "schedule": path.display().to_string(),
            "check": schedule.name(),
            "test": schedule.test,
            "failure_kind": schedule.failure.kind,
            "message": schedule.failure.message,
            "strategy": schedule.strategy,
            "saved_at": seconds,
            "passed_since": saved.passed_since,
        })
    };
    json!({ "version": VERSION, "failures": saved.iter().map(row).collect::<Vec<_>>() })
}

fn text(saved: &[Saved], now: SystemTime) -> String {
    let mut text = String::new();
    for one in saved {
        let age = age(now.duration_since(one.when).unwrap_or_default());
        let kind = match one.ended_its_process() {
            true => "ended its process",
            false => one.schedule.failure.kind.words(),
        };
        let since = one
            .passed_since
            .as_ref()
            .map(|basis| format!("; passed since: {basis}"));
        text.push_str(&format!(
            "{}  {}  {}{}\n  {}\n",
            paint(STRONG, &one.name()),
            paint(BAD, kind),
            paint(FAINT, &age),
            paint(GOOD, &since.unwrap_or_default()),
            shown(&one.path)
        ));
    }
    text
}

/// The path from the current folder on, if it lies below.
fn shown(path: &Path) -> String {
    let here = std::env::current_dir().unwrap_or_default();
    path.strip_prefix(here).unwrap_or(path).display().to_string()
}

fn age(age: Duration) -> String {
    let seconds = age.as_secs();
    match seconds {
        0..60 => format!("{seconds} s ago"),
        60..3_600 => format!("{} min ago", seconds / 60),
        3_600..172_800 => format!("{} h ago", seconds / 3_600),
        _ => format!("{} days ago", seconds / 86_400),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ages_have_one_unit() {
        for (seconds, words) in [
            (0, "0 s ago"),
            (61, "1 min ago"),
            (7_200, "2 h ago"),
            (172_800, "2 days ago"),
        ] {
            assert_eq!(age(Duration::from_secs(seconds)), words);
        }
    }
}
