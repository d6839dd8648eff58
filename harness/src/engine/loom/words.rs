//! loom's texts, for people.

/// loom's texts name source files by the paths of this machine; readers know them by less.
pub(crate) fn without_machine_paths(message: &str) -> String {
    let short = |word: &str| {
        if !word.contains(".rs:") {
            return word.to_owned();
        }
        let path = word.replace('\\', "/");
        let parts: Vec<&str> = path.split('/').collect();
        let from = parts
            .iter()
            .rposition(|p| matches!(*p, "src" | "tests" | "benches" | "examples"))
            .unwrap_or(parts.len() - 1);
        parts[from..].join("/")
    };
    let lines: Vec<String> = message
        .lines()
        .map(|line| line.split(' ').map(short).collect::<Vec<_>>().join(" "))
        .collect();
    lines.join("\n")
}
