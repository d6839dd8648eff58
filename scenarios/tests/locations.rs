//! No row of any trace of the catalog is inside of the harness: a reader is led to the program.

use std::collections::BTreeSet;
use std::path::Path;

use selvedge::Strategy;
use selvedge::trace::RowKind;
use selvedge_scenarios::catalog::Expected;

/// The source files of a crate, as traces name them: `src/lib.rs`.
fn sources(of: &Path, found: &mut BTreeSet<String>) {
    let mut folders = vec![of.join("src")];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).expect("a folder of the sources can be read") {
            let path = entry.expect("a folder of the sources can be read").path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let path = path.strip_prefix(of).expect("it lies below");
                found.insert(path.display().to_string().replace('\\', "/"));
            }
        }
    }
}

#[test]
fn every_row_of_the_catalog_is_in_a_program() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let (mut harness, mut programs) = (BTreeSet::new(), BTreeSet::new());
    sources(&root.join("../harness"), &mut harness);
    sources(&root.join("../primitives"), &mut programs);
    for entry in std::fs::read_dir(root).expect("the sections can be listed") {
        let path = entry.expect("the sections can be listed").path();
        if path.join("Cargo.toml").is_file() {
            sources(&path, &mut programs);
        }
    }
    let mut rows = 0;
    let mut wrong = BTreeSet::new();
    for scenario in selvedge_scenarios::catalog() {
        for variant in &scenario.variants {
            if variant.skipped.is_some_and(|reason| reason().is_some()) {
                continue;
            }
            // What one strategy shows of a program, others of the same engine show, too.
            let mut engines = BTreeSet::new();
            for run in &variant.runs {
                let engine = match run.strategy {
                    Strategy::Loom | Strategy::Stress => run.strategy.name(),
                    _ => "controlled",
                };
                if engines.contains(engine) || !matches!(run.expected, Expected::Fails(_)) {
                    continue;
                }
                let Some(failure) = variant
                    .run(variant.check(scenario.name, &run.strategy).cause(false))
                    .failure
                else {
                    continue;
                };
                engines.insert(engine);
                for row in &failure.trace.rows {
                    let file = row
                        .location
                        .as_deref()
                        .map(|at| at.rsplit_once(':').map_or(at, |(file, _)| file));
                    let lost = match file {
                        Some(file) => harness.contains(file) && !programs.contains(file),
                        // Only what no line of the program does has no place.
                        None => row.kind == RowKind::Step && !row.text.is_empty() && !row.text.starts_with("moves to "),
                    };
                    rows += 1;
                    if lost {
                        wrong.insert(format!("{}/{}: {} at {file:?}", scenario.name, variant.name, row.text));
                    }
                }
            }
        }
    }
    assert!(rows > 1_000 && wrong.is_empty(), "{rows} {wrong:#?}");
}
