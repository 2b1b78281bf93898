//! What Python files say, without executing them: the names that a module or a class binds, and the literals among
//! their values.

mod literal;

use std::collections::BTreeMap;
use std::path::Path;

use tree_sitter::{Node, Parser, Tree};

pub(super) use self::literal::Literal;

/// A file that was read.
pub(super) struct File {
    text: String,
    tree: Tree,
}

/// The names of a module or of a class's body.
pub(super) struct Scope<'a> {
    text: &'a str,
    names: BTreeMap<&'a str, Binding<'a>>,
    /// Whether it takes all that another module has, too.
    pub(super) has_star: bool,
}

/// What a name was bound to last.
enum Binding<'a> {
    /// A value, in any case.
    Value(Node<'a>),
    /// A class, in any case.
    Class(Node<'a>),
    /// What only running the file would tell: an import, a value of a condition, a function.
    Other,
}

/// What a scope says of a name.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Said {
    /// Nothing.
    Nothing,
    /// That it is this.
    Literal(Literal),
    /// Something that isn't a literal.
    Other,
}

impl File {
    /// Reads a file. The error names it and what to do.
    pub(super) fn read(path: &Path) -> Result<Self, String> {
        let shown = path.display();
        let bytes = std::fs::read(path).map_err(|error| format!("can't read `{shown}`: {error}"))?;
        let text = String::from_utf8(bytes).map_err(|_| format!("`{shown}` is not in UTF-8; save it as UTF-8"))?;
        Self::parse(text).map_err(|line| {
            format!("`{shown}` can't be read as Python: line {line} has a syntax error; mend it, or remove the file")
        })
    }

    /// The error is the line that can't be understood.
    fn parse(text: String) -> Result<Self, usize> {
        let mut parser = Parser::new();
        let tree =
            parser.set_language(&tree_sitter_python::LANGUAGE.into()).ok().and_then(|()| parser.parse(&text, None));
        let Some(tree) = tree else { return Err(1) };
        let mut node = tree.root_node();
        while let Some(child) = node.children(&mut node.walk()).find(Node::has_error) {
            node = child;
        }
        if node.has_error() { Err(node.start_position().row + 1) } else { Ok(Self { text, tree }) }
    }

    /// The names of the module.
    pub(super) fn module(&self) -> Scope<'_> {
        Scope::of(&self.text, self.tree.root_node())
    }
}

impl<'a> Scope<'a> {
    fn of(text: &'a str, block: Node<'a>) -> Self {
        let mut scope = Self { text, names: BTreeMap::new(), has_star: false };
        for statement in children(block) {
            scope.read(statement, true);
        }
        scope
    }

    /// What it says of a name.
    pub(super) fn say(&self, name: &str) -> Said {
        match self.names.get(name) {
            None => Said::Nothing,
            Some(Binding::Value(node)) => Literal::of(*node, self.text).map_or(Said::Other, Said::Literal),
            Some(Binding::Class(_) | Binding::Other) => Said::Other,
        }
    }

    /// Whether it has a name, whatever that is.
    pub(super) fn has(&self, name: &str) -> bool {
        self.names.contains_key(name)
    }

    /// The body of a class.
    pub(super) fn class(&self, name: &str) -> Option<Scope<'a>> {
        let Binding::Class(class) = self.names.get(name)? else { return None };
        Some(Self::of(self.text, class.child_by_field_name("body")?))
    }

    /// Its classes, with the last parts of the names of what they are derived from.
    pub(super) fn classes(&self) -> impl Iterator<Item = (&'a str, Vec<&'a str>)> {
        self.names.iter().filter_map(|(name, binding)| {
            let Binding::Class(class) = binding else { return None };
            let bases = class.child_by_field_name("superclasses").map(children).unwrap_or_default();
            let bases = bases.into_iter().filter_map(|base| match base.kind() {
                "identifier" => Some(self.text_of(base)),
                "attribute" => base.child_by_field_name("attribute").map(|last| self.text_of(last)),
                _ => None,
            });
            Some((*name, bases.collect()))
        })
    }

    /// Takes in what a statement binds. `always` is whether it stands in the scope's own block, not under a condition.
    fn read(&mut self, statement: Node<'a>, always: bool) {
        match statement.kind() {
            "expression_statement" => {
                for child in children(statement) {
                    self.read(child, always);
                }
            }
            "assignment" => self.assign(statement, always),
            "augmented_assignment" | "delete_statement" => self.bind_all(statement.named_child(0)),
            "class_definition" => {
                let binding = if always { Binding::Class(statement) } else { Binding::Other };
                self.bind(statement.child_by_field_name("name"), binding);
            }
            "function_definition" => self.bind(statement.child_by_field_name("name"), Binding::Other),
            "decorated_definition" => {
                if let Some(definition) = statement.child_by_field_name("definition") {
                    self.read(definition, always);
                }
            }
            "import_statement" | "import_from_statement" => self.import(statement),
            "for_statement"
            | "while_statement"
            | "if_statement"
            | "elif_clause"
            | "else_clause"
            | "try_statement"
            | "except_clause"
            | "except_group_clause"
            | "finally_clause"
            | "with_statement"
            | "with_clause"
            | "with_item"
            | "match_statement"
            | "case_clause"
            | "as_pattern"
            | "block" => {
                self.bind_all(statement.child_by_field_name("left"));
                for child in children(statement) {
                    self.read(child, false);
                }
            }
            "as_pattern_target" => self.bind_all(Some(statement)),
            _ => {}
        }
    }

    /// `a = b = value`, `a: type = value`; a mere `a: type` binds nothing.
    fn assign(&mut self, assignment: Node<'a>, always: bool) {
        let mut value = assignment.child_by_field_name("right");
        let mut targets = vec![assignment.child_by_field_name("left")];
        while let Some(next) = value.filter(|node| node.kind() == "assignment") {
            targets.push(next.child_by_field_name("left"));
            value = next.child_by_field_name("right");
        }
        let Some(value) = value else { return };
        for target in targets {
            if always && target.is_some_and(|target| target.kind() == "identifier") {
                self.bind(target, Binding::Value(value));
            } else {
                self.bind_all(target);
            }
        }
    }

    fn import(&mut self, import: Node<'a>) {
        self.has_star |= children(import).iter().any(|child| child.kind() == "wildcard_import");
        let mut cursor = import.walk();
        for name in import.children_by_field_name("name", &mut cursor) {
            self.bind(name.child_by_field_name("alias").or_else(|| name.named_child(0)), Binding::Other);
        }
    }

    /// Every name in a target such as `(a, *b)`; `a.b` and `a[b]` bind none.
    fn bind_all(&mut self, target: Option<Node<'a>>) {
        let mut next: Vec<_> = target.into_iter().collect();
        while let Some(node) = next.pop() {
            match node.kind() {
                "identifier" => self.bind(Some(node), Binding::Other),
                "attribute" | "subscript" => {}
                _ => next.extend(children(node)),
            }
        }
    }

    fn bind(&mut self, name: Option<Node<'a>>, binding: Binding<'a>) {
        if let Some(name) = name {
            self.names.insert(self.text_of(name), binding);
        }
    }

    fn text_of(&self, node: Node<'a>) -> &'a str {
        &self.text[node.byte_range()]
    }
}

/// The parts of a node that mean something.
fn children(node: Node<'_>) -> Vec<Node<'_>> {
    let mut cursor = node.walk();
    let not_comment = |child: &Node| !matches!(child.kind(), "comment" | "line_continuation");
    node.named_children(&mut cursor).filter(not_comment).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> File {
        File::parse(text.to_owned()).unwrap_or_else(|line| panic!("line {line} of {text}"))
    }

    fn text(text: &str) -> Said {
        Said::Literal(Literal::Text(text.to_owned()))
    }

    #[test]
    fn only_the_assignments_of_the_module_itself_count_and_the_last_one_wins() {
        for (source, expected) in [
            ("revision = 'a1'", text("a1")),
            ("\u{feff}revision = 'a1'\r\n", text("a1")),
            ("\"\"\"Revision ID: b\nrevision = 'b'\n\"\"\"\nrevision : str='a1' # it's\n", text("a1")),
            ("x = 'b'; revision = \\\n    'a1'", text("a1")),
            ("revision = other = 'a1'", text("a1")),
            ("other = revision = 'a1'", text("a1")),
            ("revision = 'b'\nrevision = 'a1'", text("a1")),
            ("revision: str", Said::Nothing),
            ("def f():\n    revision = 'b'\nclass C:\n    revision = 'b'\nlambda revision: 1", Said::Nothing),
            ("x.revision = 'b'\nx[revision] = 'b'\nrevision == 'b'\nrevisions = 'b'", Said::Nothing),
            ("revision = 'b'\nif x:\n    revision = 'c'", Said::Other),
            ("try:\n    revision = 'b'\nexcept E:\n    pass", Said::Other),
            ("revision, x = 'a', 'b'", Said::Other),
            ("revision = 'a'\nrevision += 'b'", Said::Other),
            ("revision = 'a'\ndel revision", Said::Other),
            ("from x import (a as revision)", Said::Other),
            ("from x import revision", Said::Other),
            ("import revision.x", Said::Other),
            ("from revision import x", Said::Nothing),
            ("def revision(): pass", Said::Other),
            ("for x, revision in y: pass", Said::Other),
            ("with x() as revision: pass", Said::Other),
        ] {
            assert_eq!(parse(source).module().say("revision"), expected, "{source}");
        }
        assert!(parse("from x import *").module().has_star);
    }

    #[test]
    fn classes_are_found_with_their_bases_and_bodies() {
        let file = parse(
            "@x\nclass  C ( a.Base , Other, metaclass=M ) :\n    '''label = \"no\"'''\n    label = 'yes'\n    def f(self):\n\
             \x20       label = 'no'\nif x:\n    class D(Base): pass\n",
        );
        let module = file.module();
        assert_eq!(module.classes().collect::<Vec<_>>(), [("C", vec!["Base", "Other"])]);
        assert_eq!(module.class("C").expect("a class").say("label"), text("yes"));
        assert!(module.has("D") && module.class("D").is_none());
    }

    #[test]
    fn what_can_t_be_read_is_an_error_with_the_file_and_the_fix() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("a.py");
        for (bytes, expected) in [
            (&b"x = 1\ndef f(:\n    pass\n"[..], "line 2 has a syntax error"),
            (b"x = 'a\n", "line 1 has a syntax error"),
            (b"# caf\xe9\n", "save it as UTF-8"),
        ] {
            std::fs::write(&path, bytes).expect("a file");
            let error = File::read(&path).err().expect("an error");
            assert!(error.contains(expected) && error.contains("a.py"), "{error}");
        }
        assert!(File::read(&folder.path().join("b.py")).err().expect("an error").contains("can't read `"));
    }
}
