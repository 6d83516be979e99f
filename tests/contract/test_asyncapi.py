"""asyncapi.yaml: the members AsyncAPI 3.0 requires, references that resolve, and headers that are really sent."""

import json
from datetime import UTC, date, datetime, timedelta
from typing import Any

import yaml
from jsonschema import Draft202012Validator

from ilp_screening.packs.loader import load_library
from ilp_screening.rules.engine import evaluate
from ilp_screening.rules.models import Subject
from ilp_shared.bus.contract.asyncapi import schema_path
from ilp_shared.bus.contract.catalog import EVENTS, PARTITIONS, REPLAY_TOPIC, TOPICS, head_type
from ilp_shared.bus.contract.envelope import Event, decode, encode, shard_of
from ilp_shared.bus.contract.reader_recipe import PAUSE_S, Requests
from ilp_shared.bus.contract.schemas import FOLDER
from ilp_shared.events.screening.v1 import ScreeningResult
from ilp_shared.ids import new_id
from ilp_shared.waits import Waits

DOCUMENT: dict[str, Any] = yaml.safe_load((FOLDER / "asyncapi.yaml").read_text(encoding="utf-8"))


def references(value: object) -> list[str]:
    """Return every `$ref` below a value."""
    if isinstance(value, dict):
        own = [value["$ref"]] if isinstance(value.get("$ref"), str) else []
        return own + [ref for inner in value.values() for ref in references(inner)]
    return [ref for inner in value for ref in references(inner)] if isinstance(value, list) else []


def at(pointer: str) -> Any:
    """Return what an internal reference points to; raises KeyError when there is nothing."""
    place: Any = DOCUMENT
    for part in pointer.removeprefix("#/").split("/"):
        place = place[part]
    return place


def test_required_members() -> None:
    assert DOCUMENT["asyncapi"] == "3.0.0"
    assert DOCUMENT["info"]["title"]
    assert DOCUMENT["info"]["version"]
    for channel in DOCUMENT["channels"].values():
        assert channel["address"]
        assert channel["messages"]
    for operation in DOCUMENT["operations"].values():
        assert operation["action"] in ("send", "receive")
        assert at(operation["channel"]["$ref"])["address"]


def test_every_reference_resolves() -> None:
    targets = references(DOCUMENT)
    assert targets
    for reference in targets:
        if reference.startswith("#/"):
            assert at(reference)
        else:
            assert (FOLDER / reference).is_file()


def test_channels_are_the_topics_with_their_events_and_heads() -> None:
    channels = {channel["address"]: channel for channel in DOCUMENT["channels"].values()}
    assert set(channels) == {*TOPICS.values(), REPLAY_TOPIC}
    for domain, topic in TOPICS.items():
        names = {at(ref["$ref"])["name"] for ref in channels[topic]["messages"].values()}
        assert names == {head_type(domain), *(name for name in EVENTS if name.split(".")[1] == domain)}
        assert channels[topic]["bindings"]["kafka"]["partitions"] == PARTITIONS


def test_every_message_says_its_payload_key_and_that_nobody_is_identified() -> None:
    messages = {message["name"]: message for message in DOCUMENT["components"]["messages"].values()}
    for event_type in EVENTS:
        message = messages[event_type]
        assert message["payload"]["schema"]["$ref"] == f"./{schema_path(event_type)}"
        assert message["bindings"]["kafka"]["key"]["type"] == "string"
        assert message["summary"]
        about_a_person = "person_id" in EVENTS[event_type].model_fields
        assert message["x-pii-class"] == ("pseudonymous" if about_a_person else "none")
    for word in ("Key and partitioning", "Order", "Idempotency", "Replay"):
        assert f"{word}:" in DOCUMENT["info"]["description"]


def test_headers_describe_what_is_sent() -> None:
    now = datetime.now(UTC)
    row: dict[str, object] = {
        "event_id": new_id(),
        "type": "ilp.cluster.task-changed.v1",
        "aggregate_id": new_id(),
        "aggregate_version": 1,
        "shard": 0,
        "sequence": 1,
        "key": "13.76",
        "area_code": "13.76.01.1002",
        "facility_id": new_id(),
        "policy_version": "routing/2023.1",
        "occurred_at": now,
        "recorded_at": now,
        "traceparent": "00-0-0-01",
        "data": "{}",
    }
    _, _, headers = encode(row)
    sent = {name: value.decode() for name, value in headers}
    schema = DOCUMENT["components"]["schemas"]["EventHeaders"]
    Draft202012Validator(schema, format_checker=Draft202012Validator.FORMAT_CHECKER).validate(sent)
    assert set(sent) == set(schema["properties"])
    _, _, fewer = encode(row | {"facility_id": None, "policy_version": None, "traceparent": None})
    assert set(schema["required"]) == {name for name, _ in fewer}


def test_a_newcomer_learns_where_the_servers_are_which_codec_is_needed_and_how_a_replay_is_asked_for() -> None:
    for server in DOCUMENT["servers"].values():
        assert server["protocol"] == "kafka"
        for name, variable in server["variables"].items():
            assert f"{{{name}}}" in server["host"]
            assert variable["default"]
    text = " ".join(DOCUMENT["info"]["description"].split())
    assert "lz4 codec" in text
    assert "A request has no key (the topic has one partition) and names its shard" in text
    assert f"only after {Waits().ask_again_s:g} seconds without progress" in text


WEIGHED = {"weight_kg": 11.2, "length_height_cm": 84.3}
"""The values behind the example, which no event carries."""


def judged(payload: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the results of the example's child and values, as events carry them."""
    day = date.fromisoformat(payload["day"])
    born = day - timedelta(days=payload["age_days"])
    assert born.isoformat()[:7] == payload["birth_month"]
    assert payload["observed"] == sorted(WEIGHED)
    results = evaluate(load_library().in_force(day), Subject(sex=payload["sex"], birth_date=born), day, WEIGHED).results
    events = [ScreeningResult.model_validate(result, from_attributes=True) for result in results]
    return [event.model_dump(mode="json") for event in events]


def test_a_reader_asks_again_only_without_progress() -> None:
    requests = Requests()
    assert requests.is_due(7, now=0), "at once"
    assert not requests.is_due(7, now=PAUSE_S - 1)
    assert requests.is_due(8, now=1), "each shard by itself"
    requests.progress(7, now=PAUSE_S - 1)
    assert not requests.is_due(7, now=PAUSE_S + 1), "the replay is on the way"
    assert requests.is_due(7, now=2 * PAUSE_S)
    requests.complete(7)
    assert requests.is_due(7, now=2 * PAUSE_S + 1), "a new hole"
    assert Waits().ask_again_s == PAUSE_S


def test_the_examples_are_what_their_schemas_say() -> None:
    messages = DOCUMENT["components"]["messages"]
    assert {name for name, message in messages.items() if "examples" in message} == {
        "ScreeningRecorded",
        "ReplayRequested",
        *(f"{domain.capitalize()}Head" for domain in TOPICS),
    }
    recorded = messages["ScreeningRecorded"]
    example = recorded["examples"][0]
    headers, payload = example["headers"], example["payload"]
    schema = json.loads((FOLDER / recorded["payload"]["schema"]["$ref"]).read_text(encoding="utf-8"))
    check = Draft202012Validator.FORMAT_CHECKER
    Draft202012Validator(schema, format_checker=check).validate(payload)
    Draft202012Validator(DOCUMENT["components"]["schemas"]["EventHeaders"], format_checker=check).validate(headers)
    assert headers["ce_type"] == recorded["name"]
    read = decode([(name, value.encode()) for name, value in headers.items()], json.dumps(payload).encode(), EVENTS)
    assert isinstance(read, Event)
    assert read.defect is None
    assert read.shard == shard_of(example["payload"]["home_area"][:5])
    assert payload["results"] == judged(payload), "what the rules answer, not merely what the schema allows"
    for name in ("ReplayRequested", "ScreeningHead"):
        Draft202012Validator(messages[name]["payload"]).validate(messages[name]["examples"][0]["payload"])
