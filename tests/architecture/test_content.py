"""Content is data: no code of screening, of what is shared, or of the routing of tasks names a screening."""

import ast
import re
from collections.abc import Iterator

from ilp_screening.packs.loader import load_library
from tests.architecture.sources import Source, service_sources

ALLOWED = {"extract_tb": "a traceback"}
PLACES = ("services/screening/", "shared/ilp_shared/", "services/cluster-services/ilp_cluster_services/rules/")


def names_of_screenings() -> set[str]:
    """Return the codes of all packs and of the questions that they answer."""
    packs = load_library().all
    questions = {asked for pack in packs for asked in _questions(pack.form)}
    return {pack.form.code for pack in packs} | questions


def _questions(form: object) -> Iterator[str]:
    for name in ("question", "scales", "indicators", "steps"):
        entry = getattr(form, name, ())
        for each in entry if isinstance(entry, tuple) else (entry,):
            yield getattr(each, "code", None) or each.question.code


def named(source: Source, names: set[str]) -> Iterator[str]:
    """Yield what names one of them: an identifier or a text that has the name as a word; docstrings are left out."""
    statements = (node.value for node in ast.walk(source.tree) if isinstance(node, ast.Expr))
    documents = {id(value) for value in statements if isinstance(value, ast.Constant)}
    for node in ast.walk(source.tree):
        words = [str(value) for value in _words(node) if id(node) not in documents]
        for word in words:
            if word not in ALLOWED and any(
                re.search(rf"(?<![a-z0-9]){name}(?![a-z0-9])", word.lower()) for name in names
            ):
                yield f"{source.path}:{getattr(node, 'lineno', 0)}: {word[:60]}"


def _words(node: ast.AST) -> Iterator[object]:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    for field in ("id", "attr", "name", "arg", "module"):
        value = getattr(node, field, None)
        if isinstance(value, str):
            yield value


def test_no_code_names_a_screening() -> None:
    names = names_of_screenings()
    assert {"growth", "tb", "blood_pressure", "tb_symptoms", "weight_for_age"} <= names
    code = [source for source in service_sources() if source.path.startswith(PLACES)]
    assert len(code) > 100
    assert sorted({line for source in code for line in named(source, names)}) == []


def test_the_search_finds_names() -> None:
    names = names_of_screenings()
    planted = (
        "def judge_tb(): ...",
        "A = 'blood_pressure'",
        "from x.growth import y",
        "a.weight_for_age",
        "B = 'x/tb/1'",
    )
    for text in planted:
        assert list(named(Source("services/screening/x.py", text, ast.parse(text)), names)), text
    for text in ('"""Blood_pressure in a docstring."""', "stub = 1", "A = 'growths'"):
        assert not list(named(Source("services/screening/x.py", text, ast.parse(text)), names)), text
