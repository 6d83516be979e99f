"""One way for everything: area filters, keys, audit, texts, models, guards, pages, copies, events."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from tests.architecture.one_way import RULES
from tests.architecture.rules import Rule, planted
from tests.architecture.sources import ROOT, product_sources

each_rule = pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
_TWIN = re.compile(r"\w+_en")


@each_rule
def test_product_code_does_it_the_one_way(rule: Rule) -> None:
    findings = [
        f"{source.path}:{line}"
        for source in product_sources()
        if source.path not in rule.allowed and "/migrations/" not in source.path
        for line in rule.findings(source)
    ]
    assert findings == [], rule.instead


@each_rule
def test_every_exception_is_still_needed(rule: Rule) -> None:
    needed = {source.path for source in product_sources() if source.path in rule.allowed and rule.findings(source)}
    assert needed == rule.allowed.keys()


@each_rule
def test_the_search_finds_what_is_planted_and_nothing_else(rule: Rule) -> None:
    assert [text for text in rule.planted if not rule.findings(planted(text))] == []
    assert [text for text in rule.innocent if rule.findings(planted(text))] == []


def data_files() -> list[Path]:
    """Return the data files of the services."""
    return sorted(p for p in (ROOT / "services").rglob("*.y*ml") if ".venv" not in p.parts)


def keys_of(value: object) -> Iterator[str]:
    """Yield every key of a document, at every depth."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield str(key)
            yield from keys_of(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from keys_of(inner)


def twins_in(text: str) -> list[str]:
    """Return the keys of a YAML document that end in a language."""
    return sorted({key for key in keys_of(yaml.safe_load(text)) if _TWIN.fullmatch(key)})


def test_data_files_hold_texts_in_two_languages_as_one_value() -> None:
    assert data_files()
    twins = {p.relative_to(ROOT).as_posix(): twins_in(p.read_text(encoding="utf-8")) for p in data_files()}
    assert {path: keys for path, keys in twins.items() if keys} == {}


def test_the_search_in_data_files_finds_twins() -> None:
    assert twins_in("a:\n  - label_id: x\n    label_en: y\nb: {text: {id: x, en: y}}\n") == ["label_en"]
