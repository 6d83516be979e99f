"""What an item of a batch is known by: its key, by the same rule as that of a single request.

Called by `batch`.
"""

from typing import Final

_MAX_KEY: Final = 255


def usable_key(key: object) -> str | None:
    """Return an item's key without white space around it, or None: not printable text of 1 to 255 characters.

    The same as for the header (`key_of`); PostgreSQL stores neither NUL nor lone surrogates.
    """
    if not isinstance(key, str):
        return None
    kept = key.strip()
    return kept if 0 < len(kept) <= _MAX_KEY and kept.isprintable() else None
