"""What a rule of the house is: a search in a source, where its findings are allowed, and examples of both.

Every rule is tried three ways (`test_one_way.py`): product code has no findings but the allowed ones, the search finds
what is planted, and every exception is still needed.
"""

import ast
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache

from tests.architecture.names import names_of
from tests.architecture.sources import Source

SHARED = "shared/ilp_shared/"
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


@lru_cache(maxsize=1_000)
def texts(source: Source) -> tuple[tuple[int, str], ...]:
    """Return line and text of every string that is no docstring.

    A text put together from parts is one, with `{…}` for what is not known of it.
    """
    names, lines = names_of(source), []
    inner = {
        id(node.value) for node in source.walk(ast.Expr) if isinstance(node, ast.Expr)
    }  # docstrings, of fields too
    for node in source.nodes:  # from the outside inwards
        if isinstance(node, ast.expr) and (text := names.text(node)) is not None:
            if id(node) not in inner:
                lines.append((node.lineno, text))
            inner.update(map(id, names.parts(node)))
    return tuple(lines)


def text_matching(pattern: str) -> Search:
    """Return the search for a regular expression in strings."""
    compiled = re.compile(pattern)

    def search(source: Source) -> Iterator[int]:
        return (line for line, text in texts(source) if compiled.search(text))

    return search


@lru_cache(maxsize=1_000)
def calls(source: Source) -> tuple[tuple[ast.Call, str], ...]:
    """Return every call with the last name of what is called, aliases resolved: `x.y(…)` as `y`."""
    names = names_of(source)
    return tuple(
        (node, names.path(node.func).rpartition(".")[2]) for node in source.walk(ast.Call) if isinstance(node, ast.Call)
    )


def call_of(*names: str) -> Search:
    """Return the search for calls of functions, methods or classes with these names."""
    return lambda source: (node.lineno for node, name in calls(source) if name in names)


def import_of(*modules: str) -> Search:
    """Return the search for imports of modules, or of names from them."""

    def search(source: Source) -> Iterator[int]:
        for node in source.walk(ast.Import, ast.ImportFrom):
            if isinstance(node, ast.ImportFrom):
                named = [node.module or ""]
            else:
                named = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            if any(name in modules for name in named):
                yield getattr(node, "lineno", 0)

    return search


def classes(source: Source) -> Iterator[tuple[ast.ClassDef, set[str]]]:
    """Yield every class with the names of its bases, aliases resolved, without type parameters."""
    for node in source.walk(ast.ClassDef):
        if isinstance(node, ast.ClassDef):
            yield node, {names_of(source).path(base).rpartition(".")[2] for base in node.bases}


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


def named_tables(pattern: str) -> Search:
    """Return the search for tables whose name matches: `__tablename__`, `Table(…)`, `table(…)`."""
    compiled = re.compile(f"(?i){pattern}")

    def search(source: Source) -> Iterator[int]:
        names = names_of(source)
        for node in source.walk(ast.Assign, ast.AnnAssign, ast.Call):
            if isinstance(node, ast.Call):
                is_table = names.path(node.func).rpartition(".")[2] in ("Table", "table")
                named = node.args[0] if is_table and node.args else None
            else:
                assert isinstance(node, ast.Assign | ast.AnnAssign)
                target = node.targets[0] if isinstance(node, ast.Assign) else node.target
                named = node.value if getattr(target, "id", None) == "__tablename__" else None
            if named is not None and compiled.search(names.text(named) or ""):
                yield node.lineno

    return search
