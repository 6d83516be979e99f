"""The development issuer: signs tokens for the one-command run and for tests. It must not be used in production.

Keys live in a folder of the data directory: `private.json` (mode 0600) and `jwks.json`. `identity.json` holds the
address at which the issuer is an OpenID provider too (`deploy/dev/issuer`); without it the issuer has a name only.
"""

import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import orjson
from joserfc import jwt
from joserfc.jwk import ECKey

ISSUER = "urn:ilp:development-issuer"
AUDIENCE = "ilp"
_DAY_S = 86_400


def create_issuer(folder: Path) -> None:
    """Create the key pair if there is none."""
    private = folder / "private.json"
    if private.exists():
        return
    folder.mkdir(parents=True, exist_ok=True)
    key = ECKey.generate_key("P-256", parameters={"use": "sig", "alg": "ES256"}, auto_kid=True)
    (folder / "jwks.json").write_bytes(orjson.dumps({"keys": [key.as_dict(private=False)]}))
    draft = folder / "private.json.new"
    draft.touch(mode=0o600)
    draft.write_bytes(orjson.dumps(key.as_dict(private=True)))
    draft.replace(private)


def set_identity(folder: Path, address: str) -> None:
    """Set the address that is the issuer's identity from now on; tokens of another identity hold no longer."""
    (folder / "identity.json").write_bytes(orjson.dumps({"issuer": address}))


def identity_of(folder: Path) -> str:
    """Return the `iss` of this issuer's tokens."""
    try:
        return str(orjson.loads((folder / "identity.json").read_bytes())["issuer"])
    except FileNotFoundError:
        return ISSUER


def sign(folder: Path, claims: Mapping[str, Any], kind: str = "JWT") -> str:
    """Return the claims as a token signed by the issuer; `kind` is its `typ`."""
    key = ECKey.import_key(orjson.loads((folder / "private.json").read_bytes()))
    return jwt.encode({"alg": "ES256", "kid": key.kid, "typ": kind}, dict(claims), key)


def issue_token(
    folder: Path, *, role: str, areas: Sequence[str], subject: str | None = None, lifetime_s: int = _DAY_S
) -> str:
    """Return a signed token for one role and its areas; `lifetime_s` may be negative, for tests."""
    now = int(time.time())
    claims = {
        "iss": identity_of(folder),
        "aud": AUDIENCE,
        "sub": subject or f"dev-{role}-{'-'.join(areas)}",
        "iat": now,
        "exp": now + lifetime_s,
        "roles": [role],
        "areas": list(areas),
    }
    return sign(folder, claims)
