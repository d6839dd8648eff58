//! `cargo selvedge replay`: one saved failure, run again.

use anyhow::Result;

use crate::args::{ProjectArgs, ReplayArgs, TextFormat};
use crate::rerun::{End, rerun};
use crate::{Outcome, output};

pub(crate) fn replay(project: &ProjectArgs, args: &ReplayArgs) -> Result<Outcome> {
    let rerun = rerun(project, &args.which)?;
    let reproduced = rerun.reproduced();
    let recorded = rerun.saved.schedule.failure.kind.words();
    if let (End::Silent(status), TextFormat::Text) = (&rerun.end, args.format) {
        let again = if reproduced { "reproduced" } else { "not reproduced" };
        output::tell(&format!("{again}: the process ended in this execution ({status})"));
    } else if let (End::Told(replayed), TextFormat::Json) = (&rerun.end, args.format) {
        output::print(&format!("{}\n", serde_json::to_string_pretty(replayed)?))?;
    } else if let End::Told(replayed) = &rerun.end
        && replayed.failure.is_none()
        && replayed.error.is_none()
    {
        output::tell(&format!(
            "not reproduced: {recorded} was recorded, and this time nothing failed"
        ));
    } else {
        // After "one recorded schedule": how it differs.
        let but = match &rerun.end {
            End::Told(replayed) => replayed.basis.split_once("; ").map(|(_, but)| format!("; {but}")),
            End::Silent(_) => None,
        };
        let failure = rerun.failure()?;
        output::print(&selvedge_reports::painted_timeline(&failure, output::timeline_width()))?;
        let found = selvedge_reports::words(&failure);
        output::tell(&match reproduced {
            true => format!("reproduced: {found}, as recorded{}", but.unwrap_or_default()),
            false => format!("not reproduced: {recorded} was recorded, {found} was found"),
        });
    }
    Ok(if reproduced {
        Outcome::AsExpected
    } else {
        Outcome::NotAsExpected
    })
}
