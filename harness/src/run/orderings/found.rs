//! What the caller gets.

use std::sync::atomic::Ordering;

use serde::ser::{SerializeSeq, SerializeStruct};
use serde::{Serialize, Serializer};

use crate::run::failure::Failure;

/// Which orderings of a program could be weaker, or would have to be stronger: what
/// [`Check::weakest_orderings`](crate::Check::weakest_orderings) has found. `Display` is a table for 80 columns.
///
/// As JSON it is an object with the fields below, where an ordering is its name (`"Release"`, and `"none"` for a fence that is left
/// out) and what a search has come to is a verdict (`"Verified"`, `"Failed"`, `"Undecided"`) with `failure_kind`, `message`, `timeline`
/// and `why`.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
#[must_use = "orderings that nobody looks at change nothing"]
pub struct Orderings {
    /// The name of the check.
    pub name: String,
    /// What the program comes to with the orderings that it declares. Weaker ones are looked for if it is verified,
    /// stronger ones if it fails; if it is neither, nothing is known of any.
    pub as_declared: Tried,
    /// How far that search went, in words: `all 2 execution graphs`.
    pub basis: String,
    /// What it comes to with everything taken for `SeqCst`, if it fails as it is. If that fails, too, it fails with any orderings.
    pub all_seq_cst: Option<Tried>,
    /// The orderings that the program declares, in the order of the source.
    pub places: Vec<Place>,
    /// What the program comes to with [`Place::together`] at every place; nothing where nothing was changed together.
    pub together: Option<Tried>,
    /// Searches that it took.
    pub searches: u64,
    /// Executions of all these searches.
    pub executions: u64,
}

/// One ordering that the program declares: that of an operation, or one of the two of a compare-and-exchange.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct Place {
    /// `file:line:column`, from the last `src`, `tests`, `benches` or `examples` on.
    pub place: String,
    /// What is called there, and for what: `store`, `compare_exchange, failure`.
    pub operation: String,
    /// What is declared there. More than one if it comes from a variable that is not always the same: then it is left alone.
    #[serde(serialize_with = "names")]
    pub declared: Vec<Ordering>,
    /// Whether the search with the orderings that are declared came by. If not, another one did; where the program fails, the first
    /// may have stopped before.
    pub reached: bool,
    /// The weakest orderings that the place can have if all others stay as they are: what is declared, if nothing weaker will do;
    /// several, if neither is weaker than the other. In a program that fails: the weakest among the stronger ones with which
    /// it is verified, if there are any.
    pub alone: Vec<Weakest>,
    /// What it can have if all others have what they can have together. Each place was tried in the order of the source, so another
    /// order may give others. In a program that fails: nothing, if a single place is enough.
    pub together: Option<Weakest>,
    /// The orderings alone that were not decided.
    pub undecided: Vec<Step>,
}

/// An ordering that cannot be weaker.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct Weakest {
    /// The ordering. `None`: a fence that can be left out.
    #[serde(serialize_with = "name")]
    pub ordering: Option<Ordering>,
    /// What happens one step weaker; nothing where there is no such step, or where a program that fails would declare less than it does.
    pub weaker: Vec<Step>,
}

/// An ordering, and what the program comes to with it.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct Step {
    /// The ordering. `None`: the fence is left out.
    #[serde(serialize_with = "name")]
    pub ordering: Option<Ordering>,
    /// What the search has found.
    #[serde(flatten)]
    pub tried: Tried,
}

/// What the exhaustive search has found under Rust's memory model.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Tried {
    /// No execution fails, and all were explored.
    Verified,
    /// This one fails. Its schedule is that of a program with the orderings that were tried: it replays once they are written.
    Failed(Box<Failure>),
    /// The search could not follow the program or did not come to its end, for this reason. It proves nothing.
    Undecided(String),
}

impl Tried {
    /// Whether all executions were explored and none fails.
    pub fn is_verified(&self) -> bool {
        matches!(self, Tried::Verified)
    }

    /// The failing execution.
    pub fn failure(&self) -> Option<&Failure> {
        match self {
            Tried::Failed(failure) => Some(failure),
            _ => None,
        }
    }

    fn failure_mut(&mut self) -> Option<&mut Failure> {
        match self {
            Tried::Failed(failure) => Some(failure),
            _ => None,
        }
    }
}

impl Orderings {
    /// Every failing execution, for whoever knows better what to say of it.
    pub fn failures_mut(&mut self) -> impl Iterator<Item = &mut Failure> {
        let places = self.places.iter_mut().flat_map(|place| {
            let weakest = place.alone.iter_mut().chain(&mut place.together);
            weakest.flat_map(|weakest| weakest.weaker.iter_mut().map(|step| &mut step.tried))
        });
        let whole = self.all_seq_cst.iter_mut().chain(&mut self.together);
        let all = std::iter::once(&mut self.as_declared).chain(whole).chain(places);
        all.filter_map(Tried::failure_mut)
    }
}

impl Serialize for Tried {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let verdict = match self {
            Tried::Verified => "Verified",
            Tried::Failed(_) => "Failed",
            Tried::Undecided(_) => "Undecided",
        };
        let failure = self.failure();
        let why = match self {
            Tried::Undecided(why) => Some(why),
            _ => None,
        };
        let mut fields = serializer.serialize_struct("Tried", 5)?;
        fields.serialize_field("verdict", verdict)?;
        fields.serialize_field("failure_kind", &failure.map(|failure| failure.kind))?;
        fields.serialize_field("message", &failure.map(|failure| &failure.message))?;
        fields.serialize_field("timeline", &failure.map(|failure| failure.trace.timeline()))?;
        fields.serialize_field("why", &why)?;
        fields.end()
    }
}

/// The name of an ordering, and what a fence that is left out is called.
pub(super) fn called(ordering: Option<Ordering>) -> String {
    ordering.map_or_else(|| "none".to_owned(), |ordering| format!("{ordering:?}"))
}

fn name<S: Serializer>(ordering: &Option<Ordering>, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&called(*ordering))
}

fn names<S: Serializer>(orderings: &[Ordering], serializer: S) -> Result<S::Ok, S::Error> {
    let mut all = serializer.serialize_seq(Some(orderings.len()))?;
    for ordering in orderings {
        all.serialize_element(&called(Some(*ordering)))?;
    }
    all.end()
}
