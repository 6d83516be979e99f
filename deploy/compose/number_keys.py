"""The registry's keys of a compose project: made once, and in their files only: no number can be read without them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from deploy.dev.vault import Vault, new_key

_KEYS = {"registry-nik-key": "registry-nik", "registry-nik-index-key": "registry-nik-index"}
"""Made once; a later one would read nothing that is stored. With their names in vaults of earlier releases."""
_NUMBER = "registry-nik-key-id"


def first_keys(folder: Path) -> Iterator[tuple[str, str]]:
    """Yield name and content of the first keys; what replaces them is written by hand.

    They are new ones, or those of a vault of old. The number comes last: where it is, both keys have been written.
    """
    for name in _KEYS:
        yield name, (_kept_key(folder, name) or new_key()) + "\n"
    yield "registry-nik-retired-keys", "{}\n"
    yield _NUMBER, "1\n"


def were_made(folder: Path) -> bool:
    """Tell whether a folder of secrets once had both keys."""
    return (folder / _NUMBER).exists()


def lost_keys(folder: Path) -> list[str]:
    """Return the keys that a folder of secrets has lost: no file has them, and no vault of old."""
    return [name for name in _KEYS if not (folder / name).exists() and _kept_key(folder, name) is None]


def leave(vault: Vault) -> None:
    """Take the keys out of a vault of old; their files must have them."""
    vault.drop(*_KEYS.values())


def _kept_key(folder: Path, name: str) -> str | None:
    """Return a first key that a vault of old still has; none where the keys have been changed since."""
    number = folder / _NUMBER
    is_changed = number.exists() and number.read_text(encoding="utf-8").strip() != "1"
    return None if is_changed else Vault(folder / "vault.json").kept(_KEYS[name])
