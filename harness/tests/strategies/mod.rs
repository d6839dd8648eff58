//! What a verdict must not depend on.

use selvedge::Strategy;

/// Every kind of strategy of the controlled engine.
pub(crate) const EVERY: [Strategy; 9] = [
    Strategy::Auto,
    Strategy::Exhaustive,
    Strategy::Dfs,
    Strategy::Random,
    Strategy::Pos,
    Strategy::Surw,
    Strategy::Urw,
    Strategy::Pct { depth: 1 },
    Strategy::Pct { depth: 3 },
];
