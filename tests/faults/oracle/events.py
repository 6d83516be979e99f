"""Checks of the event log: each acknowledged command in exactly one event, no other event, no gap, no contradiction."""

from collections import Counter, defaultdict

from tests.faults.oracle.access import Json, Record, Seen
from tests.faults.oracle.expected import EVENT_OF, Expected
from tests.faults.oracle.verdict import Verdict

TASK_CHANGED = EVENT_OF["task"]
OWN_TYPES = frozenset(EVENT_OF.values()) - {EVENT_OF["facility"]}
"""Events that only the run raises in its villages (facilities are in the reference data too)."""


def check_events(expected: Expected, seen: Seen, verdict: Verdict) -> None:
    """Compare the feed with what was acknowledged."""
    villages, about = expected.villages(), {record for record, _, _ in expected.events}
    counts: Counter[tuple[str, int, str]] = Counter()
    for event in (event for events in seen.feed.values() for event in events):
        if event["aggregateid"] in about or (event["type"] in OWN_TYPES and event["areacode"] in villages):
            counts[event["aggregateid"], event["aggregateversion"], event["type"]] += 1
    verdict.note("events", sum(counts.values()))
    for place, times in counts.items():
        if times > 1:
            verdict.add("double", f"event {_named(place)} is there {times} times in the feed", times - 1)
    for place in expected.events.keys() - counts.keys():
        verdict.add("lost", f"no event {_named(place)}, although the command was acknowledged")
    for place in counts.keys() - expected.events.keys():
        if place[2] != TASK_CHANGED:
            verdict.add("double", f"event {_named(place)} belongs to no acknowledged command")


def check_tasks_events(expected: Expected, seen: Seen, verdict: Verdict) -> None:
    """Tasks are opened by the platform itself: each by a screening that asks for it, once, with no other history."""
    tasks, villages = expected.tasks(), expected.villages()
    history: dict[tuple[str, str], list[int]] = defaultdict(list)
    for event in seen.feed["cluster"]:
        if event["type"] == TASK_CHANGED and event["areacode"] in villages:
            data = event["content"]
            history[data["screening_id"], data["action"]].append(event["aggregateversion"])
    for place in tasks.keys() - history.keys():
        verdict.add("lost", f"screening {place[0]} asks for {place[1]}, and no task was opened")
    for place in history.keys() - tasks.keys():
        verdict.add("double", f"a task {place[1]} of screening {place[0]} was opened, and nothing asks for it")
    for (screening, action), versions in history.items():
        visit = expected.visits.get(screening)
        if visit is not None and visit.version == 1 and len(versions) != 1 + (action in visit.moves):
            verdict.add("double", f"task {action} of screening {screening} has the versions {sorted(versions)}")
    verdict.note("histories of tasks", len(history))


def check_order(seen: Seen, verdict: Verdict) -> None:
    """Sequences of every shard run from 1 without a gap; versions of every record too, in that order."""
    for domain, events in seen.feed.items():
        by_shard: dict[int, list[Json]] = defaultdict(list)
        for event in events:
            by_shard[event["shard"]].append(event)
        for shard, own in by_shard.items():
            sequences = [event["sequence"] for event in own]
            if sequences != list(range(1, len(own) + 1)):
                verdict.add("wrong", f"{domain} shard {shard}: sequences {_gaps(sequences)}")
            _check_versions(domain, own, verdict)
            verdict.note("shards")


def _check_versions(domain: str, events: list[Json], verdict: Verdict) -> None:
    last: dict[str, int] = {}
    for event in events:
        record, version = event["aggregateid"], event["aggregateversion"]
        if version != last.get(record, 0) + 1:
            verdict.add("wrong", f"{domain} record {record}: version {version} comes after {last.get(record, 0)}")
        last[record] = version


def check_kafka(seen: Seen, verdict: Verdict) -> None:
    """Kafka may hold an event many times or not any more, but never another one in its place."""
    archived = {
        (domain, event["shard"], event["sequence"]): event for domain, events in seen.feed.items() for event in events
    }
    for place, records in seen.kafka.items():
        event = archived.get(place)
        for record in records:
            if not _same(record, event):
                verdict.add("wrong", f"Kafka holds event {record.event_id} at {place}, which the feed does not have")
    verdict.note("Kafka records", len(seen.kafka))


def _same(record: Record, event: Json | None) -> bool:
    return event is not None and (record.event_id, record.type, record.aggregate, record.version, record.content) == (
        event["id"],
        event["type"],
        event["aggregateid"],
        event["aggregateversion"],
        event["content"],
    )


def _named(place: tuple[str, int, str]) -> str:
    return f"{place[2]} version {place[1]} of {place[0]}"


def _gaps(sequences: list[int]) -> str:
    missing = sorted(set(range(1, max(sequences) + 1)) - set(sequences))
    return f"miss {missing[:5]}" if missing else f"are not in order or twice: {sequences[:10]}"
