"""The registry's keys of a compose project: made once, and in their files only: no number can be read without them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from deploy.dev.failure import StartError
from deploy.dev.vault import Vault, new_key

_KEYS = {"registry-nik-key": "registry-nik", "registry-nik-index-key": "registry-nik-index"}
"""Made once; a later one would read nothing that is stored. With their names in vaults of earlier releases."""
MADE_FROM_VAULT = ("*-url", "postgres-password", "postgres-roles.sql", "backup-passfile", "sign-in-*")
"""Files that hold what a vault knows: beside them none is begun."""
_FILES = " ".join(MADE_FROM_VAULT)
_REMEDY = (
    f"kembalikan salinannya; atau, untuk kata sandi baru: hapus berkas itu dan {_FILES} di folder yang sama, ulangi,"
    " lalu ALTER ROLE … PASSWORD '…' untuk tiap peran di postgres-roles.sql, dan mulai ulang semua kontainer"
    f" / put a copy of it back; or, for new passwords: remove it and {_FILES} beside it, repeat,"
    " then ALTER ROLE … PASSWORD '…' for each role in postgres-roles.sql, and restart all containers"
)
"""What to do where the vault is damaged or lost."""
_RETIRED, _NUMBER = "registry-nik-retired-keys", "registry-nik-key-id"


def first_keys(folder: Path) -> Iterator[tuple[str, str]]:
    """Yield name and content of the first keys; what replaces them is written by hand.

    They are new ones, or those of a vault of old. The number comes last: where it is, both keys have been written.
    """
    for name in _KEYS:
        yield name, (_kept_key(folder, name) or new_key()) + "\n"
    yield _RETIRED, "{}\n"
    yield _NUMBER, "1\n"


def were_made(folder: Path) -> bool:
    """Tell whether a folder of secrets once had both keys."""
    return (folder / _NUMBER).exists()


def lost_keys(folder: Path) -> list[str]:
    """Return the files that a folder of secrets has lost, where keys were made once.

    A key is not lost while a vault of old has it. The number and the retired keys are made where that vault still has
    the very keys that are in use: its release knew neither.
    """
    lost = [name for name in _KEYS if not (folder / name).exists() and _kept_key(folder, name) is None]
    if _is_of_an_earlier_release(folder):
        return lost
    return lost + [name for name in (_RETIRED, _NUMBER) if not (folder / name).exists()]


def vault_in(folder: Path) -> Vault:
    """Return the vault of a folder of secrets."""
    return Vault(folder / "vault.json", _REMEDY)


def refuse_lost_vault(folder: Path) -> None:
    """Raise StartError where the vault is damaged, or is lost and files made from it are here.

    New passwords would be other ones than those in the database.
    """
    made = (path for pattern in MADE_FROM_VAULT for path in folder.glob(pattern) if not path.name.startswith("."))
    if not vault_in(folder).read() and any(made):
        path = folder / "vault.json"
        raise StartError(f"{path} hilang / is lost: {_REMEDY}")


def leave(vault: Vault) -> None:
    """Take the keys out of a vault of old; their files must have them."""
    vault.drop(*_KEYS.values())


def _kept_key(folder: Path, name: str) -> str | None:
    """Return a first key that a vault of old still has; none where the keys have been changed since."""
    number = folder / _NUMBER
    is_changed = number.exists() and number.read_text(encoding="utf-8").strip() != "1"
    return None if is_changed else vault_in(folder).kept(_KEYS[name])


def _is_of_an_earlier_release(folder: Path) -> bool:
    """Tell whether no key has been numbered yet, and the vault has both as they are in use."""
    if were_made(folder):
        return False
    for name, entry in _KEYS.items():
        key, path = vault_in(folder).kept(entry), folder / name
        if key is None or (path.exists() and path.read_text(encoding="utf-8").strip() != key):
            return False
    return True
