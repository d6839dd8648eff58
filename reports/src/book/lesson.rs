//! A lesson as HTML: quoted traces become timelines, names of programs and terms become links.

use std::collections::BTreeSet;

use maud::{Markup, PreEscaped};
use pulldown_cmark::{CodeBlockKind, CowStr, Event, HeadingLevel, Options, Parser, Tag, TagEnd, html};

use super::{Book, Chapter, Found, code, glossary, program, slug, timeline};
use crate::grid::escape;

/// What a lesson is written into, so that a term is explained once on a page.
pub(super) struct Writer<'a> {
    pub(super) book: &'a Book,
    pub(super) chapter: &'a Chapter,
    pub(super) known: BTreeSet<&'static str>,
}

impl<'a> Writer<'a> {
    pub(super) fn new(book: &'a Book, chapter: &'a Chapter) -> Self {
        Writer {
            book,
            chapter,
            known: BTreeSet::new(),
        }
    }

    pub(super) fn html(&mut self, markdown: &str) -> Markup {
        let options = Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH;
        let mut events = Vec::new();
        let mut block: Option<(String, String)> = None;
        let mut heading: Option<usize> = None;
        let (mut links, mut in_table_head) = (0_usize, false);
        for event in Parser::new_ext(markdown, options) {
            match event {
                Event::Start(Tag::CodeBlock(kind)) => {
                    let language = match kind {
                        CodeBlockKind::Fenced(language) => language.into_string(),
                        CodeBlockKind::Indented => String::new(),
                    };
                    block = Some((language, String::new()));
                }
                Event::End(TagEnd::CodeBlock) => {
                    let (language, text) = block.take().unwrap_or_default();
                    events.push(raw(self.block(&language, &text)));
                }
                Event::Text(text) if block.is_some() => {
                    if let Some((_, code)) = &mut block {
                        code.push_str(&text);
                    }
                }
                Event::Start(Tag::Heading { level, .. }) => {
                    heading = Some(events.len());
                    events.push(raw(format!("<{} id=\"", lower(level))));
                }
                Event::End(TagEnd::Heading(level)) => {
                    let from = heading.take().unwrap_or(events.len());
                    let text: String = events[from + 1..].iter().map(plain).collect();
                    let id = format!("{}lesson-{}\">", text_of(&events[from]), slug(&text));
                    events[from] = raw(id);
                    events.push(raw(format!("</{}>", lower(level))));
                }
                Event::Start(Tag::Link {
                    link_type,
                    dest_url,
                    title,
                    id,
                }) => {
                    links += 1;
                    events.push(Event::Start(Tag::Link {
                        link_type,
                        dest_url: self.page(dest_url),
                        title,
                        id,
                    }));
                }
                Event::End(TagEnd::Link) => {
                    links = links.saturating_sub(1);
                    events.push(event);
                }
                Event::Start(Tag::Table(_)) => {
                    events.push(raw(
                        "<div class=\"wide\" tabindex=\"0\" role=\"group\" aria-label=\"Table\">",
                    ));
                    events.push(event);
                }
                Event::End(TagEnd::Table) => {
                    events.push(event);
                    events.push(raw("</div>"));
                }
                Event::Start(Tag::TableHead) => {
                    in_table_head = true;
                    events.push(event);
                }
                Event::End(TagEnd::TableHead) => {
                    in_table_head = false;
                    events.push(event);
                }
                Event::Code(name) if links == 0 && heading.is_none() => events.push(raw(self.name(&name))),
                Event::Text(text) if links == 0 && heading.is_none() && !in_table_head => {
                    let linked = glossary::linked(&text, &mut self.known);
                    events.push(raw(linked));
                }
                // What is written as HTML is text.
                Event::Html(text) | Event::InlineHtml(text) => events.push(Event::Text(text)),
                event => events.push(event),
            }
        }
        let mut out = String::new();
        html::push_html(&mut out, events.into_iter());
        // A column without a heading has an empty cell there; and the policy of the page forbids styles in it.
        let out = out.replace("<th></th>", "<td></td>");
        let out = out.replace("style=\"text-align: right\"", "class=\"number\"");
        PreEscaped(out)
    }

    fn block(&self, language: &str, text: &str) -> String {
        match language {
            "text" => self.trace(text),
            "rust" => code::block(text, "Code").into_string(),
            _ => format!("<pre class=\"code\" tabindex=\"0\"><code>{}</code></pre>", escape(text)),
        }
    }

    /// The timeline of the program whose trace is quoted; anything else as it is.
    fn trace(&self, text: &str) -> String {
        let heading = text.lines().next().unwrap_or_default();
        let quoted = |name: &str| heading.starts_with(&format!("{} / {name}:", self.chapter.name));
        let program = self.chapter.programs.iter().find(|p| quoted(&p.name));
        match program.map(|p| (p, &p.found)) {
            Some((program, Found::Fails(failure))) => {
                let label = format!("{}: {}", program.name, failure.words());
                timeline::failing(failure, &label, &self.chapter.lines).into_string()
            }
            _ => format!("<pre class=\"quoted\" tabindex=\"0\">{}</pre>", escape(text.trim_end())),
        }
    }

    /// In the sources a lesson names another one as `../lock_order/lesson.md`.
    fn page<'l>(&self, link: CowStr<'l>) -> CowStr<'l> {
        let folder = link.strip_prefix("../").and_then(|l| l.strip_suffix("/lesson.md"));
        match folder.and_then(|folder| self.book.chapter(&folder.replace('_', "-"))) {
            Some(chapter) => chapter.href().into(),
            None => link,
        }
    }

    /// A word of code, and a link if it is the name of a program or a chapter.
    fn name(&self, name: &str) -> String {
        let word = escape(name);
        let href = match self.chapter.program(name) {
            Some(_) => program::href(self.chapter, name),
            None => match name.split_once('/') {
                Some((chapter, name)) => self
                    .book
                    .chapter(chapter)
                    .filter(|c| c.program(name).is_some())
                    .map(|c| program::href(c, name)),
                None => self
                    .book
                    .chapter(name)
                    .filter(|c| c.name != self.chapter.name)
                    .map(Chapter::href),
            }
            .unwrap_or_default(),
        };
        match href.is_empty() {
            true => format!("<code>{word}</code>"),
            false => format!("<a href=\"{}\"><code>{word}</code></a>", escape(&href)),
        }
    }
}

fn raw<'a>(html: impl Into<CowStr<'a>>) -> Event<'a> {
    Event::Html(html.into())
}

/// Headings of a lesson stand below those of the page.
fn lower(level: HeadingLevel) -> &'static str {
    match level {
        HeadingLevel::H1 | HeadingLevel::H2 => "h3",
        HeadingLevel::H3 => "h4",
        _ => "h5",
    }
}

fn text_of<'e>(event: &'e Event<'_>) -> &'e str {
    match event {
        Event::Html(text) | Event::Text(text) | Event::Code(text) => text,
        _ => "",
    }
}

fn plain(event: &Event<'_>) -> String {
    match event {
        Event::Html(_) => String::new(),
        other => text_of(other).to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::book;
    use super::*;

    #[test]
    fn traces_become_timelines_and_names_become_links() {
        let book = book();
        let mut writer = Writer::new(&book, &book.chapters[0]);
        let html = writer
            .html("## The `mistake` <b>\n\nSee `naive`, `next`, [it](../next/lesson.md).\n\n```text\nfirst / naive: x\n```\n\n| a | |\n|--:|---|\n| <i> | 1 |\n")
            .into_string();
        assert!(html.contains("<h3 id=\"lesson-the-mistake-b\">"), "{html}");
        assert!(
            html.contains("<a href=\"first.html#v-naive\"><code>naive</code></a>"),
            "{html}"
        );
        assert!(html.contains("<a href=\"next.html\"><code>next</code></a>"), "{html}");
        assert!(html.contains("<a href=\"next.html\">it</a>"), "{html}");
        assert!(html.contains("<figure class=\"timeline-frame\">"), "{html}");
        assert!(html.contains("<th class=\"number\">a</th><td></td>"), "{html}");
        assert!(!html.contains("<b>") && !html.contains("<i>"), "{html}");
    }
}
