//! What is run: sections, patterns, tags, seeds, and what shells complete.

use super::*;

#[test]
fn sections_patterns_and_tags_select_the_same_for_list_and_run() {
    let folder = folder("selection");
    let names = |args: &[&str]| -> Vec<String> {
        let listed = json(&selvedge(&folder, &[&["list", "--format", "json"], args].concat()));
        let mut names = Vec::new();
        for scenario in listed["scenarios"].as_array().unwrap() {
            for variant in scenario["variants"].as_array().unwrap() {
                names.push(format!(
                    "{}/{}",
                    scenario["name"].as_str().unwrap(),
                    variant["name"].as_str().unwrap()
                ));
            }
        }
        let run = json(&selvedge(&folder, &[&["run", "--format", "json"], args].concat()));
        let mut ran: Vec<String> = Vec::new();
        for row in run["rows"].as_array().unwrap() {
            ran.push(format!(
                "{}/{}",
                row["scenario"].as_str().unwrap(),
                row["variant"].as_str().unwrap()
            ));
        }
        ran.dedup();
        assert_eq!(names, ran, "{args:?}");
        names
    };
    let catalog = selvedge_scenarios::catalog();
    let wanted = |test: &dyn Fn(&Scenario, &Variant) -> bool| -> Vec<String> {
        let all = catalog.iter().flat_map(|s| s.variants.iter().map(move |v| (s, v)));
        all.filter(|(s, v)| test(s, v))
            .map(|(s, v)| format!("{}/{}", s.name, v.name))
            .collect()
    };
    let letter = names(&["E"]);
    assert!(!letter.is_empty());
    assert_eq!(letter, wanted(&|s, _| s.section == "E"));
    assert_eq!(names(&["e"]), letter);
    assert_eq!(names(&["lost-*"]), wanted(&|s, _| s.name.starts_with("lost-")));
    let condvars = wanted(&|s, v| s.name == "lost-wakeup" && v.name.starts_with("condvar-"));
    assert!(condvars.len() > 1);
    assert_eq!(names(&["lost-*/condvar-*"]), condvars);
    let races = wanted(&|_, v| v.expected == Expected::Fails(FailureKind::DataRace));
    assert!(races.len() > 1);
    assert_eq!(names(&["--tag", "data-race"]), races);
    let controls = wanted(&|s, v| v.control && v.kind == Kind::Fixed && matches!(s.section, "A" | "B"));
    assert!(!controls.is_empty());
    assert_eq!(names(&["A", "B", "--tag", "control", "--tag", "fixed"]), controls);
}

#[test]
fn a_seed_is_that_of_the_samples_and_promises_nothing() {
    let folder = folder("seed");
    for seed in ["0", "7"] {
        let output = selvedge(&folder, &["run", NAIVE, "--strategy", "random", "--seed", seed]);
        assert_eq!(output.status.code(), Some(0), "{output:?}");
        let file = std::fs::read(folder.join("target/selvedge/lost-increment.load-then-store.json")).unwrap();
        let schedule: serde_json::Value = serde_json::from_slice(&file).unwrap();
        assert_eq!(schedule["seed"].to_string(), seed);
    }
    // One sample that may miss.
    let one = [
        "run",
        NAIVE,
        "--strategy",
        "pos",
        "--max-executions",
        "1",
        "--seed",
        "1",
        "--format",
        "json",
    ];
    let document = json(&selvedge(&folder, &one));
    assert_eq!(document["rows"][0]["expected"], "Passed|Panic");
    assert_eq!(document["rows"][0]["as_expected"], true);
}

#[test]
fn shells_complete_commands_and_names() {
    let folder = folder("completions");
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        let script = stdout(&selvedge(&folder, &["completions", shell]));
        for word in ["selvedge", "replay", "max-executions"] {
            assert!(script.contains(word), "{shell}: no {word}");
        }
        // The others do not complete the values of arguments.
        if matches!(shell, "bash" | "zsh") {
            for word in ["lost-increment", "fetch-add", "lost-wakeup", "junit"] {
                assert!(script.contains(word), "{shell}: no {word}");
            }
        }
    }
    refused(&selvedge(&folder, &["completions", "tcl"]), &["bash", "zsh", "fish"]);
}
