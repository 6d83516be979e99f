"""Mutations by seed: a schema or a rule finds every one of them."""

import pytest

from deploy.k8s.rules import faults_of as broken_rules
from tests.unit.k8s.mutations import Mutation, mutations
from tests.unit.k8s.renderings import rendering, replaced
from tests.unit.k8s.schemas import faults_of

NUMBER = 40
SEED = 12


@pytest.mark.parametrize(
    "mutation", list(mutations(rendering("national"), SEED, NUMBER)), ids=lambda mutation: mutation.what
)
def test_a_mutation_is_found(mutation: Mutation) -> None:
    assert list(faults_of(mutation.changed)) or broken_rules(replaced(rendering("national"), mutation.changed))


def test_they_are_as_many_and_the_same_each_time() -> None:
    first, second = (list(mutations(rendering("national"), SEED, NUMBER)) for _ in range(2))
    assert first == second
    assert len({mutation.what for mutation in first}) == NUMBER
