"""PKCE (RFC 7636), method S256: who redeems a code proves to be who asked for it."""

import hashlib
import secrets

from joserfc.util import urlsafe_b64encode


def new_verifier() -> str:
    """Return a verifier of 43 characters."""
    return secrets.token_urlsafe(32)


def challenge_of(verifier: str) -> str:
    """Return what is sent ahead of a verifier."""
    return urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode()
