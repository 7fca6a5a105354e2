//! Joins the page's sources into the few files that are served. Pure: text in, text out.
//!
//! A browser runs the sources as they are; joining spares it forty requests and, with
//! [`super::shorten`], fifty kilobytes. `frontend/CONTRACT.md`, section 4, says what may be relied on.

use std::collections::HashSet;

use super::shorten::shorten;

/// After these, and before those, the end of a line means nothing.
const OPENS: [char; 5] = ['(', '[', '{', ',', ';'];
const CLOSES: [char; 3] = [')', ']', '}'];

/// Reads a source by its path below the page's folder.
pub(super) trait Sources {
    /// Its text; `None` if there is none.
    fn read(&self, path: &str) -> Option<String>;
}

impl<F: Fn(&str) -> Option<String>> Sources for F {
    fn read(&self, path: &str) -> Option<String> {
        self(path)
    }
}

/// A script with all that it imports, each file after those that it imports; `None` if one is
/// missing.
pub(super) fn script(path: &str, sources: &impl Sources) -> Option<String> {
    let mut joined = Joined::default();
    joined.add(path, sources)?;
    Some(shorten(&joined.script))
}

/// Scripts one after another.
#[derive(Default)]
struct Joined {
    script: String,
    seen: HashSet<String>,
}

impl Joined {
    fn add(&mut self, path: &str, sources: &impl Sources) -> Option<()> {
        if !self.seen.insert(path.to_owned()) {
            return Some(());
        }
        let source = sources.read(path)?;
        let (imports, body) = without_imports(&source);
        for import in imports {
            self.add(&resolve(path, import), sources)?;
        }
        for line in body.split_inclusive('\n') {
            self.script.push_str(line.strip_prefix("export ").unwrap_or(line));
        }
        Some(())
    }
}

/// The paths that a script imports, in order, and the script without those lines, which have the
/// form `import { … } from '…';`.
fn without_imports(source: &str) -> (Vec<&str>, String) {
    let mut imports = Vec::new();
    let mut body = String::with_capacity(source.len());
    let mut rest = source;
    while !rest.is_empty() {
        if let Some((import, after)) = import(rest) {
            imports.push(import);
            rest = after;
            continue;
        }
        let end = rest.find('\n').map_or(rest.len(), |end| end + 1);
        let (line, after) = rest.split_at(end);
        body.push_str(line);
        rest = after;
    }
    (imports, body)
}

/// The path of the import that a text begins with, and the text after that line.
fn import(text: &str) -> Option<(&str, &str)> {
    let (_, after) = text.strip_prefix("import {")?.split_once('}')?;
    after.strip_prefix(" from '")?.split_once("';\n")
}

/// A path relative to the file that names it.
fn resolve(from: &str, relative: &str) -> String {
    let mut parts: Vec<_> = from.split('/').collect();
    parts.pop();
    for part in relative.split('/') {
        match part {
            "." | "" => {}
            ".." => {
                parts.pop();
            }
            part => parts.push(part),
        }
    }
    parts.join("/")
}

/// The lines without those ends that follow what opens or separates, or precede what closes.
fn close_up<'a>(lines: impl Iterator<Item = &'a str>) -> String {
    let mut text = String::new();
    for line in lines.filter(|line| !line.is_empty()) {
        let is_needless = text
            .strip_suffix('\n')
            .is_some_and(|text| text.ends_with(OPENS) || line.starts_with(CLOSES));
        if is_needless {
            text.pop();
        }
        text.push_str(line);
    }
    if text.strip_suffix('\n').is_some_and(|text| text.ends_with(OPENS)) {
        text.pop();
    }
    text
}

/// A style sheet with those that it imports in the place of the lines
/// `@import "….css";`, without comments, indentation and needless spaces; `None` if one is missing.
pub(super) fn style(path: &str, sources: &impl Sources) -> Option<String> {
    let mut joined = String::new();
    for line in sources.read(path)?.split_inclusive('\n') {
        match line.strip_prefix("@import \"").and_then(|line| line.strip_suffix("\";\n")) {
            Some(import) => joined.push_str(&style(&resolve(path, import), sources)?),
            None => joined.push_str(line),
        }
    }
    let plain = without_comments(&joined);
    let joined = close_up(plain.split_inclusive('\n').map(str::trim_start));
    Some(joined.replace(" {", "{").replace(": ", ":").replace(", ", ","))
}

/// A style sheet without its comments.
fn without_comments(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("/*") {
        let Some((_, after)) = after.split_once("*/") else { break };
        plain.push_str(before);
        rest = after;
    }
    plain.push_str(rest);
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sources(path: &str) -> Option<String> {
        let text = match path {
            "app.js" => {
                "// Starts.\nimport { a } from './modules/a.js';\nimport { b,\n  c } from './modules/b.js';\n\n  a(b, c); // why\n"
            }
            "modules/a.js" => {
                "import { b } from './b.js';\n/** Adds. @param {string} x */\nexport const a = (/** @type {any} */ x) => {\n  // Inside.\n  return b + x;\n};\n"
            }
            "modules/b.js" => "export const b = 'import { not } from here', c = 2;\n",
            "styles/x.css" => {
                "@import \"y.css\";\n/* One\n   two */\nbody {\n  color: red; /* why */\n}\n"
            }
            "styles/y.css" => ":root { --a: 1 }\n",
            _ => return None,
        };
        Some(text.to_owned())
    }

    #[test]
    fn a_script_follows_what_it_imports_and_has_each_file_once() {
        let joined = script("app.js", &sources).unwrap();
        assert_eq!(joined, "let E='import { not } from here',c=2;let T=(e)=>{return E+e};T(E,c);");
    }

    #[test]
    fn a_style_sheet_has_its_parts_in_their_places() {
        assert_eq!(style("styles/x.css", &sources).unwrap(), ":root{ --a:1 }\nbody{color:red; }\n");
    }

    #[test]
    fn a_missing_part_is_noticed() {
        let only_app = |path: &str| sources(path).filter(|_| path == "app.js");
        assert_eq!(script("app.js", &only_app), None);
    }
}
