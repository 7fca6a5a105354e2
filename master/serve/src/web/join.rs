//! Joins the page's sources into the few files that are served. Pure: text in, text out.
//!
//! A browser runs the sources as they are; joining spares it forty requests and forty kilobytes.
//! `frontend/CONTRACT.md`, section 4, says what may be relied on.

use std::borrow::Cow;
use std::collections::{BTreeSet, HashMap, HashSet};

/// After these, and before those, the end of a line means nothing.
const OPENS: [char; 5] = ['(', '[', '{', ',', ';'];
const CLOSES: [char; 3] = [')', ']', '}'];

/// Beside these, outside of quotes, a space means nothing.
const SEPARATORS: [char; 17] =
    ['=', '?', ':', ',', '{', '}', '(', ')', '[', ']', ';', '<', '>', '&', '|', '*', '!'];

/// Short words that are no names.
const RESERVED: [&str; 3] = ["do", "if", "in"];

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
    Some(shortened(&joined.script, &joined.names))
}

/// The texts of a language, which the page fetches as a module.
pub(super) fn texts(source: &str) -> String {
    format!("export {}", slim(source))
}

/// Scripts one after another.
#[derive(Default)]
struct Joined {
    script: String,
    /// What they declare at their tops.
    names: BTreeSet<String>,
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
        self.names.extend(body.lines().filter_map(declared).map(str::to_owned));
        self.script.push_str(&slim(&body));
        Some(())
    }
}

/// The name that a line declares at the top of a script.
fn declared(line: &str) -> Option<&str> {
    let line = line.strip_prefix("export ").unwrap_or(line);
    let line = line.strip_prefix("async ").unwrap_or(line);
    let mut kinds = ["const ", "let ", "function ", "class "].into_iter();
    let rest = kinds.find_map(|kind| line.strip_prefix(kind))?;
    let name = &rest[..rest.find(|c| !is_of_word(c)).unwrap_or(rest.len())];
    (!name.is_empty()).then_some(name)
}

fn is_of_word(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '_' | '$')
}

/// The words of a script, each with where it begins.
fn words(script: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut rest = 0;
    std::iter::from_fn(move || {
        let start = rest + script[rest..].find(is_of_word)?;
        let end = script[start..].find(|c| !is_of_word(c)).map_or(script.len(), |at| start + at);
        rest = end;
        Some((start, &script[start..end]))
    })
}

/// Shortens those of the names that stand nowhere but where they are declared, or before what follows a
/// value (so that none is a property, a key or a part of a text); says `let` for `const`; and drops
/// semicolons before `}`. Names of one or two letters stay.
fn shortened(script: &str, names: &BTreeSet<String>) -> String {
    // How often each word occurs; `None` if it stands where it may be something else.
    let mut counts: HashMap<&str, Option<usize>> = HashMap::new();
    for (start, word) in words(script) {
        let (before, after) = (&script[..start], &script[start + word.len()..]);
        let is_declared =
            ["const ", "let ", "class "].into_iter().any(|kind| before.ends_with(kind));
        let is_used = !before.ends_with(['.', '\'', '"', '`', '-'])
            && after.starts_with(['(', '.', '[', ')', ';']);
        let count = counts.entry(word).or_insert(Some(0));
        *count = count.filter(|_| is_declared || is_used).map(|count| count + 1);
    }
    let count = |name: &&String| counts.get(name.as_str()).copied().flatten().unwrap_or(0);
    let mut chosen: Vec<_> =
        names.iter().filter(|name| name.len() > 2 && count(name) > 0).collect();
    chosen.sort_by_key(|name| std::cmp::Reverse(count(name)));
    let letters = || ('a'..='z').chain('A'..='Z');
    let free = letters().flat_map(|first| letters().map(move |second| format!("{first}{second}")));
    let is_free =
        |name: &String| !counts.contains_key(name.as_str()) && !RESERVED.contains(&name.as_str());
    let mut changed: HashMap<&str, String> =
        chosen.into_iter().map(String::as_str).zip(free.filter(is_free)).collect();
    changed.insert("const", "let".to_owned());
    let mut result = String::with_capacity(script.len());
    let mut rest = 0;
    for (start, word) in words(script) {
        result.push_str(&script[rest..start]);
        result.push_str(changed.get(word).map_or(word, String::as_str));
        rest = start + word.len();
    }
    result.push_str(&script[rest..]);
    result.replace(";}", "}")
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

/// A script without `export`, comments that begin a line or describe types, indentation, and ends of
/// lines and spaces that mean nothing.
fn slim(script: &str) -> String {
    let lines = script.split_inclusive('\n');
    let plain: String = lines.map(|line| line.strip_prefix("export ").unwrap_or(line)).collect();
    let plain = without_blocks(&plain, "/**", true);
    let lines = plain.split_inclusive('\n').map(str::trim_start);
    let lines: Vec<_> = lines.filter(|line| !line.starts_with("//")).map(squeezed).collect();
    close_up(lines.iter().map(AsRef::as_ref))
}

/// A line without spaces that mean nothing. One with templates in templates stays as it is.
fn squeezed(line: &str) -> Cow<'_, str> {
    if ![0, 2].contains(&line.matches('`').count()) {
        return line.into();
    }
    let mut result = String::with_capacity(line.len());
    let mut quote = None;
    let mut chars = line.chars().peekable();
    while let Some(now) = chars.next() {
        let is_needless = result.chars().last().is_none_or(|last| SEPARATORS.contains(&last))
            || chars.peek().is_none_or(|next| SEPARATORS.contains(next));
        if quote.is_none() && now == ' ' && is_needless {
            continue;
        }
        result.push(now);
        match quote {
            Some(_) if now == '\\' => result.extend(chars.next()),
            Some(open) if now == open => quote = None,
            None if matches!(now, '\'' | '"' | '`') => quote = Some(now),
            _ => {}
        }
    }
    result.into()
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
    let plain = without_blocks(&joined, "/*", false);
    let joined = close_up(plain.split_inclusive('\n').map(str::trim_start));
    Some(joined.replace(" {", "{").replace(": ", ":").replace(", ", ","))
}

/// The text without what stands between `open` and `*/`, and without one space after it if `gap`.
fn without_blocks(text: &str, open: &str, gap: bool) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once(open) {
        let Some((_, after)) = after.split_once("*/") else { break };
        plain.push_str(before);
        rest = if gap { after.strip_prefix(' ').unwrap_or(after) } else { after };
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
        assert_eq!(
            joined,
            "let b='import { not } from here',c=2;let a=(x)=>{return b + x};a(b,c);// why\n"
        );
    }

    #[test]
    fn names_that_can_be_nothing_else_are_shortened() {
        let names = ["draw", "push", "label", "told", "aa"].map(str::to_owned).into();
        let script = "const draw=(x)=>told(x);const told=(x)=>[x];class A{push(x){draw(x);}}\
            const push=(a)=>a.push(1);const label={label:told(2)};f(draw);'told';";
        assert_eq!(
            shortened(script, &names),
            "let aa=(x)=>told(x);let told=(x)=>[x];class A{push(x){aa(x)}}\
            let push=(a)=>a.push(1);let label={label:told(2)};f(aa);'told';"
        );
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
