//! Accesses to cells under the controlled engine: compared with those of other tasks.
//!
//! An access is no scheduling point. If one of two is a write and nothing in the *declared* orderings puts one
//! before the other, the execution ends as a data race, whichever of them came first in it.

use std::panic::Location;

use super::context::{unwinds, with_kernel};
use super::object::Handle;
use super::perform::pay;
use super::polling::learn;
use super::switch::unwind;
use crate::kernel::{CellAccess, End, Kernel};
use crate::raw::RawCell;

/// A cell without a value.
pub(crate) struct Cell(Handle);

impl RawCell for Cell {
    fn new(kind: &'static str) -> Self {
        // Happens-before clocks must be on from the first step.
        learn(|n| &mut n.uses_cells);
        Cell(Handle::new(kind))
    }

    fn set_name(&mut self, name: &str) {
        self.0.set_name(name);
    }

    fn access<R>(&self, write: bool, f: impl FnOnce() -> R) -> R {
        let location = Location::caller();
        let steps = observe(&self.0, write, location, Told::Always);
        let result = f();
        // The access lasted until now. What others did to the cell meanwhile, if `f` let them run, is seen
        // by looking a second time.
        if with_kernel(|k| k.steps) != steps {
            observe(&self.0, write, location, Told::Never);
        }
        result
    }

    fn read_untold(&self) {
        observe(&self.0, false, Location::caller(), Told::IfItRaces);
    }
}

/// When an access has a row.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Told {
    Always,
    IfItRaces,
    Never,
}

/// Books an access and ends the execution if it races. Returns the number of steps so far.
fn observe(handle: &Handle, write: bool, location: &'static Location<'static>, told: Told) -> usize {
    pay();
    let id = handle.id();
    let (steps, race) = with_kernel(|k| {
        k.contacts += 1;
        let task = k.current;
        let tell = |k: &mut Kernel| {
            if let Some(mut recorder) = k.recorder.take() {
                let verb = if write { "writes" } else { "reads" };
                recorder.event(task, format!("{verb} {}", k.object_name(id)), Some(location));
                k.recorder = Some(recorder);
            }
        };
        if told == Told::Always {
            tell(k);
        }
        let event = k.recorder.as_ref().map_or(0, |r| r.events());
        let race = k.happens_before.cell(
            id,
            CellAccess {
                task,
                write,
                location,
                event,
            },
        );
        if told == Told::IfItRaces && race.is_some() {
            tell(k);
        }
        (k.steps, race)
    });
    // A task that unwinds already drops what it holds, come what may.
    if let Some(race) = race
        && !unwinds()
        && with_kernel(|k| k.ending.is_none())
    {
        with_kernel(|k| k.end(End::DataRace(race)));
        unwind();
    }
    steps
}
