//! `selvedge replay`: one saved schedule, strictly.

use anyhow::{Context, Result, bail};
use selvedge::{Schedule, Strategy};
use serde_json::json;

use super::args::{ReplayArgs, TextFormat};
use super::{Outcome, output, store};

pub(crate) fn replay(args: &ReplayArgs) -> Result<Outcome> {
    let path = if args.file.as_os_str() == "latest" && !args.file.exists() {
        store::latest(&args.out.clone().unwrap_or_else(store::default_folder))?
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
             test is replayed there, with SELVEDGE_REPLAY={} cargo test, or by `cargo selvedge replay`",
            path.display(),
            schedule.name(),
            path.display()
        );
    };
    if let Some(reason) = variant.skipped.and_then(|reason| reason()) {
        bail!("{} cannot run here: {reason}", schedule.name());
    }
    let recorded = schedule.failure.kind;
    let (engine, strategy) = (schedule.engine.clone(), schedule.strategy.clone());
    let check = variant.check(scenario.name, &Strategy::Replay(schedule));
    let report = variant.run(check);
    if let Some(error) = report.error {
        return Err(error).with_context(|| format!("cannot replay {}", path.display()));
    }
    let reproduced = report.failure.as_ref().is_some_and(|failure| failure.kind == recorded);
    // After "one recorded schedule": how it differs.
    let but = report.basis.split_once("; ").map(|(_, but)| but.to_owned());
    let forbidden = report
        .failure
        .as_ref()
        .and_then(|failure| variant.forbidden_outcome(failure));
    if args.format == TextFormat::Json {
        let failure = report.failure.as_ref();
        let document = json!({
            "version": 1,
            "schedule": path.display().to_string(),
            "scenario": scenario.name,
            "variant": variant.name,
            "engine": engine,
            "strategy": strategy,
            "recorded": recorded,
            "reproduced": reproduced,
            "but": but,
            "failure_kind": failure.map(|f| f.kind),
            "forbidden_outcome": forbidden,
            "message": failure.map(|f| &f.message),
            "trace": failure.map(|f| &f.trace),
        });
        output::print(&format!("{document:#}\n"))?;
    } else {
        match report.failure {
            Some(mut failure) => {
                failure.replay = Some(format!("selvedge replay {}", path.display()));
                output::print(&selvedge_reports::painted_timeline(&failure, output::timeline_width()))?;
                let found = selvedge_reports::words(&failure);
                output::tell(&match (reproduced, but) {
                    (true, Some(but)) => format!("reproduced: {found}, as recorded; {but}"),
                    (true, None) => format!("reproduced: {found}, as recorded"),
                    (false, _) => format!("not reproduced: {recorded} was recorded, {found} was found"),
                });
            }
            None => {
                output::print(&report.to_string())?;
                output::tell(&format!(
                    "not reproduced: {recorded} was recorded, and this time nothing failed"
                ));
            }
        }
    }
    Ok(if reproduced {
        Outcome::AsExpected
    } else {
        Outcome::NotAsExpected
    })
}
