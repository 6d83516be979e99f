"""The table of mutants is sound: every edit finds its place, every named test exists. `make mutants` runs them."""

import ast

import pytest

from deploy.dev.config import ROOT
from tests.mutants.catalogue import MUTANTS
from tests.mutants.mutant import Mutant
from tests.mutants.startup.sitecustomize import mutated

_LEAST = 13
every = pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)


def test_there_are_enough_and_each_has_a_name_of_its_own() -> None:
    assert len({mutant.name for mutant in MUTANTS}) == len(MUTANTS) >= _LEAST


@every
def test_an_edit_changes_one_place_into_other_sound_python(mutant: Mutant) -> None:
    source = mutant.source.read_text(encoding="utf-8")
    assert mutant.edits
    assert ast.dump(ast.parse(mutated(source, mutant.edits))) != ast.dump(ast.parse(source))


@every
def test_the_tests_that_must_notice_exist(mutant: Mutant) -> None:
    assert mutant.tests
    for node in mutant.tests:
        path, _, name = node.partition("::")
        tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
        assert name.partition("[")[0] in {getattr(item, "name", None) for item in tree.body}, node


def test_a_text_that_is_not_there_exactly_once_is_refused() -> None:
    assert mutated("a = 1\n", [("1", "2")]) == "a = 2\n"
    for source in ("a = 2\n", "a = 11\n"):
        with pytest.raises(ValueError, match="places instead of one"):
            mutated(source, [("1", "3")])
