"""Random histories: recorded, corrected, voided, doubled, shuffled or rebuilt, projection equals recount.

The whole log can be handed to monitoring again at any time, in any order and any part: its positions decide what
takes effect. The recount is the oracle after every few steps and at the end. In the end a stranger, who knows only the
descriptions, counts too, and compares with what the API shows. Real PostgreSQL.
"""

import asyncio
import json
from collections.abc import Coroutine
from datetime import date
from itertools import count
from random import Random
from typing import Any, TypeVar
from uuid import NAMESPACE_OID, UUID, uuid5

import pytest_asyncio
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from ilp_monitoring.service import SERVICE
from ilp_shared.bus.contract.envelope import Event, NewEvent
from ilp_shared.events.cluster.v1 import TaskStatus
from ilp_shared.events.screening.v1 import ScreeningResult
from tests.service.monitoring import recount_events as make
from tests.service.monitoring.archives import Archives, open_archives
from tests.service.monitoring.recount_events import Place, Somebody
from tests.stranger.comparing import compare, over_http
from tests.stranger.counting import count as count_numbers
from tests.stranger.log import Event as Published
from tests.stranger.world import World
from tests.support.addresses import Address
from tests.support.api import Issuer, listening, open_api
from tests.support.databases import Databases, DatabaseUrls
from tests.support.histories import run_histories

T = TypeVar("T")
Visit = tuple[Somebody, Place, date, list[ScreeningResult], str, bool, int]

PLACES = [Place(make.VILLAGES[0]), Place(make.VILLAGES[3]), Place("13.76.01", "puskesmas")]
PEOPLE = [
    Somebody(make.VILLAGES[0], date(2024, 3, 1)),
    Somebody(make.VILLAGES[1], date(2021, 12, 15), "female"),  # under five in November 2026, not in December
    Somebody(make.VILLAGES[3], date(2008, 12, 31)),  # adult in December 2026, not in November
    Somebody(make.VILLAGES[4], date(1971, 6, 30), "female"),
]
DAYS = [date(2026, 11, 3), date(2026, 11, 30), date(2026, 12, 1), date(2026, 12, 24)]

persons, places, days = st.sampled_from(PEOPLE), st.sampled_from(PLACES), st.sampled_from(DAYS)
homes = st.sampled_from(make.HOMES)
results = st.lists(st.sampled_from(make.RESULTS), max_size=3, unique_by=lambda fact: fact.code)
minutes = st.integers(0, 1)
visits = st.tuples(persons, places, days, results, homes, st.booleans(), minutes)
orders = st.randoms(use_true_random=False)


class Histories(RuleBasedStateMachine):
    """One history of one platform; `archives` and `runner` are set by the test."""

    archives: Archives
    runner: asyncio.Runner
    urls: DatabaseUrls
    issuer: Issuer

    def __init__(self) -> None:
        super().__init__()
        self.log: list[Event] = []
        self.screenings: dict[UUID, NewEvent] = {}
        self.open_days: dict[UUID, tuple[int, Place]] = {}
        self.tasks: dict[UUID, tuple[int, Somebody, date]] = {}
        self.registered: dict[UUID, int] = {}

        self.numbers = count()

    def new_id(self) -> UUID:
        """Return the next id of this history: always the same ones, in no order."""
        return uuid5(NAMESPACE_OID, str(next(self.numbers)))

    def wait(self, work: Coroutine[Any, Any, T]) -> T:
        """Run asynchronous work of the archives."""
        return self.runner.run(work)

    def publish(self, *events: NewEvent) -> None:
        """Archive events; monitoring gets them when a delivering rule comes."""
        self.log += self.wait(self.archives.publish(*events))

    @initialize()
    def begin(self) -> None:
        """Areas and facilities are known from the start."""
        self.wait(self.archives.clear())
        self.publish(make.area_tree("13.76", make.VILLAGES[:3]), make.area_tree("14.72", make.VILLAGES[3:4]))
        self.publish(*(make.facility(place) for place in PLACES))

    @rule(who=persons, home=homes, active=st.booleans())
    def register(self, who: Somebody, home: str, active: bool) -> None:
        """Register a person, move them, or let them leave."""
        version = self.registered[who.id] = self.registered.get(who.id, 0) + 1
        self.publish(make.person(who, version, home=home, active=active))

    @rule(morning=st.lists(visits, min_size=1, max_size=8))
    def record(self, morning: list[Visit]) -> None:
        """Record the screenings of a morning; a person may come twice, even in the same minute."""
        events = [
            make.screening(
                who, place, day, results, screening_id=self.new_id(), home=home, weighed=weighed, minute=minute
            )
            for who, place, day, results, home, weighed, minute in morning
        ]
        self.screenings |= {event.aggregate_id: event for event in events}
        self.publish(*events)

    @precondition(lambda self: self.screenings)
    @rule(order=orders, who=persons, place=places, day=days, results=results, home=homes)
    def correct(
        self, order: Random, who: Somebody, place: Place, day: date, results: list[ScreeningResult], home: str
    ) -> None:
        """Correct a screening in everything: day, month, results, even person and place."""
        known = self.screenings[order.choice(list(self.screenings))]
        correction = make.screening(
            who, place, day, results, home=home, screening_id=known.aggregate_id, version=known.aggregate_version + 1
        )
        event = NewEvent(
            correction.data,
            correction.aggregate_id,
            correction.aggregate_version,
            home_area=known.home_area,
            area_code=correction.area_code,
            occurred_at=correction.occurred_at,
        )
        self.screenings[event.aggregate_id] = event
        self.publish(event)

    @precondition(lambda self: self.screenings)
    @rule(order=orders)
    def void(self, order: Random) -> None:
        """Void a screening; it is not touched again."""
        known = self.screenings.pop(order.choice(list(self.screenings)))
        self.publish(make.void(known, known.aggregate_version + 1))

    @rule(place=places, day=days)
    def open_day(self, place: Place, day: date) -> None:
        """Plan an open day."""
        open_day_id = self.new_id()
        self.open_days[open_day_id] = (1, place)
        self.publish(make.open_day(place, day, open_day_id))

    @precondition(lambda self: self.open_days)
    @rule(order=orders, day=days, cancelled=st.booleans())
    def change_open_day(self, order: Random, day: date, cancelled: bool) -> None:
        """Move an open day, cancel it, or take the cancellation back."""
        open_day_id = order.choice(list(self.open_days))
        version, place = self.open_days[open_day_id]
        self.open_days[open_day_id] = (version + 1, place)
        self.publish(make.open_day(place, day, open_day_id, version + 1, cancelled=cancelled))

    @rule(who=persons, day=days)
    def open_task(self, who: Somebody, day: date) -> None:
        """Open a task for a finding."""
        task_id = self.new_id()
        self.tasks[task_id] = (1, who, day)
        self.publish(make.task(who, day, "requested", task_id))

    @precondition(lambda self: self.tasks)
    @rule(order=orders, status=st.sampled_from(["accepted", "completed", "cancelled"]))
    def move_task(self, order: Random, status: TaskStatus) -> None:
        """Move a task to its next state."""
        task_id = order.choice(list(self.tasks))
        version, who, day = self.tasks[task_id]
        self.tasks[task_id] = (version + 1, who, day)
        self.publish(make.task(who, day, status, task_id, version + 1))

    @rule(order=orders, share=st.floats(0.1, 1.0))
    def deliver_anything(self, order: Random, share: float) -> None:
        """Old, new and future events in any order: what does not come next has no effect."""
        some = order.sample(self.log, max(1, int(len(self.log) * share)))
        self.wait(self.archives.deliver(some))

    @rule(order=orders)
    def deliver_across_aggregates(self, order: Random) -> None:
        """Everything, twice, in the order of each shard but shuffled between shards."""
        shards: dict[tuple[str, int], list[Event]] = {}
        for event in self.log * 2:
            shards.setdefault((event.domain, event.shard), []).append(event)
        mixed = []
        while shards:
            shard = order.choice(list(shards))
            mixed.append(shards[shard].pop(0))
            if not shards[shard]:
                del shards[shard]
        assert not self.wait(self.archives.deliver(mixed))

    @rule()
    def rebuild(self) -> None:
        """Throw the projection away and replay the archive."""
        self.wait(self.archives.forget_projection())
        assert not self.wait(self.archives.deliver(self.log))

    @rule(most=st.sampled_from([None, 1, 50]))
    def recount(self, most: int | None) -> None:
        """At any moment, up to where monitoring has come: what readers are given of all regencies, or in turn."""
        report = self.wait(self.archives.recount(most=most))
        assert report.equal, report.as_text()

    def teardown(self) -> None:
        """In the end everything is applied, and equal."""
        if self.log:
            assert not self.wait(self.archives.deliver(self.log))
            report = self.wait(self.archives.recount())
            assert report.equal, report.as_text()
            assert sum(report.events.values()) == len(self.log)
            self.runner.run(self.shown_is_what_a_stranger_counts())

    async def shown_is_what_a_stranger_counts(self) -> None:
        """Ask a new process of the API for everything, in the terms of a reader of Kafka."""
        numbers = count_numbers(World.after(map(as_read, self.log)))
        async with open_api(SERVICE, self.urls, self.issuer) as api, listening(api.app) as address:
            token = self.issuer.token("analyst", "id")
            comparison = await asyncio.to_thread(compare, numbers, over_http(address, token, root=""))
        assert comparison.wrong == []


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def monitoring(databases: Databases) -> DatabaseUrls:
    """Make a database of monitoring."""
    return await databases.create(SERVICE)


def as_read(event: Event) -> Published:
    """Return an event as Kafka's headers and value have it."""
    return Published(
        id=str(event.event_id),
        type=event.type,
        domain=event.domain,
        shard=event.shard,
        sequence=event.sequence,
        aggregate=str(event.aggregate_id),
        version=event.aggregate_version,
        occurred_at=event.occurred_at.isoformat(),
        data=json.loads(event.value),
    )


def test_any_history_gives_the_numbers_of_the_recount(
    monitoring: DatabaseUrls, postgres_url: Address, issuer: Issuer, thorough: bool
) -> None:
    """Histories of up to 30 steps each."""
    with asyncio.Runner(loop_factory=asyncio.new_event_loop) as runner:
        opening = open_archives(postgres_url, monitoring)
        archives = runner.run(opening.__aenter__())
        try:
            machine = type(
                "Histories",
                (Histories,),
                {"archives": archives, "runner": runner, "urls": monitoring, "issuer": issuer},
            )
            run_histories(machine, examples=25 if thorough else 10, steps=30)
        finally:
            runner.run(opening.__aexit__(None, None, None))
