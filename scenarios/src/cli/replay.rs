//! `selvedge replay`: one saved schedule, strictly.

use anyhow::{Context, Result, bail};
use selvedge::{Schedule, Strategy};

use super::args::ReplayArgs;
use super::{Outcome, output, store};

pub(crate) fn replay(args: &ReplayArgs) -> Result<Outcome> {
    let path = if args.file.as_os_str() == "latest" && !args.file.exists() {
        store::latest(&args.out)?
    } else {
        args.file.clone()
    };
    let schedule = Schedule::load(&path)?;
    let catalog = crate::catalog();
    let scenario = catalog.iter().find(|s| s.name == schedule.scenario);
    let variant = scenario.and_then(|s| s.variants.iter().find(|v| v.name == schedule.variant));
    let (Some(scenario), Some(variant)) = (scenario, variant) else {
        bail!(
            "{} belongs to `{}`, which is not in the catalog (`selvedge list` shows it); a schedule of your own \
             test is replayed there, with .strategy(Strategy::Replay(Schedule::load(path)?))",
            path.display(),
            schedule.name()
        );
    };
    if let Some(reason) = variant.skipped.and_then(|reason| reason()) {
        bail!("{} cannot run here: {reason}", schedule.name());
    }
    let recorded = schedule.failure.kind;
    let check = variant.check(scenario.name, &Strategy::Replay(schedule));
    let report = variant.run(check);
    if let Some(error) = report.error {
        return Err(error).with_context(|| format!("cannot replay {}", path.display()));
    }
    let Some(mut failure) = report.failure else {
        output::print(&format!("{report}"))?;
        output::tell(&format!(
            "not reproduced: {recorded} was recorded, and this time nothing failed"
        ));
        return Ok(Outcome::NotAsExpected);
    };
    failure.replay = Some(format!("selvedge replay {}", path.display()));
    output::print(&failure.to_string())?;
    if failure.kind == recorded {
        // After "one recorded schedule": how it differs.
        let but = report.basis.split_once("; ").map(|(_, but)| format!("; {but}"));
        output::tell(&format!(
            "reproduced: {recorded}, as recorded{}",
            but.unwrap_or_default()
        ));
        Ok(Outcome::AsExpected)
    } else {
        output::tell(&format!(
            "not reproduced: {recorded} was recorded, {} was found",
            failure.kind
        ));
        Ok(Outcome::NotAsExpected)
    }
}
