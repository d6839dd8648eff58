//! Where a lesson stops telling what a program is for, and begins to tell what is wrong with it.

/// The lesson without its first heading, in two: what may be read before a question, and the rest.
///
/// The rest begins with the first quoted trace, the first paragraph that opens in bold (`**The mistake.**`), or the first
/// section that is not the story; a trace takes the paragraph along that announces it.
pub(super) fn split(lesson: &str) -> (String, String) {
    let body = match lesson.split_once('\n') {
        Some((first, body)) if first.starts_with("# ") => body,
        _ => lesson,
    };
    let mut at = 0;
    let mut paragraph = 0;
    let mut in_code = false;
    let mut was_blank = true;
    for line in body.split_inclusive('\n') {
        let text = line.trim_end();
        if in_code {
            in_code = text != "```";
        } else {
            if was_blank && !text.is_empty() && !text.starts_with("```") {
                paragraph = at;
            }
            let begins = text.starts_with("**") || (text.starts_with("## ") && text != "## The story");
            if begins || text == "```text" {
                let cut = if begins { at } else { paragraph };
                return (told(&body[..cut]), body[cut..].trim().to_owned());
            }
            in_code = text.starts_with("```");
        }
        was_blank = text.is_empty();
        at += line.len();
    }
    (told(body), String::new())
}

fn told(text: &str) -> String {
    text.trim().trim_start_matches("## The story").trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::split;

    #[test]
    fn the_story_ends_where_the_mistake_is_told() {
        let lesson = "# T\n\n## The story\n\nTold.\n\n```rust\n**x\n```\n\n## The mistake\n\nHere.\n";
        let (story, rest) = split(lesson);
        assert_eq!(story, "Told.\n\n```rust\n**x\n```");
        assert_eq!(rest, "## The mistake\n\nHere.");
    }

    #[test]
    fn a_trace_takes_its_paragraph_along() {
        let (story, rest) = split("# T\n\nOne.\n\nSo it\nfails:\n\n```text\na / b:\n```\n");
        assert_eq!(story, "One.");
        assert_eq!(rest, "So it\nfails:\n\n```text\na / b:\n```");
        assert_eq!(split("# T\n\nOne.\n\n**The mistake.** Two.").0, "One.");
        assert_eq!(split("# T\n\nOne.").0, "One.");
    }
}
