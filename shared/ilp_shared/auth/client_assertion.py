"""`private_key_jwt` (RFC 7523): a client proves who it is to the issuer by its key, with a token that is used once."""

import time
from typing import Any, Final

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, RSAKey

from ilp_shared.ids import new_id

ASSERTION_TYPE: Final = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
LIFETIME_S: Final = 60
ClientKey = ECKey | RSAKey


def client_key(pem: str) -> ClientKey:
    """Return a client's private key, its thumbprint as `kid`; raises ValueError for what is none, never with it."""
    kinds: tuple[type[ECKey] | type[RSAKey], ...] = (ECKey, RSAKey)
    for kind in kinds:
        try:
            key = kind.import_key(pem)
        except (JoseError, ValueError, TypeError):
            continue
        if key.is_private and (isinstance(key, RSAKey) or key.curve_name == "P-256"):
            key.ensure_kid()
            return key
    raise ValueError("must be a private key in PEM form, EC P-256 or RSA")


def public_key(key: ClientKey) -> dict[str, Any]:
    """Return the public half as a JWK: what the issuer is given."""
    return {**key.as_dict(private=False), "use": "sig", "alg": _algorithm(key)}


def proof_of(key: ClientKey, client: str, issuer: str) -> dict[str, str]:
    """Return the fields of a form that prove the client to this issuer alone, for a minute, once."""
    now = int(time.time())
    claims = {"iss": client, "sub": client, "aud": issuer, "jti": str(new_id()), "iat": now, "exp": now + LIFETIME_S}
    assertion = jwt.encode({"alg": _algorithm(key), "kid": key.kid}, claims, key)
    return {"client_id": client, "client_assertion_type": ASSERTION_TYPE, "client_assertion": assertion}


def _algorithm(key: ClientKey) -> str:
    return "RS256" if isinstance(key, RSAKey) else "ES256"
