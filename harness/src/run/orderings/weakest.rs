//! Which searches there are, and in which order.

use std::collections::BTreeMap;
use std::sync::atomic::Ordering::{self, SeqCst};

use super::found::{Orderings, Place as Found, Step, Tried, Weakest};
use super::lattice::{is_weaker, next_weaker, stronger, weaker};
use super::trials::{Instead, Trials};
use crate::engine::current::Program;
use crate::kernel::{Place, Role, Seen, Uses};
use crate::run::options::Options;
use crate::trace::relative;

/// Finds which orderings of the program could be weaker, or would have to be stronger.
pub(crate) fn weakest(mut options: Options, program: Program) -> Orderings {
    options.cause = false;
    let mut found = Orderings {
        name: options.name.clone(),
        as_declared: Tried::Verified,
        basis: String::new(),
        all_seq_cst: None,
        places: Vec::new(),
        together: None,
        searches: 0,
        executions: 0,
    };
    let part = if options.preemption_bound.is_some() {
        Some("a bound on preemptions means sequentially consistent interleavings: leave it out")
    } else if options.shard.is_some() {
        Some("one of several shards does not see all of a search: leave it out")
    } else {
        None
    };
    if let Some(why) = part {
        found.as_declared = Tried::Undecided(why.to_owned());
        return found;
    }
    let mut trials = Trials::new(options, program);
    (found.as_declared, found.basis) = trials.as_declared();
    let reached = trials.seen();
    match found.as_declared {
        Tried::Undecided(_) => {}
        Tried::Verified => rounds(&mut trials, &mut found, &reached, with_weaker),
        Tried::Failed(_) => {
            let all = trials.all_seq_cst();
            let hopeless = matches!(all, Tried::Failed(_));
            found.all_seq_cst = Some(all);
            if hopeless {
                found.places = trials.seen().iter().map(|seen| row(seen, &reached)).collect();
                name_exchanges(&mut found.places, &trials.seen());
            } else {
                rounds(&mut trials, &mut found, &reached, with_stronger);
            }
        }
    }
    (found.searches, found.executions) = (trials.searches, trials.executions);
    found
}

/// Asks again as long as searches come by places, or by orderings there, that were not known when they began.
fn rounds(
    trials: &mut Trials,
    found: &mut Orderings,
    reached: &Seen,
    ask: impl Fn(&mut Trials, &Declared, &mut Orderings),
) {
    loop {
        let seen = trials.seen();
        found.places = seen.iter().map(|seen| row(seen, reached)).collect();
        ask(trials, &Declared::of(&seen), found);
        if trials.seen() == seen {
            name_exchanges(&mut found.places, &seen);
            return;
        }
    }
}

/// What is declared at the places that can be changed.
struct Declared {
    /// With their rows in the result, which are in the same order.
    places: Vec<(usize, Place, Ordering)>,
}

impl Declared {
    fn of(seen: &Seen) -> Self {
        let places = seen
            .iter()
            .enumerate()
            .filter_map(|(row, (place, uses))| match uses.orderings[..] {
                [ordering] => Some((row, *place, ordering)),
                // Nobody can tell which of them to change.
                _ => None,
            });
        Declared {
            places: places.collect(),
        }
    }
}

/// The orderings, with another one at this place. What is declared there needs no mention.
fn with(instead: &Instead, place: Place, declared: Ordering, ordering: Ordering) -> Instead {
    let mut instead = instead.clone();
    if ordering == declared {
        instead.remove(&place);
    } else {
        instead.insert(place, ordering);
    }
    instead
}

/// The program holds: each place as weak as it can be, alone and together.
fn with_weaker(trials: &mut Trials, declared: &Declared, found: &mut Orderings) {
    for &(row, place, ordering) in &declared.places {
        // What the program does not come by makes no difference to it.
        if found.places[row].reached {
            let below: Vec<Ordering> = weaker(place.role, ordering).collect();
            alone(trials, &mut found.places[row], place, ordering, &below);
            if found.places[row].alone.is_empty() {
                let steps = steps(
                    trials,
                    &Instead::new(),
                    place,
                    ordering,
                    next_weaker(place.role, ordering),
                );
                found.places[row].alone.push(weakest_of(place, ordering, steps));
            }
        }
    }
    together(trials, declared, Instead::new(), &|_, _| true, found);
}

/// The program fails, but not if everything is `SeqCst`, as far as that is known: each place as strong as it has to be alone, and
/// together if that is not enough.
fn with_stronger(trials: &mut Trials, declared: &Declared, found: &mut Orderings) {
    for &(row, place, ordering) in &declared.places {
        let above: Vec<Ordering> = stronger(place.role, ordering).collect();
        alone(trials, &mut found.places[row], place, ordering, &above);
    }
    found.together = None;
    if found.places.iter().any(|place| !place.alone.is_empty()) {
        return;
    }
    let all = declared.places.iter();
    let strongest = all.fold(Instead::new(), |all, &(_, place, ordering)| {
        with(&all, place, ordering, SeqCst)
    });
    match trials.with(&strongest) {
        Tried::Verified => together(
            trials,
            declared,
            strongest,
            &|declared, ordering| ordering == declared || is_weaker(declared, ordering),
            found,
        ),
        tried => found.together = Some(tried),
    }
}

/// Which of these orderings, none before one that is weaker, the place can have, all others as they are declared.
fn alone(trials: &mut Trials, row: &mut Found, place: Place, declared: Ordering, orderings: &[Ordering]) {
    let mut holds: Vec<Ordering> = Vec::new();
    for &ordering in orderings {
        if holds.iter().any(|&enough| is_weaker(enough, ordering)) {
            continue;
        }
        match trials.with(&with(&Instead::new(), place, declared, ordering)) {
            Tried::Verified => holds.push(ordering),
            Tried::Failed(_) => {}
            tried => row.undecided.push(step(place, ordering, tried)),
        }
    }
    for ordering in holds {
        // Not below what is declared where that is not enough.
        let least = is_weaker(declared, ordering).then_some(declared);
        let below = next_weaker(place.role, ordering)
            .filter(|&one| least.is_none_or(|least| one == least || is_weaker(least, one)));
        let steps = steps(trials, &Instead::new(), place, declared, below);
        row.alone.push(weakest_of(place, ordering, steps));
    }
}

/// Weakens all places, from these orderings with which the program holds, as far as it holds and the orderings are `allowed` for what is
/// declared.
fn together(
    trials: &mut Trials,
    declared: &Declared,
    mut now: Instead,
    allowed: &dyn Fn(Ordering, Ordering) -> bool,
    found: &mut Orderings,
) {
    let rows = loop {
        for &(_, place, ordering) in &declared.places {
            let from = now.get(&place).copied().unwrap_or(ordering);
            for less in weaker(place.role, from).filter(|less| allowed(ordering, *less)) {
                let weaker = with(&now, place, ordering, less);
                if trials.with(&weaker).is_verified() {
                    now = weaker;
                    break;
                }
            }
        }
        // What failed before failed with stronger orderings at the places behind, so it fails now; but that is to be seen.
        let mut rows = BTreeMap::new();
        for &(row, place, ordering) in &declared.places {
            let from = now.get(&place).copied().unwrap_or(ordering);
            let below = next_weaker(place.role, from).filter(|less| allowed(ordering, *less));
            let steps = steps(trials, &now, place, ordering, below);
            rows.insert(row, weakest_of(place, from, steps));
        }
        let is_least = |weakest: &Weakest| weakest.weaker.iter().all(|step| !step.tried.is_verified());
        if rows.values().all(is_least) {
            break rows;
        }
    };
    for (row, weakest) in rows {
        found.places[row].together = Some(weakest);
    }
    found.together = Some(trials.with(&now));
}

/// What the program comes to with each of these orderings at the place.
fn steps(
    trials: &mut Trials,
    now: &Instead,
    place: Place,
    declared: Ordering,
    orderings: impl Iterator<Item = Ordering>,
) -> Vec<Step> {
    orderings
        .map(|ordering| step(place, ordering, trials.with(&with(now, place, declared, ordering))))
        .collect()
}

fn step(place: Place, ordering: Ordering, tried: Tried) -> Step {
    Step {
        ordering: told(place, ordering),
        tried,
    }
}

fn weakest_of(place: Place, ordering: Ordering, weaker: Vec<Step>) -> Weakest {
    Weakest {
        ordering: told(place, ordering),
        weaker,
    }
}

/// A relaxed fence is none.
fn told(place: Place, ordering: Ordering) -> Option<Ordering> {
    (place.role != Role::Fence || ordering != Ordering::Relaxed).then_some(ordering)
}

/// A place of which nothing is known yet but what is declared.
fn row((place, uses): (&Place, &Uses), reached: &Seen) -> Found {
    Found {
        place: format!("{}:{}", relative(place.location), place.location.column()),
        operation: uses.verbs.iter().copied().collect::<Vec<_>>().join(" or "),
        declared: uses.orderings.clone(),
        reached: reached.contains_key(place),
        alone: Vec::new(),
        together: None,
        undecided: Vec::new(),
    }
}

/// Tells the two orderings of an exchange apart.
fn name_exchanges(rows: &mut [Found], seen: &Seen) {
    let exchanges = |verb: &&str| verb.starts_with("compare_exchange");
    for (row, (place, uses)) in rows.iter_mut().zip(seen) {
        let other = |role| {
            seen.get(&Place {
                location: place.location,
                role,
            })
        };
        // Loads and exchanges at one place are those of `fetch_update`.
        let loads = other(Role::Load).is_some_and(|uses| uses.verbs.contains("load"));
        row.operation = match place.role {
            _ if !uses.verbs.iter().any(exchanges) => continue,
            Role::Load if loads => "fetch_update, fetch".to_owned(),
            Role::Update if loads => "fetch_update, set".to_owned(),
            Role::Load => format!("{}, failure", row.operation),
            _ => format!("{}, success", row.operation),
        };
    }
}
