//! Makes a script shorter that does the same: without comments and needless white space, and with short
//! names for what it declares. Pure: text in, text out.
//!
//! It reads words, texts and marks, and needs no grammar: within a statement of the script's top a name
//! is given another one everywhere or nowhere, so whatever it stands for there stays one thing.
//! Properties and keys keep their names. `frontend/tests/flows/assets.test.js` has TypeScript's compiler
//! compare what each name stands for, before and after. It relies on what Prettier writes: semicolons
//! after all statements that take one, and `=>`, `?.` and `...` without gaps.

use std::cmp::Reverse;
use std::collections::{BTreeMap, HashMap, HashSet};

/// Names that are keywords in some places, and so stay what they are.
const CONTEXTUAL: [&str; 5] = ["of", "get", "set", "async", "static"];
/// Keywords of two letters.
const SHORT_KEYWORDS: [&str; 5] = ["as", "do", "if", "in", "of"];

/// The same with short names.
pub(super) fn shorten(script: &str) -> String {
    let tokens = tokens(script);
    let shape = Shape::read(&tokens);
    print(&tokens, &shape.roles, &shape.renamed())
}

/// The same with all of its names.
pub(super) fn tighten(script: &str) -> String {
    let tokens = tokens(script);
    print(&tokens, &vec![Role::Name; tokens.len()], &HashMap::new())
}

/// A part of a script.
#[derive(Debug, Clone, Copy)]
struct Token<'a> {
    text: &'a str,
    kind: Kind,
    /// Whether white space precedes it, and whether an end of a line is in that.
    gap: bool,
    newline: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// A name, a keyword or a number.
    Word,
    /// A string, a regular expression, or a piece of a template.
    Text,
    /// One character of any other sort.
    Mark,
}

fn is_of_word(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '_' | '$')
}

/// Takes a script apart. Comments are white space.
fn tokens(script: &str) -> Vec<Token<'_>> {
    let mut tokens: Vec<Token> = Vec::new();
    // The braces that are open: whether a template goes on after each.
    let mut braces = Vec::new();
    let (mut gap, mut newline) = (false, false);
    let mut rest = script;
    while let Some(first) = rest.chars().next() {
        let comment = match rest.get(..2) {
            Some("//") => Some("\n"),
            Some("/*") => Some("*/"),
            _ => None,
        };
        if first.is_whitespace() || comment.is_some() {
            let end = comment.map(|end| rest.find(end).map_or(rest.len(), |at| at + end.len()));
            (gap, newline) = (true, newline || first == '\n' || comment == Some("\n"));
            rest = &rest[end.unwrap_or(first.len_utf8())..];
            continue;
        }
        let goes_on = first == '}' && braces.pop() == Some(true);
        let (kind, len) = match first {
            '\'' | '"' => (Kind::Text, end_of_text(rest, first)),
            '`' => (Kind::Text, end_of_piece(rest)),
            '}' if goes_on => (Kind::Text, end_of_piece(rest)),
            '/' if begins_pattern(tokens.last()) => (Kind::Text, end_of_pattern(rest)),
            c if is_of_word(c) => (Kind::Word, rest.find(|c| !is_of_word(c)).unwrap_or(rest.len())),
            c => (Kind::Mark, c.len_utf8()),
        };
        let token = Token { text: &rest[..len], kind, gap, newline };
        if first == '{' || token.opens_template() {
            braces.push(kind == Kind::Text);
        }
        tokens.push(token);
        (gap, newline) = (false, false);
        rest = &rest[len..];
    }
    tokens
}

impl Token<'_> {
    /// Whether it is a piece of a template after which something is filled in.
    fn opens_template(&self) -> bool {
        self.kind == Kind::Text && self.text.starts_with(['`', '}']) && self.text.ends_with("${")
    }

    /// Whether it is a piece of a template before which something is filled in.
    fn closes_template(&self) -> bool {
        self.kind == Kind::Text && self.text.starts_with('}')
    }
}

/// The length of a string, its quotes included.
fn end_of_text(text: &str, quote: char) -> usize {
    let mut is_escaped = false;
    let end = text.char_indices().skip(1).find(|(_, c)| {
        let ends = *c == quote && !is_escaped;
        is_escaped = *c == '\\' && !is_escaped;
        ends
    });
    end.map_or(text.len(), |(at, _)| at + 1)
}

/// The length of a piece of a template: to its end, or to what is filled in.
fn end_of_piece(text: &str) -> usize {
    let mut is_escaped = false;
    for (at, c) in text.char_indices().skip(1) {
        match c {
            _ if is_escaped => is_escaped = false,
            '\\' => is_escaped = true,
            '`' => return at + 1,
            '$' if text[at..].starts_with("${") => return at + 2,
            _ => {}
        }
    }
    text.len()
}

/// Whether a slash after that begins a regular expression, and does not divide.
fn begins_pattern(last: Option<&Token>) -> bool {
    last.is_none_or(|last| match last.kind {
        Kind::Word => matches!(last.text, "return" | "typeof" | "case" | "in" | "of"),
        Kind::Text => last.opens_template(),
        Kind::Mark => !matches!(last.text, ")" | "]" | "}"),
    })
}

/// The length of a regular expression, its flags included.
fn end_of_pattern(text: &str) -> usize {
    let (mut is_escaped, mut in_class) = (false, false);
    let end = text.char_indices().skip(1).find(|(_, c)| {
        let ends = *c == '/' && !is_escaped && !in_class;
        if !is_escaped && matches!(c, '[' | ']') {
            in_class = *c == '[';
        }
        is_escaped = *c == '\\' && !is_escaped;
        ends
    });
    let end = end.map_or(text.len(), |(at, _)| at + 1);
    text[end..].find(|c| !is_of_word(c)).map_or(text.len(), |flags| end + flags)
}

/// What a word stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Role {
    /// What a script may declare; also keywords and numbers.
    Name,
    /// A property or a key.
    Key,
    /// A key and a name at once: `{ name }`.
    Both,
}

/// What a bracket is that is open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Open {
    /// Round, square, or what is filled into a template.
    Plain,
    Block,
    Object,
    Class,
}

/// What the words of a script are.
struct Shape<'a> {
    tokens: &'a [Token<'a>],
    roles: Vec<Role>,
    /// Where the bracket is closed that is opened there.
    close: HashMap<usize, usize>,
    /// Where the statements at the top begin.
    statements: Vec<usize>,
    /// Where names are declared, and whether at the top.
    declared: BTreeMap<usize, bool>,
}

impl<'a> Shape<'a> {
    fn read(tokens: &'a [Token<'a>]) -> Self {
        let mut shape = Self {
            tokens,
            roles: vec![Role::Name; tokens.len()],
            close: HashMap::new(),
            statements: vec![0],
            declared: BTreeMap::new(),
        };
        let mut open: Vec<(Open, usize)> = Vec::new();
        // Brackets whose contents are declared, and whether at the top.
        let mut patterns = Vec::new();
        let mut is_class = false;
        for (at, token) in tokens.iter().enumerate() {
            let before = shape.back(at, 1);
            if token.closes_template() || is_mark(token, ")]}") {
                let Some((_, from)) = open.pop() else { continue };
                shape.close.insert(from, at);
                if shape.takes_parameters(from, at) {
                    patterns.push((from, false));
                }
            }
            if token.opens_template() || is_mark(token, "([{") {
                let kind = match token.text {
                    "{" if std::mem::take(&mut is_class) => Open::Class,
                    "{" if shape.begins_block(at) => Open::Block,
                    "{" => Open::Object,
                    _ => Open::Plain,
                };
                if matches!(before, "const" | "let") {
                    patterns.push((at, open.is_empty()));
                }
                open.push((kind, at));
            } else if token.kind == Kind::Word {
                shape.roles[at] =
                    shape.role(at, open.last().map_or(Open::Block, |(kind, _)| *kind));
                if shape.roles[at] == Role::Key {
                    continue;
                }
                is_class |= token.text == "class";
                if matches!(before, "const" | "let" | "function" | "class") {
                    shape.declared.insert(at, open.is_empty());
                } else if shape.is_arrow(at + 1) {
                    shape.declared.insert(at, false);
                }
            } else if open.is_empty() && ends_statement(token, tokens.get(at + 1)) {
                shape.statements.push(at + 1);
            }
        }
        for (from, is_top) in patterns {
            shape.declare(from, is_top);
        }
        shape
    }

    fn text(&self, at: usize) -> &'a str {
        self.tokens.get(at).map_or("", |token| token.text)
    }

    fn back(&self, at: usize, steps: usize) -> &'a str {
        at.checked_sub(steps).map_or("", |at| self.text(at))
    }

    fn is_arrow(&self, at: usize) -> bool {
        self.text(at) == "=" && self.text(at + 1) == ">"
    }

    /// Whether a brace holds statements, and not keys or what a pattern takes.
    fn begins_block(&self, at: usize) -> bool {
        let ends_arrow = self.back(at, 1) == ">" && self.back(at, 2) == "=";
        let words = ["", ")", ";", "{", "}", "else", "try", "finally", "do"];
        ends_arrow || words.contains(&self.back(at, 1))
    }

    /// What a word stands for in a bracket of that sort.
    fn role(&self, at: usize, within: Open) -> Role {
        let (before, next) = (self.back(at, 1), self.text(at + 1));
        let spreads = before == "." && self.back(at, 2) == "." && self.back(at, 3) == ".";
        if before == "#" || (before == "." && !spreads) {
            return Role::Key;
        }
        let begins = |mark: &str| match within {
            Open::Object => matches!(mark, "{" | ","),
            Open::Class => matches!(mark, "{" | "}" | ";"),
            Open::Plain | Open::Block => false,
        };
        let is_first = begins(before);
        let is_prefixed = matches!(before, "get" | "set" | "async" | "*" | "static")
            && (begins(self.back(at, 2)) || (before == "*" && begins(self.back(at, 3))));
        match within {
            Open::Class if is_first || is_prefixed => Role::Key,
            Open::Object if is_prefixed || (is_first && matches!(next, ":" | "(")) => Role::Key,
            Open::Object if is_first && matches!(next, "," | "}" | "=") => Role::Both,
            _ => Role::Name,
        }
    }

    /// Whether what a round bracket holds is declared by it: those of functions, methods and `catch`.
    fn takes_parameters(&self, from: usize, to: usize) -> bool {
        if self.text(from) != "(" {
            return false;
        }
        let Some(name) = from.checked_sub(1) else { return self.is_arrow(to + 1) };
        let is_method = self.tokens[name].kind == Kind::Word
            && self.roles[name] == Role::Key
            && self.back(name, 1) != ".";
        let named = ["catch", "function"];
        self.is_arrow(to + 1)
            || is_method
            || named.contains(&self.text(name))
            || self.back(name, 1) == "function"
    }

    /// Declares the names of a pattern; what they are by default is not declared.
    fn declare(&mut self, from: usize, is_top: bool) {
        let end = |shape: &Self, at| shape.close.get(&at).copied().unwrap_or(at);
        let (mut at, to) = (from + 1, end(self, from));
        let mut is_default = false;
        while at < to {
            match self.text(at) {
                "=" => is_default = true,
                "," => is_default = false,
                "(" | "[" | "{" => {
                    if !is_default {
                        self.declare(at, is_top);
                    }
                    at = end(self, at);
                }
                _ if is_default || !self.is_name(at) => {}
                _ => drop(self.declared.insert(at, is_top)),
            }
            at += 1;
        }
    }

    fn is_name(&self, at: usize) -> bool {
        self.tokens[at].kind == Kind::Word && self.roles[at] != Role::Key
    }

    /// The new names, by the places of the old ones.
    fn renamed(&self) -> HashMap<usize, String> {
        let letters = || ('a'..='z').chain('A'..='Z').map(String::from);
        let words: HashSet<&str> = self.tokens.iter().map(|token| token.text).collect();
        let pairs =
            letters().flat_map(|first| letters().map(move |second| first.clone() + &second));
        let pairs =
            pairs.filter(|name| !words.contains(&name[..]) && !SHORT_KEYWORDS.contains(&&name[..]));
        let top: HashSet<&str> =
            self.declared.iter().filter(|(_, top)| **top).map(|(at, _)| self.text(*at)).collect();
        let is_long = |word: &str| top.contains(word) && word.len() > 2;
        let mut names = self.named(0..self.tokens.len(), is_long, pairs);
        let ends = self.statements.iter().skip(1).copied().chain([self.tokens.len()]);
        for (from, to) in self.statements.iter().copied().zip(ends) {
            let used = (from..to).filter(|at| self.is_name(*at)).map(|at| self.text(at));
            let used: HashSet<&str> = used.collect();
            let own = self.declared.range(from..to).map(|(at, _)| self.text(*at));
            let own: HashSet<&str> = own.filter(|name| !CONTEXTUAL.contains(name)).collect();
            let is_own = |word: &str| own.contains(word) && !top.contains(word) && word.len() > 1;
            let free = letters().filter(|name| !used.contains(&name[..]));
            names.extend(self.named(from..to, is_own, free));
        }
        names
    }

    /// Gives names to the words that want one, the shortest to the most frequent.
    fn named(
        &self,
        places: std::ops::Range<usize>,
        is_wanted: impl Fn(&str) -> bool,
        names: impl Iterator<Item = String>,
    ) -> HashMap<usize, String> {
        let places = places.filter(|at| self.is_name(*at) && is_wanted(self.text(*at)));
        let places: Vec<_> = places.map(|at| (at, self.text(at))).collect();
        let mut counts = BTreeMap::<&str, usize>::new();
        for (_, word) in &places {
            *counts.entry(word).or_default() += 1;
        }
        let mut counts: Vec<_> = counts.into_iter().collect();
        counts.sort_by_key(|(_, count)| Reverse(*count));
        let given: HashMap<_, _> = counts.into_iter().map(|(word, _)| word).zip(names).collect();
        places.iter().filter_map(|(at, word)| Some((*at, given.get(word)?.clone()))).collect()
    }
}

fn is_mark(token: &Token, marks: &str) -> bool {
    token.kind == Kind::Mark && marks.contains(token.text)
}

/// Whether a statement of the top ends there: with its semicolon, or with a brace and the line.
fn ends_statement(token: &Token, next: Option<&Token>) -> bool {
    is_mark(token, ";") || (is_mark(token, "}") && next.is_some_and(|next| next.newline))
}

/// Puts a script together again.
fn print(tokens: &[Token], roles: &[Role], names: &HashMap<usize, String>) -> String {
    let mut script = String::new();
    for (at, token) in tokens.iter().enumerate() {
        // What ends a statement or goes on with a list does neither before a bracket that closes.
        let is_last = tokens.get(at + 1).is_some_and(|next| is_mark(next, ")]}"));
        if is_last && (is_mark(token, ",") || (is_mark(token, ";") && tokens[at + 1].text == "}")) {
            continue;
        }
        let text = match names.get(&at) {
            Some(name) if roles[at] == Role::Both => &format!("{}:{name}", token.text),
            Some(name) => name,
            None if token.kind == Kind::Word && token.text == "const" => "let",
            None => token.text,
        };
        let needs_gap = |last: char, first: char| {
            (is_of_word(last) && is_of_word(first)) || (last == first && "+-/".contains(last))
        };
        let touches = script.chars().last().zip(text.chars().next());
        if token.gap && touches.is_some_and(|(last, first)| needs_gap(last, first)) {
            script.push(' ');
        }
        script.push_str(text);
    }
    script
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_shortened_and_properties_keys_and_texts_are_not() {
        let script = "// Why.\nconst draw = (word, size = 2) => told(word, 'word', { size, word: 3 });\n\
            function told(word, size, { size: other }) {\n  return `${word} word ${size}` + other.word;\n}\n\
            draw(told);\n";
        assert_eq!(
            shorten(script),
            "let ab=(b,a=2)=>aa(b,'word',{size:a,word:3});\
            function aa(c,b,{size:a}){return`${c} word ${b}`+a.word}ab(aa);"
        );
    }

    #[test]
    fn methods_accessors_and_keywords_keep_their_names() {
        let script = "class Ring {\n  constructor(length) {\n    this.length = length;\n  }\n  \
            *here() {\n    for (const of of this.list) yield of;\n  }\n}\n\
            const made = { get value() {\n    return made;\n  }, run(work) {\n    work();\n  } };\n";
        assert_eq!(
            shorten(script),
            "class ab{constructor(a){this.length=a}*here(){for(let of of this.list)yield of}}\
            let aa={get value(){return aa},run(a){a()}};"
        );
    }

    #[test]
    fn slashes_and_signs_are_told_apart() {
        let script = "const parts = (text) => text.split(/[/'\"]+/g).length / 2 / 3; // it's\n\
            let at = 1 - -2 + +`a//${'}'}b`;\n";
        assert_eq!(
            shorten(script),
            "let aa=(a)=>a.split(/[/'\"]+/g).length/2/3;let at=1- -2+ +`a//${'}'}b`;"
        );
    }

    #[test]
    fn what_a_name_is_by_default_is_not_declared() {
        let script =
            "const pick = ({ first = name, then: [second = name] }) => first + second + name;\n";
        assert_eq!(shorten(script), "let aa=({first:a=name,then:[b=name]})=>a+b+name;");
        assert_eq!(tighten("export const en = {\n  a: 'b ,',\n};\n"), "export let en={a:'b ,'};");
    }
}
