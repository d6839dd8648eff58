//! Rust code as HTML with classes, so that a style sheet chooses the colours.
//!
//! The grammar names a hundred scopes; a reader needs six. A line is an element, and a comment can be hidden: comments say why
//! code is right, and nobody should read that before he has thought about it.

use std::collections::HashMap;
use std::sync::{LazyLock, Mutex, PoisonError};

use maud::{Markup, PreEscaped, html};
use syntect::parsing::{ParseState, ScopeStack, SyntaxSet};

use crate::grid::escape;

static SYNTAXES: LazyLock<SyntaxSet> = LazyLock::new(SyntaxSet::load_defaults_newlines);

/// A scope begins with one of these, and gets the class. The first that fits the innermost scope counts.
const CLASSES: [(&str, &str); 10] = [
    ("comment", "c"),
    ("punctuation.definition.comment", "c"),
    ("string", "s"),
    ("punctuation.definition.string", "s"),
    ("constant", "n"),
    ("keyword.operator", ""),
    ("keyword", "k"),
    ("storage", "k"),
    ("entity.name.function", "f"),
    ("support.macro", "f"),
];

/// A block of code that can be scrolled by keyboard.
pub(super) fn block(code: &str, label: &str) -> Markup {
    html! {
        pre.code tabindex="0" role="group" aria-label=(label) { code { (PreEscaped(lines(code))) } }
    }
}

fn lines(code: &str) -> String {
    let Some(rust) = SYNTAXES.find_syntax_by_extension("rs") else {
        return escape(code);
    };
    let mut at = Place {
        state: ParseState::new(rust),
        stack: ScopeStack::new(),
    };
    let lines = code.lines().map(|line| at.line(&format!("{line}\n")));
    lines.collect::<Option<String>>().unwrap_or_else(|| escape(code))
}

/// Between two lines: what the grammar knows by then.
#[derive(Clone, PartialEq)]
struct Place {
    state: ParseState,
    stack: ScopeStack,
}

/// What came of a line.
struct Read {
    before: Place,
    after: Place,
    html: String,
}

/// Lines that have been read, each at one place or several. The programs of a chapter have most of their
/// lines in common, and reading one takes the grammar longer than all the rest of a page.
static KNOWN: LazyLock<Mutex<HashMap<String, Vec<Read>>>> = LazyLock::new(Mutex::default);

impl Place {
    /// The next line, as an element.
    fn line(&mut self, line: &str) -> Option<String> {
        // What another program has in this place is left out; that is said at once.
        if line.trim() == "// .." {
            return Some(format!("<span>{line}</span>"));
        }
        let mut read = KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
        let known = read.get(line).into_iter().flatten().find(|known| known.before == *self);
        if let Some(known) = known {
            *self = known.after.clone();
            return Some(known.html.clone());
        }
        let before = self.clone();
        let html = self.read(line)?;
        let known = read.entry(line.to_owned()).or_default();
        known.push(Read {
            before,
            after: self.clone(),
            html: html.clone(),
        });
        Some(html)
    }

    fn read(&mut self, line: &str) -> Option<String> {
        let ops = self.state.parse_line(line, &SYNTAXES).ok()?;
        let is_note = line.trim_start().starts_with("//");
        let mut out = if is_note { "<span class=\"note\">" } else { "<span>" }.to_owned();
        let mut open = "";
        let mut from = 0;
        let mut put = |text: &str, class: &'static str| {
            if text.is_empty() {
                return;
            }
            // Blanks have no colour.
            if class != open && !text.trim().is_empty() {
                if !open.is_empty() {
                    out.push_str("</i>");
                }
                if !class.is_empty() {
                    out.push_str(&format!("<i class=\"{class}\">"));
                }
                open = class;
            }
            out.push_str(&escape(text));
        };
        for (at, op) in ops {
            put(&line[from..at], class(&self.stack));
            self.stack.apply(&op).ok()?;
            from = at;
        }
        put(&line[from..], class(&self.stack));
        if !open.is_empty() {
            out.push_str("</i>");
        }
        out.push_str("</span>");
        Some(out)
    }
}

fn class(stack: &ScopeStack) -> &'static str {
    for scope in stack.scopes.iter().rev() {
        let name = scope.build_string();
        if let Some((_, class)) = CLASSES.iter().find(|(start, _)| name.starts_with(start)) {
            return class;
        }
    }
    ""
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_have_classes_and_nothing_is_left_unescaped() {
        let text = lines("// why <b>\nfn f() -> u32 { g::<u8>(\"</pre>\", 7) } // so\n");
        assert!(
            text.starts_with("<span class=\"note\"><i class=\"c\">// why &lt;b&gt;"),
            "{text}"
        );
        assert!(text.contains("<i class=\"k\">fn "), "{text}");
        assert!(text.contains("<i class=\"s\">&quot;&lt;/pre&gt;&quot;</i>"), "{text}");
        assert!(text.contains("<i class=\"c\">// so"), "{text}");
        assert_eq!(text.matches("<span").count(), text.matches("</span>").count());
        assert_eq!(text.matches("<i ").count(), text.matches("</i>").count());
    }

    #[test]
    fn the_text_of_the_code_is_what_it_was() {
        let code = "impl<T: Send> A<T> {\n    /// Doc.\n    unsafe fn f<'a>(&'a self) -> &'a str { r#\"<x>\"# }\n}\n";
        let mut text = String::new();
        let mut inside = false;
        for letter in lines(code).chars() {
            match letter {
                '<' => inside = true,
                '>' => inside = false,
                c if !inside => text.push(c),
                _ => {}
            }
        }
        assert_eq!(text, escape(code));
        // What was read once is the same when it is read again, and where a line means something else it is read anew.
        assert_eq!(lines(code), lines(code));
        assert!(!lines("/*\nlet a = 1;\n*/\n").contains("class=\"k\""));
        assert!(lines("let a = 1;\n").contains("class=\"k\""));
    }
}
