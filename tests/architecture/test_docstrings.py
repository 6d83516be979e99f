"""Docstrings of functions say what to do (“Return …”), names of variables say what they hold."""

import ast
from collections.abc import Iterator

import pytest

from tests.architecture.rules import classes
from tests.architecture.sources import Source, sources

NOT_IMPERATIVE = {
    *("The", "A", "An", "What", "Whether", "How", "Who", "Which", "Where", "When", "Why", "That", "Those", "These"),
    *("This", "It", "Its", "Each", "Every", "All"),
}
NOT_NOUNS = {"found", "kept", "told", "wanted", "became", "shown", "noted", "fresh", "sound", "touched"}
"""Participles hide what a variable holds: conditions, findings, rows, a page, a cursor, new events …"""
_VALUES = {"property", "cached_property", "computed_field", "fixture", "setter", "getter", "deleter", "hookimpl"}


def decorators(function: ast.FunctionDef | ast.AsyncFunctionDef) -> set[str]:
    """Return the names of a function's decorators, without what is before their last dot."""
    called = [each.func if isinstance(each, ast.Call) else each for each in function.decorator_list]
    return {ast.unparse(each).rpartition(".")[2] for each in called}


def not_imperative(source: Source) -> Iterator[str]:
    """Yield the functions whose docstring describes a value; that of a test describes its case."""
    for node in source.walk(ast.FunctionDef, ast.AsyncFunctionDef):
        assert isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        first = (ast.get_docstring(node) or "Return").split()[0].rstrip(",.:;")
        if first in NOT_IMPERATIVE and not decorators(node) & _VALUES and not node.name.startswith("test_"):
            yield f"{source.path}:{node.lineno} {node.name}: {first} …"


def not_nouns(source: Source) -> Iterator[str]:
    """Yield the variables and parameters whose name is a participle; fields of classes are columns and JSON."""
    fields = {id(each.target) for node, _ in classes(source) for each in node.body if isinstance(each, ast.AnnAssign)}
    for node in source.walk(ast.Name, ast.arg):
        if id(node) in fields:
            continue
        name = node.id if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store) else getattr(node, "arg", None)
        if isinstance(name, str) and name.lstrip("_") in NOT_NOUNS:
            yield f"{source.path}:{getattr(node, 'lineno', 0)} {name}"


@pytest.mark.parametrize("folder", ["shared/", "services/", "deploy/", "tests/"])
def test_docstrings_of_functions_are_imperative(folder: str) -> None:
    judged = [source for source in sources() if source.path.startswith(folder)]
    assert [each for source in judged for each in not_imperative(source)] == []


@pytest.mark.parametrize("folder", ["shared/", "services/", "deploy/", "tests/"])
def test_variables_are_nouns(folder: str) -> None:
    judged = [source for source in sources() if source.path.startswith(folder)]
    assert [each for source in judged for each in not_nouns(source)] == []


def test_the_searches_find_what_is_planted() -> None:
    text = '''
def a(kept, *, rows):
    """The rows."""
    found = [fresh for fresh in rows]
    return found

async def b():
    """Whether it is so."""

@property
def c():
    """The rows."""

@pytest_asyncio.fixture(scope="module")
async def d():
    """A client."""

def e():
    """Return the rows."""

_shown: list[str] = []
for told, (noted, page) in pages:
    wanted = page.found
with opened(kept=True) as became:
    became.touched = True

class F:
    found: str
'''
    source = Source("x.py", text, ast.parse(text))
    assert [each.split()[1] for each in not_imperative(source)] == ["a:", "b:"]
    planted = ["_shown", "became", "found", "fresh", "kept", "noted", "told", "wanted"]
    assert sorted(each.split()[1] for each in not_nouns(source)) == sorted(planted)
