//! A whole page: one copy of the style and of the script, and the promise to load nothing.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use maud::{DOCTYPE, Markup, PreEscaped, html};
use sha2::{Digest as _, Sha256};

/// The style of all pages.
pub const STYLE: &str = include_str!("page.css");

/// The script of all timelines. It begins by itself, and needs nothing else.
pub const SCRIPT: &str = concat!(
    include_str!("panel.js"),
    include_str!("arrows.js"),
    include_str!("page.js")
);

/// A page that needs no network, and is not allowed any.
#[derive(Clone, Debug)]
pub struct Document<'a> {
    title: &'a str,
    styles: Vec<&'a str>,
    scripts: Vec<&'a str>,
}

impl<'a> Document<'a> {
    /// A page of this title, with the style and the script of timelines.
    pub fn new(title: &'a str) -> Self {
        Document {
            title,
            styles: vec![STYLE],
            scripts: vec![SCRIPT],
        }
    }

    /// More style, after that of all pages.
    pub fn style(mut self, css: &'a str) -> Self {
        self.styles.push(css);
        self
    }

    /// Another script, after that of timelines. It must not hold the end of a script element.
    pub fn script(mut self, js: &'a str) -> Self {
        self.scripts.push(js);
        self
    }

    /// The page with this body. Only the scripts that it was given here may run, whatever a text of a program looks like.
    pub fn with(&self, body: &Markup) -> String {
        let sources = |texts: &[&str]| -> String {
            let hash = |text: &&str| format!(" 'sha256-{}'", STANDARD.encode(Sha256::digest(text.as_bytes())));
            texts.iter().map(hash).collect()
        };
        let policy = format!(
            "default-src 'none'; base-uri 'none'; form-action 'none'; style-src{}; script-src{}",
            sources(&self.styles),
            sources(&self.scripts)
        );
        let page = html! {
            (DOCTYPE)
            html lang="en" {
                head {
                    meta charset="utf-8";
                    meta http-equiv="Content-Security-Policy" content=(policy);
                    meta name="viewport" content="width=device-width, initial-scale=1";
                    meta name="color-scheme" content="light dark";
                    title { (self.title) }
                    @for style in &self.styles { style { (PreEscaped(style)) } }
                }
                body {
                    (body)
                    @for script in &self.scripts { script { (PreEscaped(script)) } }
                }
            }
        };
        page.into_string() + "\n"
    }
}

#[cfg(test)]
mod tests {
    use super::{Document, SCRIPT, STYLE};
    use maud::html;

    #[test]
    fn a_page_allows_its_own_scripts_and_nothing_else() {
        let page = Document::new("<a>")
            .script("let a = 1;")
            .with(&html! { p { "</script>" } });
        assert!(
            page.contains("default-src &#39;none&#39;") || page.contains("default-src 'none'"),
            "{page}"
        );
        assert_eq!(page.matches("sha256-").count(), 3);
        assert!(page.contains("&lt;a&gt;") && page.contains("&lt;/script&gt;"), "{page}");
        assert_eq!(page.matches("</script>").count(), 2);
    }

    #[test]
    fn style_and_script_name_no_address() {
        for text in [STYLE, SCRIPT] {
            // The name of a namespace is no address that is loaded.
            let text = text.replace("http://www.w3.org/2000/svg", "");
            for word in ["http", "//cdn", "url(", "@import", "fetch(", "XMLHttpRequest", "</"] {
                assert!(!text.contains(word), "{word}");
            }
        }
    }
}
