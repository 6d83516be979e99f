"""The reference files of the package are those of SHA256SUMS, which names their edition."""

import hashlib
from importlib.resources import files

import pytest

from ilp_registry.reference.files import (
    ALIASES,
    AREAS,
    DIFFERENCES,
    PUSKESMAS,
    SUMS,
    AlteredFileError,
    content,
    edition,
    verified,
)

FOLDER = files("ilp_registry.reference")


def test_every_data_file_is_the_one_that_was_checked() -> None:
    lines = (line.split() for line in (FOLDER / SUMS).read_text(encoding="utf-8").splitlines())
    stated = {name: checksum for checksum, name in lines}
    data = [file for file in FOLDER.iterdir() if file.name.endswith((".csv", ".csv.gz"))]
    assert {file.name: hashlib.sha256(file.read_bytes()).hexdigest() for file in data} == stated


def test_the_edition_is_the_checksum_of_the_list_alone() -> None:
    assert edition() == hashlib.sha256((FOLDER / SUMS).read_bytes()).hexdigest()


@pytest.mark.parametrize("name", [AREAS, DIFFERENCES, ALIASES, PUSKESMAS])
def test_an_altered_file_is_refused(name: str) -> None:
    assert content(name)
    raw = (FOLDER / name).read_bytes()
    assert verified(name, raw) == raw
    with pytest.raises(AlteredFileError, match="differs from SHA256SUMS"):
        verified(name, raw + b"\n")
