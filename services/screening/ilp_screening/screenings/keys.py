"""What a request is known by: its key and the hash of its content. The same for one screening and for items of a batch.

Called by the recording route and by `batch`.
"""

from collections.abc import Mapping
from typing import Final

from ilp_screening.refusals import invalid
from ilp_shared.http.idempotency import hash_of
from ilp_shared.text import Text

MAX_KEY: Final = 255
_TOO_DEEP = Text("Isinya bersarang terlalu dalam.", "Nested too deeply.")


def usable_key(key: object) -> str | None:
    """Return the key without white space around it, or None: not text, empty, over 255 characters, or not storable.

    PostgreSQL stores neither NUL nor lone surrogates in text.
    """
    if not isinstance(key, str):
        return None
    kept = key.strip()
    if not 0 < len(kept) <= MAX_KEY or "\x00" in kept or any("\ud800" <= c <= "\udfff" for c in kept):
        return None
    return kept


def hash_of_request(body: Mapping[str, object]) -> bytes:
    """Return the hash of a checked body; raises InvalidInput for values nested deeper than JSON can be written."""
    try:
        return hash_of(body)
    except TypeError:
        raise invalid("/observations", "too_deep", _TOO_DEEP) from None
