//! Makes a script shorter that does the same: without comments and needless white space, and with short
//! names for what it declares. Pure: text in, text out.
//!
//! It reads words, texts and marks, and needs no grammar: within a statement of the script's top a name
//! is given another one everywhere or nowhere, so whatever it stands for there stays one thing, and two
//! names get the same one only if neither is meant where the other is in force.
//! Properties and keys keep their names. `frontend/tests/flows/assets.test.js` has TypeScript's compiler
//! compare what each name stands for, before and after. It relies on what Prettier writes: semicolons
//! after all statements that take one, and `=>`, `?.` and `...` without gaps.

use std::cmp::Reverse;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::ops::Range;

/// Names that are keywords in some places, and so stay what they are.
const CONTEXTUAL: [&str; 5] = ["of", "get", "set", "async", "static"];
/// The letters, those first that scripts are full of anyway.
const LETTERS: &str = "etnrsialocdumpgfhbvwkyxqjz";
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
    kind: TokenKind,
    /// Whether white space precedes it, and whether an end of a line is in that.
    gap: bool,
    newline: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum TokenKind {
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
            '\'' | '"' => (TokenKind::Text, end_of_text(rest, first)),
            '`' => (TokenKind::Text, end_of_piece(rest)),
            '}' if goes_on => (TokenKind::Text, end_of_piece(rest)),
            '/' if begins_pattern(tokens.last()) => (TokenKind::Text, end_of_pattern(rest)),
            c if is_of_word(c) => {
                (TokenKind::Word, rest.find(|c| !is_of_word(c)).unwrap_or(rest.len()))
            }
            c => (TokenKind::Mark, c.len_utf8()),
        };
        let token = Token { text: &rest[..len], kind, gap, newline };
        if first == '{' || token.opens_template() {
            braces.push(kind == TokenKind::Text);
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
        self.kind == TokenKind::Text
            && self.text.starts_with(['`', '}'])
            && self.text.ends_with("${")
    }

    /// Whether it is a piece of a template before which something is filled in.
    fn closes_template(&self) -> bool {
        self.kind == TokenKind::Text && self.text.starts_with('}')
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
        TokenKind::Word => matches!(last.text, "return" | "typeof" | "case" | "in" | "of"),
        TokenKind::Text => last.opens_template(),
        TokenKind::Mark => !matches!(last.text, ")" | "]" | "}"),
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
            } else if token.kind == TokenKind::Word {
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
        let is_method = self.tokens[name].kind == TokenKind::Word
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
        self.tokens[at].kind == TokenKind::Word && self.roles[at] != Role::Key
    }

    /// The new names, by the places of the old ones.
    fn renamed(&self) -> HashMap<usize, String> {
        let words: HashSet<&str> = self.tokens.iter().map(|token| token.text).collect();
        let large = LETTERS.to_ascii_uppercase();
        let letters = || LETTERS.chars().chain(large.chars()).map(String::from);
        let pairs =
            letters().flat_map(|first| letters().map(move |second| first.clone() + &second));
        let free = large.chars().map(String::from).chain(pairs);
        let free =
            free.filter(|name| !words.contains(&name[..]) && !SHORT_KEYWORDS.contains(&&name[..]));
        let top = self.declared.iter().filter(|(_, top)| **top).map(|(at, _)| self.text(*at));
        let top: HashSet<&str> = top.collect();
        let all = self.frequent(0..self.tokens.len(), |word| top.contains(word) && word.len() > 1);
        let renamed = |((_, places), name): ((&str, Vec<usize>), String)| {
            places.into_iter().map(move |at| (at, name.clone()))
        };
        let mut names: HashMap<_, _> = all.into_iter().zip(free).flat_map(renamed).collect();
        let ends = self.statements.iter().skip(1).copied().chain([self.tokens.len()]);
        for (from, to) in self.statements.iter().copied().zip(ends) {
            names.extend(self.renamed_within(from..to, &top));
        }
        names
    }

    /// The same for what a statement declares that is not declared at the top.
    fn renamed_within(&self, all: Range<usize>, top: &HashSet<&str>) -> Vec<(usize, String)> {
        let used = all.clone().filter(|at| self.is_name(*at)).map(|at| self.text(at));
        let used: HashSet<&str> = used.collect();
        let scopes = self.scopes(all.clone());
        let is_in = |places: &[usize], word: &str| {
            scopes[word].iter().any(|scope| places.iter().any(|at| scope.contains(at)))
        };
        let free = LETTERS.chars().map(String::from).filter(|name| !used.contains(&name[..]));
        // Letters, and what has each of them by now.
        let mut given: Vec<_> = free.map(|letter| (letter, Vec::new())).collect();
        let own = self.frequent(all, |word| {
            let is_free = !top.contains(word) && !CONTEXTUAL.contains(&word);
            scopes.contains_key(word) && is_free && word.len() > 1
        });
        for (word, places) in own {
            let fits = |(_, others): &&mut (String, Vec<(&str, Vec<usize>)>)| {
                let mut others = others.iter();
                others.all(|(other, theirs)| !is_in(&places, other) || !is_in(theirs, word))
            };
            if let Some((_, words)) = given.iter_mut().find(fits) {
                words.push((word, places));
            }
        }
        let mut names = Vec::new();
        for (letter, words) in given {
            let places = words.into_iter().flat_map(|(_, places)| places);
            names.extend(places.map(|at| (at, letter.clone())));
        }
        names
    }

    /// The words that are wanted there with their places, the most frequent first.
    fn frequent(
        &self,
        places: Range<usize>,
        is_wanted: impl Fn(&str) -> bool,
    ) -> Vec<(&'a str, Vec<usize>)> {
        let mut all = BTreeMap::<&str, Vec<usize>>::new();
        for at in places.filter(|at| self.is_name(*at) && is_wanted(self.text(*at))) {
            all.entry(self.text(at)).or_default().push(at);
        }
        let mut all: Vec<_> = all.into_iter().collect();
        all.sort_by_key(|(_, places)| Reverse(places.len()));
        all
    }

    /// Where the names that a statement declares below the top may be meant: at least their scopes.
    fn scopes(&self, all: Range<usize>) -> HashMap<&'a str, Vec<Range<usize>>> {
        let mut scopes = HashMap::<_, Vec<_>>::new();
        let mut open = vec![all.clone()];
        for at in all {
            open.retain(|range| range.contains(&at));
            if self.declared.get(&at) == Some(&false) {
                let scope = self.scope(at, &open);
                scopes.entry(self.text(at)).or_default().push(scope);
            }
            if let Some(close) = self.close.get(&at) {
                open.push(at..close + 1);
            }
        }
        scopes
    }

    /// The scope of a name that is declared there, within those brackets.
    fn scope(&self, at: usize, open: &[Range<usize>]) -> Range<usize> {
        let end = |at: usize| (self.text(at) == "{").then(|| self.close.get(&at)).flatten();
        let around = |place: usize| open[place.saturating_sub(1)].clone();
        if self.is_arrow(at + 1) {
            return end(at + 3).map_or_else(|| around(open.len()), |end| at..end + 1);
        }
        for (place, bracket) in open.iter().enumerate().skip(1).rev() {
            let (start, close) = (bracket.start, bracket.end - 1);
            if self.text(start) == "{" && self.begins_block(start) {
                return bracket.clone();
            }
            if self.takes_parameters(start, close) {
                let body = if self.is_arrow(close + 1) { close + 3 } else { close + 1 };
                return end(body).map_or_else(|| around(place), |end| start..end + 1);
            }
        }
        open[0].clone()
    }
}

fn is_mark(token: &Token, marks: &str) -> bool {
    token.kind == TokenKind::Mark && marks.contains(token.text)
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
            None if token.kind == TokenKind::Word && token.text == "const" => "let",
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
            "let T=(t,e=2)=>E(t,'word',{size:e,word:3});\
            function E(n,t,{size:e}){return`${n} word ${t}`+e.word}T(E);"
        );
    }

    #[test]
    fn methods_accessors_and_keywords_keep_their_names() {
        let script = "class Ring {\n  constructor(length) {\n    this.length = length;\n  }\n  \
            *here() {\n    for (const of of this.list) yield of;\n  }\n}\n\
            const made = { get value() {\n    return made;\n  }, run(work) {\n    work();\n  } };\n";
        assert_eq!(
            shorten(script),
            "class T{constructor(e){this.length=e}*here(){for(let of of this.list)yield of}}\
            let E={get value(){return E},run(e){e()}};"
        );
    }

    #[test]
    fn slashes_and_signs_are_told_apart() {
        let script = "const parts = (text) => text.split(/[/'\"]+/g).length / 2 / 3; // it's\n\
            let at = 1 - -2 + +`a//${'}'}b`;\n";
        assert_eq!(
            shorten(script),
            "let T=(e)=>e.split(/[/'\"]+/g).length/2/3;let E=1- -2+ +`a//${'}'}b`;"
        );
    }

    #[test]
    fn what_a_name_is_by_default_is_not_declared() {
        let script =
            "const pick = ({ first = name, then: [second = name] }) => first + second + name;\n";
        assert_eq!(shorten(script), "let E=({first:e=name,then:[t=name]})=>e+t+name;");
        assert_eq!(tighten("export const en = {\n  a: 'b ,',\n};\n"), "export let en={a:'b ,'};");
    }

    #[test]
    fn names_share_a_letter_where_none_hides_what_is_meant() {
        let script = "\
            function all(list) {\n\
              for (const one of list) {\n const half = one / 2;\n tell(half);\n }\n\
              const told = list.map((each) => each + 1);\n\
              const late = () => {\n tell(told);\n const own = 3;\n tell(own);\n };\n\
              return late;\n\
            }\n";
        assert_eq!(
            shorten(script),
            "function E(e){for(let n of e){let e=n/2;tell(e)}let r=e.map((e)=>e+1);\
            let t=()=>{tell(r);let e=3;tell(e)};return t}"
        );
    }
}
