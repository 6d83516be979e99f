"""What a request is known by: its key and the hash of its content. The same for one screening and for items of a batch.

Called by the recording route and by `batch`.
"""

from collections.abc import Mapping
from typing import Final

from ilp_screening.refusals import invalid
from ilp_shared.http.idempotency import hash_of
from ilp_shared.text import Text

_MAX_KEY: Final = 255
_TOO_DEEP = Text("Isinya bersarang terlalu dalam.", "Nested too deeply.")


def usable_key(key: object) -> str | None:
    """Return an item's key without white space around it, or None: not printable text of 1 to 255 characters.

    The same as for the header (`key_of`); PostgreSQL stores neither NUL nor lone surrogates.
    """
    if not isinstance(key, str):
        return None
    kept = key.strip()
    return kept if 0 < len(kept) <= _MAX_KEY and kept.isprintable() else None


def hash_of_request(body: Mapping[str, object]) -> bytes:
    """Return the hash of a checked body; raises InvalidInput for values nested deeper than JSON can be written."""
    try:
        return hash_of(body)
    except TypeError:
        raise invalid("/observations", "too_deep", _TOO_DEEP) from None
