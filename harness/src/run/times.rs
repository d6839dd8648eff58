//! Times in words: `500ms`, `30s`, `2m`, `1h`.

use std::time::Duration;

/// Reads a time with its unit, `ms`, `s`, `m` or `h`, as variables of the environment and command lines have it.
///
/// # Errors
/// What to write instead.
pub fn read(text: &str) -> Result<Duration, String> {
    let wrong = || "give a time above 0 with its unit, as in 500ms, 30s or 2m".to_owned();
    let digits = text.find(|c: char| !c.is_ascii_digit() && c != '.').ok_or_else(wrong)?;
    let number: f64 = text[..digits].parse().map_err(|_| wrong())?;
    let seconds = match &text[digits..] {
        "ms" => number / 1_000.0,
        "s" => number,
        "m" => number * 60.0,
        "h" => number * 3_600.0,
        _ => return Err(wrong()),
    };
    match Duration::try_from_secs_f64(seconds) {
        Ok(time) if !time.is_zero() => Ok(time),
        _ => Err(wrong()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_need_a_unit() {
        assert_eq!(read("30s"), Ok(Duration::from_secs(30)));
        assert_eq!(read("1.5m"), Ok(Duration::from_secs(90)));
        assert_eq!(read("500ms"), Ok(Duration::from_millis(500)));
        assert_eq!(read("1h"), Ok(Duration::from_secs(3_600)));
        for wrong in ["30", "s", "", "-1s", "0s", "1x", "1.2.3s", "9e9h"] {
            assert!(read(wrong).is_err(), "{wrong}");
        }
    }
}
