//! Makes a script shorter that does the same: without comments and needless white space, and with short
//! names for what it declares. Pure: text in, text out.
//!
//! It reads words, texts and marks, and needs no grammar: a name is what the innermost scope that declares
//! it makes of it, and two names get the same new one only if neither is meant where the other is in force.
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

/// What is declared below the top: where it is in force, and where it is meant.
struct Local {
    scope: Range<usize>,
    places: Vec<usize>,
}

impl Local {
    fn is_in(&self, scope: &Range<usize>) -> bool {
        self.places.iter().any(|at| scope.contains(at))
    }
}

/// Short names, first these letters.
fn short_names(letters: &str) -> impl Iterator<Item = String> + use<> {
    let large = LETTERS.to_ascii_uppercase();
    let all = move || LETTERS.chars().chain(large.chars()).collect::<Vec<_>>();
    let pairs = all().into_iter().flat_map(move |first| {
        all().into_iter().map(move |second| String::from_iter([first, second]))
    });
    let letters: Vec<_> = letters.chars().map(String::from).collect();
    letters.into_iter().chain(pairs).filter(|name| !SHORT_KEYWORDS.contains(&&name[..]))
}

/// Short names for what a statement declares, by the places of the old ones, beside what else it names.
fn named_short(locals: Vec<Local>, used: &HashSet<&str>) -> Vec<(usize, String)> {
    let mut free = short_names(LETTERS).filter(|name| !used.contains(&name[..]));
    // Names, and what has each of them by now.
    let mut given = Vec::<(String, Vec<Local>)>::new();
    for local in locals {
        let fits = |(_, others): &&mut (String, Vec<Local>)| {
            !others.iter().any(|other| other.is_in(&local.scope) && local.is_in(&other.scope))
        };
        if let Some((_, locals)) = given.iter_mut().find(fits) {
            locals.push(local);
        } else if let Some(name) = free.next() {
            given.push((name, vec![local]));
        }
    }
    let named = given.into_iter().flat_map(|(name, locals)| {
        let places = locals.into_iter().flat_map(|local| local.places);
        places.map(move |at| (at, name.clone()))
    });
    named.collect()
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
    /// Where the parameters begin of the function whose body begins there.
    parameters: HashMap<usize, usize>,
    /// Where names are declared, and whether at the top.
    declared: BTreeMap<usize, bool>,
}

impl<'a> Shape<'a> {
    fn read(tokens: &'a [Token<'a>]) -> Self {
        let mut shape = Self {
            tokens,
            roles: vec![Role::Name; tokens.len()],
            close: HashMap::new(),
            parameters: HashMap::new(),
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
                    shape.parameters.insert(shape.body(at), from);
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
        let words = ["", ")", ";", "{", "}", "else", "try", "catch", "finally", "do"];
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
        let is_key = self.tokens[name].kind == TokenKind::Word && self.roles[name] == Role::Key;
        let is_method = is_key && self.back(name, 1) != ".";
        let named = ["catch", "function"];
        self.is_arrow(to + 1)
            || is_method
            || (!is_key && named.contains(&self.text(name)))
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
                    // A key that is computed is no name of the pattern's.
                    let is_key = self.text(end(self, at) + 1) == ":";
                    if !is_default && !is_key {
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
        let ends = self.statements.iter().skip(1).copied().chain([self.tokens.len()]);
        let statements = self.statements.iter().copied().zip(ends).map(|(from, to)| from..to);
        let statements: Vec<_> = statements.map(|all| (self.locals(all.clone()), all)).collect();
        let locals = statements.iter().flat_map(|(locals, _)| locals);
        let places: HashSet<usize> = locals.flat_map(|local| &local.places).copied().collect();
        let mut names = self.renamed_at_top(&places);
        for (locals, all) in statements {
            let others = all.filter(|at| self.is_name(*at) && !places.contains(at));
            let used = others.map(|at| names.get(&at).map_or(self.text(at), |name| name));
            let own = named_short(locals, &used.collect());
            names.extend(own);
        }
        names
    }

    /// The new names of what is declared at the top, which is meant wherever no local name is: letters for
    /// the most frequent, and pairs in turn, so that those near one another are alike.
    fn renamed_at_top(&self, local: &HashSet<usize>) -> HashMap<usize, String> {
        let top = self.declared.iter().filter(|(_, top)| **top).map(|(at, _)| self.text(*at));
        let top: HashSet<&str> = top.collect();
        let mut all = BTreeMap::<&str, Vec<usize>>::new();
        for at in (0..self.tokens.len()).filter(|at| self.is_name(*at) && !local.contains(at)) {
            all.entry(self.text(at)).or_default().push(at);
        }
        let large = LETTERS.to_ascii_uppercase();
        let taken = |name: &str| all.contains_key(name) && !top.contains(name);
        let free = short_names(&large).filter(|name| !taken(name));
        let free: Vec<_> = free.take(top.len()).collect();
        let mut all: Vec<_> = all.into_iter().filter(|(word, _)| top.contains(word)).collect();
        all.sort_by_key(|(_, places)| Reverse(places.len()));
        let most = free.iter().take_while(|name| name.len() == 1).count().min(all.len());
        all[most..].sort_by_key(|(_, places)| places[0]);
        let named = all
            .into_iter()
            .zip(free)
            .flat_map(|((_, places), name)| places.into_iter().map(move |at| (at, name.clone())));
        named.collect()
    }

    /// What a statement declares below the top, in the order in which it does.
    fn locals(&self, all: Range<usize>) -> Vec<Local> {
        let scopes = self.scopes(all.clone());
        let mut locals = BTreeMap::<_, Local>::new();
        for at in all.filter(|at| self.is_name(*at) && !CONTEXTUAL.contains(&self.text(*at))) {
            let own = scopes.get(self.text(at)).into_iter().flatten();
            let around = own.filter(|scope| scope.contains(&at)).min_by_key(|scope| scope.len());
            if let Some(scope) = around {
                let key = (self.text(at), scope.start, scope.end);
                let local = Local { scope: scope.clone(), places: Vec::new() };
                locals.entry(key).or_insert(local).places.push(at);
            }
        }
        let mut locals: Vec<_> = locals.into_values().collect();
        locals.sort_by_key(|local| local.places[0]);
        locals
    }

    /// The scopes of the names that a statement declares below the top.
    fn scopes(&self, all: Range<usize>) -> HashMap<&'a str, Vec<Range<usize>>> {
        let mut scopes = HashMap::<_, Vec<_>>::new();
        let mut open = vec![all.clone()];
        for at in all {
            open.retain(|range| range.contains(&at));
            if self.declared.get(&at) == Some(&false) {
                let scope = self.scope(&open);
                scopes.entry(self.text(at)).or_default().push(scope);
            }
            if let Some(close) = self.close.get(&at) {
                open.push(at..close + 1);
            }
        }
        scopes
    }

    /// The scope of a name that is declared within those brackets.
    fn scope(&self, open: &[Range<usize>]) -> Range<usize> {
        for bracket in open.iter().skip(1).rev() {
            let (start, close) = (bracket.start, bracket.end - 1);
            if self.text(start) == "{" && self.begins_block(start) {
                // What a body declares may not be called as a parameter is.
                return self.parameters.get(&start).copied().unwrap_or(start)..bracket.end;
            }
            let is_loop = matches!(self.back(start, 1), "for" | "await");
            if is_loop || self.takes_parameters(start, close) {
                return start..self.end_of_body(self.body(close));
            }
        }
        open[0].clone()
    }

    /// Where the body begins behind a bracket that is closed there.
    fn body(&self, close: usize) -> usize {
        if self.is_arrow(close + 1) { close + 3 } else { close + 1 }
    }

    /// Where a body ends: a block with its brace, anything else before what separates or closes it.
    fn end_of_body(&self, from: usize) -> usize {
        let end = |mut at: usize| {
            // A piece of a template closes one bracket and may open the next.
            while let Some(close) = self.close.get(&at) {
                at = *close;
            }
            at + 1
        };
        if self.text(from) == "{" {
            return end(from);
        }
        let mut at = from;
        while let Some(token) = self.tokens.get(at) {
            if is_mark(token, ",;)]}") || token.closes_template() {
                break;
            }
            at = end(at);
        }
        at
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
            "let T=(e,t=2)=>E(e,'word',{size:t,word:3});\
            function E(e,t,{size:n}){return`${e} word ${t}`+n.word}T(E);"
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
        let script = "const pick = ({ first = name, then: [second = name], [name]: third }) => first + second + third;\n";
        assert_eq!(shorten(script), "let E=({first:e=name,then:[t=name],[name]:n})=>e+t+n;");
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
            "function E(e){for(let t of e){let e=t/2;tell(e)}let t=e.map((e)=>e+1);\
            let n=()=>{tell(t);let e=3;tell(e)};return n}"
        );
    }

    #[test]
    fn a_name_ends_with_its_scope() {
        let script = "const size = 1;\n\
            const all = (list, then) => list.map((size) => size + 1).concat(size, then(list));\n\
            const each = (name) => {\n  for (const name of size) name.run();\n  return name;\n};\n\
            const last = (_, name) => {\n  const own = size[name];\n  return own;\n};\n\
            const line = (name) => `${name} ${all(name)} ${name}`;\n\
            const then = (work) => work.catch(size);\n\
            const kept = (stop) => {\n  try {\n    const stop = 2;\n  } catch {\n    size(stop);\n  }\n};\n";
        assert_eq!(
            shorten(script),
            "let E=1;let T=(e,t)=>e.map((e)=>e+1).concat(E,t(e));\
            let N=(e)=>{for(let e of E)e.run();return e};\
            let S=(e,t)=>{let n=E[t];return n};\
            let I=(e)=>`${e} ${T(e)} ${e}`;\
            let A=(e)=>e.catch(E);\
            let R=(e)=>{try{let e=2}catch{E(e)}};"
        );
    }

    #[test]
    fn names_for_which_no_letter_is_left_get_two() {
        let names = (0..30).map(|number| format!("name{number}")).collect::<Vec<_>>();
        let short = shorten(&format!("const all = ({}) => 0;\n", names.join(", ")));
        let given = short.trim_start_matches("let E=(").trim_end_matches(")=>0;");
        let given: HashSet<_> = given.split(',').collect();
        assert_eq!(given.len(), 30);
        assert!(given.iter().all(|name| name.len() <= 2), "{short}");
    }
}
