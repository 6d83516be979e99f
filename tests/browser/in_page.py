"""The scripts that tests run inside pages: one expression in each file of `scripts/`, for `page.evaluate`."""

from functools import cache
from pathlib import Path

_FOLDER = Path(__file__).parent / "scripts"


@cache
def script(name: str) -> str:
    """Return a script by its name."""
    return (_FOLDER / f"{name}.js").read_text("utf-8")
