"""Random changes of the index key beside two APIs: no NIK is registered twice, and none is missed.

Two processes of different settings register and search, are restarted with the next settings, and the command is run
with those of either, in any order. A process starts only where the stored rows allow its keys, as in production. One
whose keys no longer suffice may be refused; it never registers a person a second time. Real PostgreSQL.
"""

import asyncio
from collections.abc import Coroutine, Sequence
from typing import Any, TypeVar

import pytest_asyncio
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule

from ilp_registry.service import SERVICE
from ilp_shared.operations.maintenance import NotNow
from tests.service.registry.conftest import key
from tests.service.registry.key_places import Process, new_nik, processes
from tests.support.api import Issuer
from tests.support.databases import Databases, DatabaseUrls
from tests.support.histories import run_histories

T = TypeVar("T")
PLACES = ({"1": "a"}, {"1": "a", "2": "b"}, {"2": "b"}, {"1": "c", "2": "b"}, {"1": "c"})
"""Index keys by place, on the way through two whole changes."""
NUMBER_OF_PEOPLE = 4
CARDS = ("1376010101220061", "1376010101220062")
EMPTY = """
TRUNCATE person, household, idempotency_key, lookup CASCADE;
UPDATE blind_index SET state = CASE place WHEN '1' THEN 'required' ELSE 'empty' END;
"""

who, which, cards = st.integers(0, NUMBER_OF_PEOPLE - 1), st.integers(0, 1), st.sampled_from(CARDS)


class Changes(RuleBasedStateMachine):
    """One history of two processes; `runner` and `steps`, an API for each of the settings, are set by the test."""

    runner: asyncio.Runner
    steps: Sequence[Process]

    def __init__(self) -> None:
        super().__init__()
        self.at = [0, 0]
        self.niks = [new_nik() for _ in range(NUMBER_OF_PEOPLE)]
        self.persons: dict[int, str] = {}
        self.households: dict[str, str] = {}

    def wait(self, work: Coroutine[Any, Any, T]) -> T:
        """Run asynchronous work."""
        return self.runner.run(work)

    def suits(self, process: Process) -> bool:
        """Tell whether the stored rows allow the keys of a process."""
        return not self.wait(process.misfits())

    @initialize(steps=st.integers(0, len(PLACES) - 2), person=who)
    def begin(self, steps: int, person: int) -> None:
        """One person is registered, and so many steps of the changes were done as they should be."""
        self.wait(self.steps[0].api.as_owner(EMPTY))
        self.register(0, person, CARDS[0])
        for step in range(1, steps + 1):
            self.restart(0)
            self.restart(1)
            assert self.at == [step, step]
            self.rotate(0)

    @rule(process=which)
    def restart(self, process: int) -> None:
        """Start a process with the next settings, if it starts."""
        following = min(self.at[process] + 1, len(self.steps) - 1)
        if self.suits(self.steps[following]):
            self.at[process] = following

    @rule(process=which)
    def rotate(self, process: int) -> None:
        """Run the command with the settings of a process."""
        try:
            assert self.wait(self.steps[self.at[process]].rotate()).is_complete
        except NotNow:
            assert not self.suits(self.steps[self.at[process]])

    @rule(process=which, person=who, card=cards)
    def register(self, process: int, person: int, card: str) -> None:
        """Register a person in a household."""
        door = self.steps[self.at[process]]
        suits = self.suits(door)
        answer = self.wait(door.register(self.niks[person], household={"kk": card}))
        if answer.status_code == 201:
            assert person not in self.persons
            household = answer.json()["household_id"]
            assert self.households.setdefault(card, household) == household
            self.persons[person] = answer.json()["id"]
        else:
            assert answer.status_code == 409 if suits else answer.status_code in (409, 503)
            assert person in self.persons or not suits

    @rule(process=which, person=who)
    def search(self, process: int, person: int) -> None:
        """Search a NIK: it is found where it is registered, and there only."""
        door = self.steps[self.at[process]]
        if self.suits(door):
            expected = [self.persons[person]] if person in self.persons else []
            assert self.wait(door.persons_with(self.niks[person])) == expected

    def teardown(self) -> None:
        """Count what is stored."""
        rows = self.wait(self.steps[0].api.rows("SELECT count(*) FROM person UNION ALL SELECT count(*) FROM household"))
        assert [row[0] for row in rows] == [len(self.persons), len(self.households)]


@pytest_asyncio.fixture(loop_scope="session")
async def registry_urls(databases: Databases) -> DatabaseUrls:
    """Make a database of the registry."""
    return await databases.create(SERVICE)


def test_any_history_registers_no_one_twice_and_finds_everyone(
    registry_urls: DatabaseUrls, issuer: Issuer, thorough: bool
) -> None:
    steps = [{"nik_key": key("nik"), "nik_index_key": {at: key(word) for at, word in each.items()}} for each in PLACES]
    with asyncio.Runner(loop_factory=asyncio.new_event_loop) as runner:
        opening = processes(registry_urls, issuer, steps)
        opened = runner.run(opening.__aenter__())
        try:
            run_histories(
                type("Changes", (Changes,), {"runner": runner, "steps": opened}),
                examples=30 if thorough else 10,
                steps=25,
            )
        finally:
            runner.run(opening.__aexit__(None, None, None))
