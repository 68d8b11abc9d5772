//! The Rust sources of the tree, parsed, without their tests.

use std::collections::BTreeSet;
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use proc_macro2::{TokenStream, TokenTree};
use syn::spanned::Spanned;
use syn::visit::{self, Visit};

use crate::run::output;

/// A source file.
pub(crate) struct Source {
    pub(crate) path: String,
    /// Lines, tests not counted.
    pub(crate) lines: usize,
    pub(crate) functions: Vec<Function>,
    /// Every word of the code (comments and strings are none), with its line.
    pub(crate) words: Vec<(String, usize)>,
    pub(crate) has_heading: bool,
}

/// A function and how long it is, from its signature to its last brace.
pub(crate) struct Function {
    pub(crate) name: String,
    pub(crate) line: usize,
    pub(crate) lines: usize,
}

/// Files that git knows or would know, relative to the root, that still exist.
pub(crate) fn files() -> Result<Vec<String>> {
    let mut git = std::process::Command::new("git");
    let list = output(git.args(["ls-files", "--cached", "--others", "--exclude-standard"]))?;
    let files: BTreeSet<_> =
        list.lines().filter(|path| Path::new(path).is_file()).map(str::to_owned).collect();
    Ok(files.into_iter().collect())
}

/// Every source file of a crate that is no test.
pub(crate) fn read_all() -> Result<Vec<Source>> {
    let mut sources = Vec::new();
    let mut tests = BTreeSet::new();
    for path in files()?.into_iter().filter(|path| path.ends_with(".rs") && path.contains("/src/")) {
        let text = std::fs::read_to_string(&path).with_context(|| format!("cannot read {path}"))?;
        let (source, test_modules) = read(&path, &text).with_context(|| format!("cannot parse {path}"))?;
        sources.push(source);
        tests.extend(test_modules);
    }
    sources.retain(|source| {
        !tests.iter().any(|test| Path::new(&source.path).with_extension("").starts_with(test))
    });
    Ok(sources)
}

fn read(path: &str, text: &str) -> Result<(Source, Vec<PathBuf>)> {
    let file = syn::parse_file(text)?;
    let mut visitor = Visitor { folder: folder_of_modules(path), ..Visitor::default() };
    visitor.visit_file(&file);
    let in_test = |line: usize| visitor.test_lines.iter().any(|range| range.contains(&line));
    let mut words = Vec::new();
    collect_words(text.parse().map_err(|error| anyhow::anyhow!("{error}"))?, &mut words);
    let source = Source {
        path: path.to_owned(),
        lines: (1..=text.lines().count()).filter(|line| !in_test(*line)).count(),
        functions: visitor.functions,
        words,
        has_heading: text.starts_with("//!"),
    };
    Ok((source, visitor.test_modules))
}

/// Where the files of modules declared in `path` lie.
fn folder_of_modules(path: &str) -> PathBuf {
    let path = Path::new(path);
    match path.file_name().and_then(|name| name.to_str()) {
        Some("mod.rs" | "lib.rs" | "main.rs") => path.parent().unwrap_or(path).to_owned(),
        _ => path.with_extension(""),
    }
}

fn collect_words(tokens: TokenStream, words: &mut Vec<(String, usize)>) {
    for token in tokens {
        match token {
            TokenTree::Group(group) => collect_words(group.stream(), words),
            TokenTree::Ident(word) => words.push((word.to_string(), word.span().start().line)),
            TokenTree::Punct(_) | TokenTree::Literal(_) => {}
        }
    }
}

#[derive(Default)]
struct Visitor {
    folder: PathBuf,
    functions: Vec<Function>,
    test_lines: Vec<RangeInclusive<usize>>,
    test_modules: Vec<PathBuf>,
}

impl Visitor {
    fn add(&mut self, signature: &syn::Signature, body: &syn::Block) {
        let line = signature.span().start().line;
        let lines = body.span().end().line + 1 - line;
        self.functions.push(Function { name: signature.ident.to_string(), line, lines });
    }
}

impl<'a> Visit<'a> for Visitor {
    fn visit_item(&mut self, item: &'a syn::Item) {
        if is_test(attributes(item)) {
            self.test_lines.push(item.span().start().line..=item.span().end().line);
            if let syn::Item::Mod(module) = item {
                self.test_modules.push(self.folder.join(module.ident.to_string()));
            }
            return;
        }
        visit::visit_item(self, item);
    }

    fn visit_item_fn(&mut self, function: &'a syn::ItemFn) {
        self.add(&function.sig, &function.block);
        visit::visit_item_fn(self, function);
    }

    fn visit_impl_item_fn(&mut self, function: &'a syn::ImplItemFn) {
        self.add(&function.sig, &function.block);
        visit::visit_impl_item_fn(self, function);
    }
}

fn attributes(item: &syn::Item) -> &[syn::Attribute] {
    match item {
        syn::Item::Mod(item) => &item.attrs,
        syn::Item::Fn(item) => &item.attrs,
        syn::Item::Impl(item) => &item.attrs,
        syn::Item::Use(item) => &item.attrs,
        _ => &[],
    }
}

/// Whether the attributes say `cfg(test)`.
fn is_test(attributes: &[syn::Attribute]) -> bool {
    attributes.iter().any(|attribute| {
        attribute.path().is_ident("cfg")
            && attribute.parse_args::<syn::Path>().is_ok_and(|condition| condition.is_ident("test"))
    })
}
