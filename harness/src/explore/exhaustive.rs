//! placeholder
pub(crate) use super::dfs::Dfs as Exhaustive;
