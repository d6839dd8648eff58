//! What a misspelled word was meant to be.

/// The word that was probably meant: one that differs in a third of its letters at most.
pub(super) fn nearest<'a>(known: &[&'a str], given: &str) -> Option<&'a str> {
    let near = known.iter().map(|word| (strsim::osa_distance(word, given), *word));
    let near = near.filter(|(distance, word)| *distance <= word.len() / 3);
    near.min_by_key(|(distance, _)| *distance).map(|(_, word)| word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_near_is_meant_and_nothing_else() {
        let known = ["exhaustive", "stress", "pos", "pct"];
        assert_eq!(nearest(&known, "exhausting"), Some("exhaustive"));
        assert_eq!(nearest(&known, "ptc"), Some("pct"));
        assert_eq!(nearest(&known, "best"), None);
        assert_eq!(nearest(&[], "pct"), None);
    }
}
