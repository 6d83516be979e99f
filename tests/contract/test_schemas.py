"""The committed schemas are those of the code, describe what is really sent, and may only grow."""

import shutil
import subprocess
from pathlib import Path

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from ilp_shared.bus.contract import schemas
from ilp_shared.bus.contract.asyncapi import schema_path
from ilp_shared.bus.contract.catalog import EVENTS
from tests.contract.events import payloads

TYPES = sorted(EVENTS)


def test_committed_files_are_those_of_the_catalogue() -> None:
    assert schemas.stale(schemas.FOLDER) == []


def test_events_of_the_last_commits_are_still_read() -> None:
    for revision in ("HEAD", "HEAD~1"):
        assert schemas.incompatible(schemas.committed_at(revision, schemas.FOLDER) or {}) == []


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


def git(folder: Path, *command: str) -> None:
    """Run git with an identity of its own."""
    identity = ["-c", "user.name=t", "-c", "user.email=t@example.invalid"]
    subprocess.run(["git", "-C", str(folder), *identity, *command], check=True)


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A git repository whose last commit holds the present schemas."""
    folder = tmp_path / "shared" / "schemas"
    shutil.copytree(schemas.FOLDER, folder)
    for command in (["init", "-q"], ["add", "-A"], ["commit", "-q", "-m", "schemas"]):
        git(tmp_path, *command)
    return folder


def test_check_passes_on_what_was_committed(repository: Path) -> None:
    assert schemas.main(["check", str(repository)]) == 0


def test_check_names_a_stale_a_missing_and_a_left_over_file(
    repository: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (repository / "asyncapi.yaml").write_text("asyncapi: 3.0.0\n")
    (repository / schema_path(TYPES[0])).unlink()
    (repository / "registry" / "gone.v1.json").write_text("{}")
    assert schemas.main(["check", str(repository)]) == 1
    said = capsys.readouterr().err
    for name in ("asyncapi.yaml", schema_path(TYPES[0]), "registry/gone.v1.json"):
        assert name in said
    schemas.write(repository)
    assert schemas.stale(repository) == []


def test_check_finds_a_break_with_the_last_commit(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = repository / "cluster" / "task-changed.v1.json"
    promised = orjson.loads(path.read_bytes())
    promised["properties"]["urgency"] = {"type": "string"}
    path.write_bytes(orjson.dumps(promised))
    git(repository, "commit", "-q", "-am", "promise more")
    schemas.write(repository)
    assert schemas.main(["check", str(repository)]) == 1
    assert "cluster/task-changed.v1.json /urgency: removed (since HEAD)" in capsys.readouterr().err


def test_wrong_call_and_no_git(tmp_path: Path) -> None:
    assert schemas.main([]) == 2
    assert schemas.committed_at("HEAD", tmp_path) is None
    assert schemas.incompatible({"registry/gone.v1.json": "{}"}) == ["registry/gone.v1.json: the event is gone"]
