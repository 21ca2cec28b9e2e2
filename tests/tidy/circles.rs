//! Circles among the files of a crate: of two that need each other neither can be read by itself. A file and those below it are
//! one thing: what is below may know what is above.

use std::collections::{BTreeMap, BTreeSet};

use petgraph::{algo::tarjan_scc, graphmap::DiGraphMap};
use syn::{
    Attribute, Item, ItemMod, ItemUse, Path, UseTree, Visibility,
    visit::{Visit, visit_item_use, visit_path},
};

use crate::sources;

/// The names that lead to something, from the root of a crate.
type Names = Vec<String>;

/// A file of a crate: where its module stands, and what it names.
#[derive(Debug, Default)]
struct File {
    module: Names,
    /// What it calls by a short name.
    imports: BTreeMap<String, Names>,
    /// All that it names for itself; what it only hands on is not among it.
    named: BTreeSet<Names>,
    is_handed_on: bool,
}

impl File {
    fn of(name: &str, text: &str) -> Self {
        let (_, path) = name.split_once("/src/").unwrap();
        let path = path.trim_end_matches(".rs");
        let module = if ["lib", "main"].contains(&path) { "" } else { path };
        let mut file = Self {
            module: module.split('/').filter(|name| !name.is_empty()).map(str::to_owned).collect(),
            ..Self::default()
        };
        file.visit_file(&syn::parse_file(text).unwrap_or_else(|error| panic!("{name}: {error}")));
        file
    }

    /// The path from the crate's root; `None` where it may lead out of the crate.
    fn absolute(&self, path: &[String]) -> Option<Names> {
        let supers = path.iter().take_while(|name| *name == "super").count();
        let (from, rest) = match path.first()?.as_str() {
            "crate" => (&[][..], &path[1..]),
            "self" => (&self.module[..], &path[1..]),
            "super" => (&self.module[..self.module.len().checked_sub(supers)?], &path[supers..]),
            _ => (&self.module[..], path),
        };
        Some([from, rest].concat())
    }

    fn take(&mut self, tree: &UseTree, before: &[String]) {
        let with = |name: &dyn ToString| [before, &[name.to_string()]].concat();
        let (name, path) = match tree {
            UseTree::Path(path) => return self.take(&path.tree, &with(&path.ident)),
            UseTree::Group(group) => return group.items.iter().for_each(|tree| self.take(tree, before)),
            UseTree::Name(name) if name.ident == "self" => (before.last().unwrap().clone(), before.to_vec()),
            UseTree::Name(name) => (name.ident.to_string(), with(&name.ident)),
            UseTree::Rename(name) => (name.rename.to_string(), with(&name.ident)),
            UseTree::Glob(_) => return,
        };
        let Some(path) = self.absolute(&path) else { return };
        if !self.is_handed_on {
            self.named.insert(path.clone());
        }
        self.imports.insert(name, path);
    }
}

/// Whether something is there in tests alone.
fn is_for_tests(attributes: &[Attribute]) -> bool {
    attributes.iter().any(|attribute| attribute.path().is_ident("cfg") && quoted(attribute).contains("test"))
}

fn quoted(attribute: &Attribute) -> String {
    attribute.meta.require_list().map(|list| list.tokens.to_string()).unwrap_or_default()
}

impl<'ast> Visit<'ast> for File {
    fn visit_item(&mut self, item: &'ast Item) {
        let attributes = match item {
            Item::Mod(ItemMod { attrs, .. }) | Item::Use(ItemUse { attrs, .. }) => attrs.as_slice(),
            Item::Fn(item) => &item.attrs,
            Item::Impl(item) => &item.attrs,
            _ => &[],
        };
        if !is_for_tests(attributes) {
            syn::visit::visit_item(self, item);
        }
    }

    fn visit_item_use(&mut self, item: &'ast ItemUse) {
        self.is_handed_on = !matches!(item.vis, Visibility::Inherited);
        self.take(&item.tree, &[]);
        visit_item_use(self, item);
    }

    fn visit_path(&mut self, path: &'ast Path) {
        let names: Names = path.segments.iter().map(|segment| segment.ident.to_string()).collect();
        if names.len() > 1 {
            let begin = self.imports.get(&names[0]).cloned();
            let path = begin.map(|begin| [begin, names[1..].to_vec()].concat()).or_else(|| self.absolute(&names));
            self.named.extend(path);
        }
        visit_path(self, path);
    }
}

/// The file in which a name is made: past those that only hand it on.
fn home<'f>(files: &'f [File], path: &[String], depth: usize) -> Option<&'f Names> {
    let longest = (0..=path.len()).rev().find_map(|length| files.iter().find(|file| file.module == path[..length]))?;
    let rest = &path[longest.module.len()..];
    match rest.first().and_then(|name| longest.imports.get(name)) {
        Some(next) if depth > 0 => home(files, &[next, &rest[1..]].concat(), depth - 1),
        _ => Some(&longest.module),
    }
}

/// The circles among some files of a crate, each with its files.
fn circles(texts: &[(String, String)]) -> Vec<BTreeSet<String>> {
    let files: Vec<File> = texts.iter().map(|(name, text)| File::of(name, text)).collect();
    let place = |module: &Names| files.iter().position(|file| file.module == *module).unwrap();
    let mut graph: DiGraphMap<usize, ()> = DiGraphMap::new();
    for (from, file) in files.iter().enumerate() {
        let others = file.named.iter().filter_map(|path| home(&files, path, 8));
        for to in others.filter(|other| !file.module.starts_with(other)) {
            graph.add_edge(from, place(to), ());
        }
    }
    let circles = tarjan_scc(&graph).into_iter().filter(|circle| circle.len() > 1);
    circles.map(|circle| circle.into_iter().map(|place| texts[place].0.clone()).collect()).collect()
}

/// All files of a crate that are no tests.
fn of_crate(folder: &str) -> Vec<(String, String)> {
    let is_test = |name: &str| name.contains("/tests/") || name.ends_with("/tests.rs");
    let mut files = sources(&[&format!("{folder}/src")]);
    // A program beside a library is a crate of its own.
    let has_lib = files.iter().any(|(name, _)| name.ends_with("/src/lib.rs"));
    files.retain(|(name, _)| !(is_test(name) || has_lib && name.ends_with("/src/main.rs")));
    files
}

#[test]
fn no_two_files_of_a_crate_need_each_other() {
    let mut found = Vec::new();
    for folder in crate::crates() {
        found.extend(circles(&of_crate(&folder)));
    }
    assert!(found.is_empty(), "{found:#?}");
}

#[test]
fn a_circle_is_found_and_what_is_only_handed_on_is_none() {
    let file = |name: &str, text: &str| (format!("a/src/{name}.rs"), text.to_owned());
    let found = |texts: &[(String, String)]| circles(texts).into_iter().map(|circle| circle.len()).collect::<Vec<_>>();
    let root = file("lib", "mod a; mod b; pub use a::A; pub use b::B;");
    let a = file("a", "use crate::{B}; pub struct A(B);");
    assert_eq!(found(&[root.clone(), a.clone(), file("b", "pub struct B;")]), [0; 0]);
    assert_eq!(found(&[root.clone(), a.clone(), file("b", "pub struct B; fn f() { super::A; }")]), [2]);
    assert_eq!(
        found(&[root.clone(), a.clone(), file("b", "pub struct B; #[cfg(test)] mod tests { use crate::A; }")]),
        [0; 0]
    );
    assert_eq!(found(&[root, a, file("b", "use super::a; pub struct B; fn f() { a::A::new() }")]), [2]);
}
