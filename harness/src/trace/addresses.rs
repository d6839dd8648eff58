//! Addresses in texts of the program. They are others each time, so a trace numbers them as they come: `ptr-1`.

/// The addresses of one execution, in the order they came.
#[derive(Debug, Default)]
pub(super) struct Addresses(Vec<String>);

/// Digits of an address, without leading zeros: those of a process of 64 bits lie above the first 4 GiB and below 2^48.
/// What is shorter is more likely a number that means something.
const DIGITS: std::ops::RangeInclusive<usize> = 9..=12;

impl Addresses {
    /// The text with the number of each address in place of it.
    pub(super) fn numbered(&mut self, text: String) -> String {
        if !text.contains("0x") {
            return text;
        }
        let mut out = String::with_capacity(text.len());
        let mut rest = text.as_str();
        while let Some(at) = rest.find("0x") {
            let (before, from) = rest.split_at(at);
            out.push_str(before);
            let part_of_word = |c: char| c.is_alphanumeric() || c == '_';
            let inside = out.chars().next_back().is_some_and(part_of_word);
            let digits = &from[2..];
            let end = digits.find(|c: char| !part_of_word(c)).unwrap_or(digits.len());
            let (digits, after) = digits.split_at(end);
            let significant = digits.trim_start_matches('0');
            let is_address = !inside
                && DIGITS.contains(&significant.len())
                && digits.bytes().all(|b| b.is_ascii_hexdigit() && !b.is_ascii_uppercase());
            if is_address {
                let known = self.0.iter().position(|known| known == significant);
                let number = known.unwrap_or_else(|| {
                    self.0.push(significant.to_owned());
                    self.0.len() - 1
                });
                out.push_str(&format!("ptr-{}", number + 1));
            } else {
                out.push_str(&from[..2 + end]);
            }
            rest = after;
        }
        out.push_str(rest);
        out
    }
}

/// A text by itself, with the numbers of the addresses in it.
pub(crate) fn without_addresses(text: String) -> String {
    Addresses::default().numbered(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_has_the_same_number_each_time_it_comes() {
        let mut addresses = Addresses::default();
        let mut told = |text: &str| addresses.numbered(text.to_owned());
        assert_eq!(told("head = 0x7f242a009940"), "head = ptr-1");
        assert_eq!(told("(0x55d0c0ffee00, 0x7f242a009940)"), "(ptr-2, ptr-1)");
        assert_eq!(told("at 0x00007f242a009940."), "at ptr-1.");
    }

    #[test]
    fn what_is_no_address_stays() {
        let mut addresses = Addresses::default();
        for text in [
            "0x0",
            "flags = 0x1f, mask 0xdeadbeef",
            "hash 0x8badf00d8badf00d",
            "id_0x7f242a009940",
            "0x7f242a009940_u64",
            "0x7F242A009940",
            "0x",
        ] {
            assert_eq!(addresses.numbered(text.to_owned()), text);
        }
    }
}
