"""What a rule of the house is: a search in a source, where its findings are allowed, and examples of both.

Every rule is tried three ways (`test_one_way.py`): product code has no findings but the allowed ones, the search finds
what is planted, and every exception is still needed.
"""

import ast
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

from tests.architecture.sources import Source

Search = Callable[[Source], Iterator[int]]
"""Yields the line of each finding."""


@dataclass(frozen=True)
class Rule:
    """One thing that is done in one way."""

    name: str
    instead: str
    """What to do instead; part of the message."""
    search: Search
    planted: tuple[str, ...]
    """Texts of a module in each of which the search must find something."""
    innocent: tuple[str, ...] = ()
    """Texts in which it must find nothing."""
    allowed: Mapping[str, str] = field(default_factory=dict)
    """Why a file may do otherwise, by its path."""

    def findings(self, source: Source) -> list[int]:
        """Return the lines of a source that break the rule."""
        return sorted(set(self.search(source)))


def planted(text: str, path: str = "services/x/ilp_x/feature/schemas.py") -> Source:
    """Return a source that is in no file."""
    return Source(path, text, ast.parse(text))


def texts(source: Source) -> Iterator[ast.Constant]:
    """Yield every string of a module that is no docstring, parts of f-strings included."""
    described = {id(node) for node in _docstrings(source.tree)}
    for node in source.walk(ast.Constant):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in described:
            yield node


def _docstrings(tree: ast.Module) -> Iterator[ast.AST]:
    """Yield every string that is a statement of its own: docstrings, also of constants and fields."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            yield node.value


def text_matching(pattern: str) -> Search:
    """Return the search for a regular expression in strings."""
    compiled = re.compile(pattern)

    def search(source: Source) -> Iterator[int]:
        return (node.lineno for node in texts(source) if compiled.search(str(node.value)))

    return search


def calls(source: Source) -> Iterator[tuple[ast.Call, str]]:
    """Yield every call with the name that is called: `x.y(…)` as `y`."""
    for node in source.walk(ast.Call):
        if isinstance(node, ast.Call):
            called = node.func
            yield node, called.attr if isinstance(called, ast.Attribute) else getattr(called, "id", "")


def call_of(*names: str) -> Search:
    """Return the search for calls of functions, methods or classes with these names."""
    return lambda source: (node.lineno for node, name in calls(source) if name in names)


def classes(source: Source) -> Iterator[tuple[ast.ClassDef, set[str]]]:
    """Yield every class with the names of its bases, without their type parameters."""
    for node in source.walk(ast.ClassDef):
        if isinstance(node, ast.ClassDef):
            yield node, {ast.unparse(base).partition("[")[0].rpartition(".")[2] for base in node.bases}


def fields_of(node: ast.ClassDef) -> set[str]:
    """Return the annotated names of a class."""
    return {
        item.target.id for item in node.body if isinstance(item, ast.AnnAssign) and isinstance(item.target, ast.Name)
    }


def parameters(source: Source) -> Iterator[ast.arg]:
    """Yield every parameter of every function."""
    return (node for node in source.walk(ast.arg) if isinstance(node, ast.arg))


def either(*searches: Search) -> Search:
    """Return a search that finds what any of them finds."""

    def search(source: Source) -> Iterator[int]:
        for each in searches:
            yield from each(source)

    return search
