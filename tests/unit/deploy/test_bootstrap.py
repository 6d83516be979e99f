"""The stamp that decides whether `.venv` is made again, and the committed lists that it is made from."""

import re
from pathlib import Path

import pytest

from deploy.dev import bootstrap
from deploy.dev.kafka_jars import LIST, Jar, is_intact, jars

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture
def project(tmp_path: Path) -> Path:
    for name in (bootstrap.BOOTSTRAP, bootstrap.LOCKED, *(f"{m}/pyproject.toml" for m in bootstrap.MEMBERS)):
        file = tmp_path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(f"# {name}\n")
    return tmp_path


def test_fingerprint_changes_with_every_file_that_decides_the_environment(project: Path) -> None:
    before = bootstrap.fingerprint(project)
    assert bootstrap.fingerprint(project) == before
    seen = {before}
    for file in sorted(project.rglob("*.t*")):
        file.write_text(file.read_text() + "x")
        seen.add(bootstrap.fingerprint(project))
    assert len(seen) == 1 + 2 + len(bootstrap.MEMBERS)


def test_fingerprint_changes_with_python_and_place(project: Path, tmp_path: Path) -> None:
    here = bootstrap.fingerprint(project, (3, 11, 2))
    assert bootstrap.fingerprint(project, (3, 12, 0)) != here
    moved = tmp_path / "moved"
    moved.mkdir()
    for child in list(project.iterdir()):
        if child != moved:
            child.rename(moved / child.name)
    assert bootstrap.fingerprint(moved, (3, 11, 2)) != here


def test_environment_is_current_only_with_stamp_and_interpreter(project: Path) -> None:
    fingerprint = bootstrap.fingerprint(project)
    assert not bootstrap.is_current(project, fingerprint)
    (project / ".venv/bin").mkdir(parents=True)
    (project / ".venv/.ilp-stamp").write_text(fingerprint)
    assert not bootstrap.is_current(project, fingerprint)
    (project / ".venv/bin/python").touch()
    assert bootstrap.is_current(project, fingerprint)
    assert not bootstrap.is_current(project, "other")


def test_locked_files_carry_hashes_and_no_address() -> None:
    files = sorted((ROOT / "deploy/requirements").glob("*.txt"))
    assert len(files) == 8
    for file in files:
        text = file.read_text()
        assert "://" not in text, file.name
        pins = re.findall(r"^\S+==\S+(?:[^\n]*\\\n +--hash=sha256:[0-9a-f]{64})", text, re.MULTILINE)
        assert len(pins) == len(re.findall(r"^[a-z]", text, re.MULTILINE)), file.name


def test_kafka_list_names_coordinates_and_hashes_only() -> None:
    assert "://" not in LIST.read_text()
    entries = jars()
    assert len(entries) == len({jar.filename for jar in entries}) == 46
    assert all(re.fullmatch(r"[0-9a-f]{64}", jar.sha256) for jar in entries)


def test_cached_jar_counts_only_with_its_hash(tmp_path: Path) -> None:
    jar = Jar("g", "a", "1", "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824")
    file = tmp_path / jar.filename
    assert not is_intact(jar, file)
    file.write_text("hell")
    assert not is_intact(jar, file)
    file.write_text("hello")
    assert is_intact(jar, file)
