//! Litmus programs with the numbers of execution graphs that GenMC's test suite expects of them, under RC11 and under
//! sequential consistency, where it has both.

use std::collections::BTreeSet;

use super::enumerate::enumerate;
use super::graphs::{Graphs, execute, graphs_of};
use super::program::Program;
use crate::crosscheck::divided::{compare, estimates, is_sampled};
use crate::crosscheck::threads::limits;
use crate::engine::current::Program as Body;
use crate::{Check, MemoryModel, Strategy};

/// A name, the graphs under Rust's model and under sequential consistency, and the program.
type Row = (&'static str, usize, usize, &'static str);

#[rustfmt::skip]
const ATOMICS: [Row; 73] = [
    ("SB", 4, 3, "Wx1r Rya | Wy1r Rxa"),
    ("SB+4sc", 3, 3, "Wx1s Rys | Wy1s Rxs"),
    ("SB+3sc+acq", 4, 3, "Wx1s Rys | Wy1s Rxa"),
    ("SB+3sc+rel", 4, 3, "Wx1s Rys | Wy1r Rxs"),
    ("SB+scfs", 3, 3, "Wx1 Fs Ry | Wy1 Fs Rx"),
    ("SB+2sc+scf", 3, 3, "Wx1s Rys | Wy1 Fs Rx"),
    ("SB+rfis", 4, 3, "Wx1r Rxs Rys | Wy1r Rys Rxs"),
    ("2+2W", 4, 3, "Wx1r Wy2r | Wy1r Wx2r"),
    ("2+2W+4sc", 3, 3, "Wx1s Wy2s | Wy1s Wx2s"),
    ("2+2W+3sc+rel1", 4, 3, "Wx1s Wy2s | Wy1r Wx2s"),
    ("2+2W+2sc+scf", 3, 3, "Wx1s Wy2s | Wy1 Fs Wx2"),
    ("2CoWR", 4, 4, "Rya | Rxa | Wx1r | Wy1r"),
    ("CoRR", 6, 6, "Wx1r Wx2r | Rxa Rxa"),
    ("CoRR1", 36, 36, "Wx1r | Wx2r | Rxa Rxa | Rxa"),
    ("CoRR2", 72, 72, "Wx1r | Wx2r | Rxa Rxa | Rxa Rxa"),
    ("CoRW", 3, 3, "Rxa Wx1r | Wx2r"),
    ("CoWR", 3, 3, "Wx1r Rxa | Wx2r"),
    ("IRIW-acq-sc", 16, 15, "Wx1s | Rxa Rys | Rya Rxs | Wy1s"),
    ("IRIWish", 28, 27, "Wx1 | Rx Wy$r | Rx Fq Ry | Ry Fq Rx"),
    ("LB", 3, 3, "Rya Wx1r | Rxa Wy1r"),
    ("LB+incMPs", 15, 15, "Rxa Iz1q | Iz1q Wy1r | Rya Iw1q | Iw1q Wx1r"),
    ("MP", 3, 3, "Wx1r Wy1r | Rya Rxa"),
    ("MP+incMP", 7, 7, "Rya Iz1q | Iz1q Rxa | Wx1r Wy1r"),
    ("MP+rel+acq", 2, 2, "Wx1 Wy1r | Rya {!0 Rx }"),
    ("MP+relf+acqf", 2, 2, "Wx1 Fr Wy1 | Ry {!0 Fa Rx }"),
    ("MP+rels+acq", 4, 3, "Wx1 Wy0r Wy1 | Rya {!0 Rx }"),
    ("MPU+rel+acq", 6, 6, "Wx1 Wy1r | Iy1 | Rya {2 Wx2 }"),
    ("MPU+rels+acq", 13, 12, "Wx1 Wy0r Wy1 | Iy1 | Rya {2 Wx2 }"),
    ("MPU2+rel+acq", 14, 14, "Wx1 Wy1r | Cy23 | Cy12 | Rya {3 Wx2 }"),
    ("MPU2+rels+acq", 36, 35, "Wx1 Wy0r Wy1 | Cy23 | Cy12 | Rya {3 Wx2 }"),
    ("RWC+syncs", 7, 7, "Wx1 | Rx Fs Ry | Wy1 Fs Rx"),
    ("S", 4, 3, "Wx2 Wy1 | Ry Wx1"),
    ("S+rel+acq", 2, 2, "Wx1 Wy1r | Rya {!0 Wx2 }"),
    ("W+RWC", 7, 7, "Wx1 Wz1r | Rza Fs Ry | Wy1 Fs Rx"),
    ("W+RRR+W", 20, 20, "Wx1 | Rx Rx Rx | Wx2"),
    ("WWmerge1", 17, 15, "Rxa Rys | Wx1s Wx2s | Wy1s Rxs"),
    ("Z6.U", 22, 18, "Wx1s Wy1r | Iy1s Ry | Wy3s Rxs"),
    ("Z6+acq", 7, 7, "Wa1 Fs Wb1 | Rba Wc1 | Wc2 Fs Ra"),
    ("atomicpo", 4, 3, "Wy1 Fq Wx1 | Xx1 Xy1"),
    ("cumul-release", 8, 7, "Wx1 Wy1r | Ry Wz$ | Rz Fq Rx"),
    ("relacq-B-cumul", 8, 7, "Wx1 Wy1r | Rya Wz1 | Rz Fq Rx"),
    ("rel-B-cumul-acq", 16, 14, "Wx1 Wy1r | Ry Wz$ | Rz Fq Rx | Rya"),
    ("relseq", 20, 16, "Wx1 Wy1r Wy2 | Xy3 | Ry Fq Rx"),
    ("viktor-relseq", 180, 180, "Il1a Il1 | Il1 Il1 | Il1r | Il1"),
    ("inc2w", 6, 6, "Ix1 | Wx4r | Ix2"),
    ("inc+inc+RR+W+RR", 600, 600, "Ix1 | Ix1 | Rx Rx | Wx42 | Rx Rx"),
    ("fr+w+w+w+reads", 210, 210, "Wx1 | Wx2 | Wx3 | Rx Rx Rx Rx"),
    ("LB+fr-fr-data+data", 18, 16, "Rx Wy1 | Ry Ry Wx1 | Wy2"),
    ("psc-ar", 1, 0, "Ry ?1 Fs Rz ?0 | Wz1 Fs Wx1 | Rx ?1 Wy1"),
    ("psc-base-notin-ar", 2, 1, "Rx ?2 Wy1s | Wy2s | Ry ?2 Wx$"),
    ("psc-sbhbsb", 1, 1, "Wx1s Wy1s | Rxa ?1 Rys ?0"),
    ("CoA(1)", 4, 4, "Wx1r Rya Rxa | Wx2r Rza Rxa"),
    ("CoA(2)", 16, 15, "Wx1r Rya Rxa | Wx2r Rza Rxa | Wy1r Wz1r"),
    ("CoA(3)", 144, 130, "Wx1r Rya Rxa | Wx2r Rza Rxa | Wy1r Wz1r | Wy2r Wz2r"),
    ("inc(2)", 4, 4, "Rx Wx+1r | Rx Wx+2r"),
    ("inc(3)", 36, 36, "Rx Wx+1r | Rx Wx+2r | Rx Wx+4r"),
    ("ainc(2)", 2, 2, "Ix1 | Ix1"),
    ("ainc(3)", 6, 6, "Ix1 | Ix1 | Ix1"),
    ("ainc(4)", 24, 24, "Ix1 | Ix1 | Ix1 | Ix1"),
    ("binc(2)", 4, 4, "Ix1 Iy1 | Ix1 Iy1"),
    ("binc(3)", 36, 36, "Ix1 Iy1 | Ix1 Iy1 | Ix1 Iy1"),
    ("casrot(2)", 2, 2, "Cx01 | Cx12"),
    ("casrot(3)", 5, 5, "Cx01 | Cx12 | Cx23"),
    ("casrot(4)", 14, 14, "Cx01 | Cx12 | Cx23 | Cx34"),
    ("casrot(5)", 43, 43, "Cx01 | Cx12 | Cx23 | Cx34 | Cx45"),
    ("wcas(2)", 5, 5, "Wx2r | Cx23 | Cx23"),
    ("wcas(3)", 13, 13, "Wx2r | Cx23 | Cx23 | Cx23"),
    ("wcas(4)", 33, 33, "Wx2r | Cx23 | Cx23 | Cx23 | Cx23"),
    ("casw(2)", 6, 6, "Cx01 Wx3 | Cx01 Wx4"),
    ("casw(3)", 66, 66, "Cx01 Wx3 | Cx01 Wx4 | Cx01 Wx5"),
    ("peterson", 22, 4, "Wa1r Wt1r Rba {1 Rta ~1 } Wx0r Rxa Wa0r | Wb1r Wt0r Raa {1 Rta ~0 } Wx1r Rxa Wb0r"),
    ("peterson, sc", 4, 4, "Wa1s Wt1s Rbs {1 Rts ~1 } Wx0s Rxs Wa0s | Wb1s Wt0s Ras {1 Rts ~0 } Wx1s Rxs Wb0s"),
    ("dekker with fences", 3, 3, "Wy1 Fs Rx {0 Wc1 Rc } | Wx1 Fs Ry {0 Wc1 Rc }"),
];

/// Of the philosophers, one execution is a deadlock.
#[rustfmt::skip]
const MUTEXES: [Row; 7] = [
    ("lockinc(2)", 2, 2, "Lm Rx Wx0 Um | Lm Rx Wx1 Um"),
    ("lockinc(3)", 6, 6, "Lm Rx Wx0 Um | Lm Rx Wx1 Um | Lm Rx Wx2 Um"),
    ("philosophers(2)", 3, 3, "La Lb Ub Ua | Lb La Ua Ub"),
    ("philosophers(3)", 7, 7, "La Lb Ub Ua | Lb Lc Uc Ub | Lc La Ua Uc"),
    ("philosophers(4)", 15, 15, "La Lb Ub Ua | Lb Lc Uc Ub | Lc Ld Ud Uc | Ld La Ua Ud"),
    ("SB with a lock between", 4, 4, "Wx1 Lm Um Ry | Wy1 Lm Um Rx"),
    ("MP in a lock", 2, 2, "Wx1 Lm Wy1 Um | Lm Ry Um {1 Rx }"),
];

fn under_sequential_consistency(program: &'static str) -> (u64, usize) {
    let program = Program::parse(program);
    let report = Check::new("litmus")
        .strategy(Strategy::Exhaustive)
        .memory_model(MemoryModel::SequentiallyConsistent)
        .keep_going(true)
        .run(move || execute(&program));
    let stopped = report.outcomes.get("None").copied().unwrap_or(0);
    (
        report.executions - report.blocked_executions - stopped,
        report.outcomes.len(),
    )
}

#[test]
fn graphs_are_as_many_as_others_have_counted() {
    for (name, rust, sc, text) in ATOMICS {
        let graphs = graphs_of(&Program::parse(text));
        assert_eq!(graphs.full, rust, "{name}: {graphs:?}");
        assert_eq!(under_sequential_consistency(text).0, sc as u64, "{name}");
    }
}

/// Execution graphs of the program that count, as the exhaustive search finds them.
pub(super) fn exhaustively(program: &Program) -> (u64, u64, BTreeSet<String>) {
    let program = program.clone();
    let report = Check::new("litmus")
        .strategy(Strategy::Exhaustive)
        .memory_model(MemoryModel::Rust)
        .keep_going(true)
        .run(move || execute(&program));
    assert!(report.complete, "{report}");
    let stopped = report.outcomes.get("None").copied().unwrap_or(0);
    let graphs = report.executions - report.blocked_executions - stopped;
    (graphs, report.blocked_executions, report.outcomes.into_keys().collect())
}

#[test]
fn an_exhaustive_search_runs_each_of_them_once() {
    for (name, rust, _, text) in ATOMICS {
        let (graphs, blocked, _) = exhaustively(&Program::parse(text));
        assert_eq!((graphs, blocked), (rust as u64, 0), "{name}");
    }
    for (name, rust, _, text) in MUTEXES {
        let (graphs, blocked, _) = exhaustively(&Program::parse(text));
        assert_eq!(graphs, rust as u64, "{name}");
        // Where an operation was put off that could have gone on.
        assert!(2 * blocked <= 3 * graphs, "{name}: {blocked} blocked");
    }
}

/// Who reads what has just been stored may leave no order of what is sequentially consistent: such a run ends, and is no graph.
#[test]
fn a_revisit_that_no_order_of_seq_cst_allows() {
    for text in ["Wy1s Wx1s Wx1 | Ry | Wx1s Wy1s", "Wy1s Wx1s Wx1 | Ry Rx | Wx2s Wy2s"] {
        let program = Program::parse(text);
        let (graphs, _, outcomes) = exhaustively(&program);
        let by_axioms = enumerate(&program);
        assert_eq!(graphs, by_axioms.full as u64, "{text}");
        assert_eq!(outcomes.len(), by_axioms.outcomes.len(), "{text}");
    }
}

#[test]
fn an_enumeration_by_the_axioms_agrees_with_them() {
    for (name, rust, _, text) in ATOMICS {
        let program = Program::parse(text);
        let graphs = enumerate(&program);
        assert_eq!(graphs.full, rust, "{name}");
        assert_eq!(graphs.outcomes, graphs_of(&program).outcomes, "{name}");
    }
}

#[test]
fn locks_take_part() {
    for (name, rust, sc, text) in MUTEXES {
        let Graphs { full, deadlocks, .. } = graphs_of(&Program::parse(text));
        assert_eq!(full + deadlocks, rust, "{name}");
        assert_eq!(deadlocks, usize::from(name.starts_with("philosophers")), "{name}");
        assert_eq!(under_sequential_consistency(text).0, sc as u64, "{name}");
    }
}

fn body(text: &str) -> Body {
    let program = Program::parse(text);
    std::sync::Arc::new(move || format!("{:?}", execute(&program)))
}

#[test]
fn a_search_that_is_divided_is_the_same() {
    let small = |&&(name, rust, ..): &&Row| rust < 16 || is_sampled(rust as u64) || name == "inc(3)";
    for (name, _, _, text) in ATOMICS.iter().chain(&MUTEXES).filter(small) {
        let seed = name.len() as u64;
        assert!(compare(&body(text), &limits(), seed).unwrap(), "{name}");
    }
}

/// The mean of many estimates, each with a seed of its own, is the number of executions.
#[test]
fn estimates_are_right_on_the_average() {
    for name in [
        "CoRR1",
        "MPU2+rels+acq",
        "casrot(4)",
        "Z6.U",
        "peterson",
        "lockinc(3)",
        "philosophers(3)",
    ] {
        let found = ATOMICS.iter().chain(&MUTEXES).find(|row| row.0 == name);
        let (_, _, _, text) = found.expect("it is in the list");
        let (exact, estimates) = estimates(&body(text), 60);
        let number = estimates.len() as f64;
        let mean = estimates.iter().sum::<f64>() / number;
        let variance = estimates.iter().map(|e| (e - mean).powi(2)).sum::<f64>() / (number - 1.0);
        let error = (variance / number).sqrt();
        assert!(
            (mean - exact).abs() < 4.0 * error + 0.001,
            "{name}: {mean} +- {error}, and it is {exact}"
        );
        assert!(error < exact / 2.0, "{name}: {mean} +- {error}");
    }
}
