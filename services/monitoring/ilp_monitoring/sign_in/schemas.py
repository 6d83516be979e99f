"""What a browser keeps while the issuer signs its reader in."""

from ilp_shared.models import Frozen


class Attempt(Frozen):
    """A sign-in that has begun: sealed in a cookie of the browser that began it."""

    state: str
    nonce: str
    verifier: str
    """The secret of PKCE; its SHA-256 is all that leaves with the browser."""
    target: str
    """The page to lead to, relative to the root of this service."""
    ends_at: float
    """Unix seconds."""
