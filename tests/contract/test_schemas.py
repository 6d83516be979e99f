"""The committed schemas are those of the code, describe what is really sent, and may only grow."""

import shutil
from pathlib import Path

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from deploy.dev.config import ROOT
from ilp_shared.bus.contract import schemas
from ilp_shared.bus.contract.asyncapi import schema_path
from ilp_shared.bus.contract.catalog import EVENTS
from tests.contract.events import payloads

TYPES = sorted(EVENTS)


def test_committed_files_are_those_of_the_catalogue() -> None:
    assert schemas.FOLDER == ROOT / "shared" / "schemas"
    assert schemas.stale(schemas.FOLDER) == []


def test_everything_promised_is_still_read() -> None:
    promises = schemas.promised(schemas.FOLDER)
    assert promises
    assert schemas.incompatible(promises) == []


@pytest.mark.parametrize("event_type", TYPES)
@settings(max_examples=25, deadline=None)
@given(data=st.data())
def test_what_is_sent_fits_its_schema(event_type: str, data: st.DataObject) -> None:
    schema = orjson.loads((schemas.FOLDER / schema_path(event_type)).read_bytes())
    Draft202012Validator.check_schema(schema)
    validator = Draft202012Validator(schema, format_checker=Draft202012Validator.FORMAT_CHECKER)
    sent = data.draw(payloads(EVENTS[event_type])).model_dump_json()
    validator.validate(orjson.loads(sent))


@pytest.mark.parametrize("event_type", TYPES)
def test_schema_refuses_what_readers_refuse(event_type: str) -> None:
    schema = orjson.loads((schemas.FOLDER / schema_path(event_type)).read_bytes())
    assert schema["required"]
    assert not Draft202012Validator(schema).is_valid({})


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the committed schemas and their baseline."""
    return shutil.copytree(schemas.FOLDER, tmp_path / "schemas")


def promise_more(folder: Path, path: str, **properties: object) -> None:
    """Add properties to a promised schema, which the code does not have."""
    promises = schemas.promised(folder)
    promises[path]["properties"] |= properties  # type: ignore[index]  # plain JSON
    (folder / schemas.BASELINE).write_bytes(orjson.dumps(promises))


def test_check_passes_on_what_is_committed(folder: Path) -> None:
    assert schemas.main(["check", str(folder)]) == 0


def test_check_names_a_stale_a_missing_and_a_left_over_file(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "asyncapi.yaml").write_text("asyncapi: 3.0.0\n")
    (folder / schema_path(TYPES[0])).unlink()
    (folder / "registry" / "gone.v1.json").write_text("{}")
    assert schemas.main(["check", str(folder)]) == 1
    said = capsys.readouterr().err
    for name in ("asyncapi.yaml", schema_path(TYPES[0]), "registry/gone.v1.json"):
        assert name in said
    assert schemas.main(["write", str(folder)]) == 0
    assert schemas.stale(folder) == []
    assert schemas.main(["check", str(folder)]) == 0


def test_check_finds_a_break_of_the_baseline_also_after_writing(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    promise_more(folder, "cluster/task-changed.v1.json", urgency={"type": "string"})
    schemas.write(folder)
    assert schemas.main(["check", str(folder)]) == 1
    assert "cluster/task-changed.v1.json /urgency: removed (since the baseline)" in capsys.readouterr().err


def test_check_finds_an_event_that_is_gone(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    promises = schemas.promised(folder) | {"registry/gone.v1.json": {}}
    (folder / schemas.BASELINE).write_bytes(orjson.dumps(promises))
    assert schemas.main(["check", str(folder)]) == 1
    assert "registry/gone.v1.json: the event is gone" in capsys.readouterr().err


def test_without_a_baseline_nothing_is_promised_and_the_check_says_so(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / schemas.BASELINE).unlink()
    assert schemas.main(["check", str(folder)]) == 1
    assert "baseline.json: missing" in capsys.readouterr().err
    assert schemas.main(["baseline", str(folder)]) == 0
    assert schemas.promised(folder).keys() == {schema_path(event_type) for event_type in EVENTS}
    assert schemas.main(["check", str(folder)]) == 0


def test_a_baseline_grows_but_is_not_broken_by_accident(folder: Path) -> None:
    promises = schemas.promised(folder)
    shrunk = {path: schema for path, schema in promises.items() if path != schema_path(TYPES[0])}
    (folder / schemas.BASELINE).write_bytes(orjson.dumps(shrunk))
    assert schemas.main(["baseline", str(folder)]) == 0
    assert schemas.promised(folder) == promises
    promise_more(folder, schema_path(TYPES[0]), urgency={"type": "string"})
    assert schemas.main(["baseline", str(folder)]) == 1
    assert schemas.promised(folder) != promises
    assert schemas.main(["baseline", "--new-major", str(folder)]) == 0
    assert schemas.promised(folder) == promises


@pytest.mark.parametrize("call", [[], ["publish"], ["check", "a", "b"], ["check", "--new-major"]])
def test_a_wrong_call_is_refused(call: list[str]) -> None:
    assert schemas.main(call) == 2
