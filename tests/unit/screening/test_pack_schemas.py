"""The published form of each kind is that of its class."""

from ilp_screening.packs.published import FOLDER, generate
from ilp_screening.rules.kinds.every import JUDGES


def test_the_committed_schemas_are_as_the_classes_are() -> None:
    files = generate()
    assert {name.removesuffix(".json") for name in files} == set(JUDGES)
    assert {path.name: path.read_text(encoding="utf-8") for path in FOLDER.iterdir()} == files
