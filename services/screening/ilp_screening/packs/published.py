"""The form of each kind as JSON Schema: `python -m ilp_screening.packs.published` writes `schemas/`."""

from collections.abc import Mapping
from pathlib import Path
from typing import Final, get_args

import orjson

from ilp_screening.rules.kinds.every import AnyPack

FOLDER: Final = Path(__file__).parent / "schemas"


def generate() -> Mapping[str, str]:
    """Return the text of each file by its name: what `pack.yaml` of a kind may hold, its actions resolved."""
    [union, _] = get_args(AnyPack)
    files = {}
    for form in get_args(union):
        [kind] = get_args(form.model_fields["kind"].annotation)
        schema = {"$schema": "https://json-schema.org/draft/2020-12/schema", **form.model_json_schema()}
        files[f"{kind}.json"] = orjson.dumps(schema, option=orjson.OPT_INDENT_2).decode() + "\n"
    return files


def write() -> None:
    """Write the committed files."""
    FOLDER.mkdir(exist_ok=True)
    for name, text in generate().items():
        (FOLDER / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    write()
