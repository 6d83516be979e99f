"""Which ID tokens and logout tokens of the issuer hold (OpenID Connect Core 1.0 §3.1.3.7, Back-Channel Logout 1.0)."""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from joserfc import jwt
from joserfc.jwk import KeySet

from ilp_shared.auth.tokens import ALGORITHMS

LOGOUT_EVENT: Final = "http://schemas.openid.net/event/backchannel-logout"
_LOGOUT_TYPES: Final = (None, "jwt", "logout+jwt")
_LEEWAY_S: Final = 60
_LONGEST_ID: Final = 255
_LONGEST_LOGOUT_S: Final = 3_600
"""The longest life of a logout token: for so long its id is remembered."""


@dataclass(frozen=True)
class Relation:
    """Who signs, and for which client."""

    issuer: str
    client: str


@dataclass(frozen=True)
class IdToken:
    """Whom the issuer signed in, and the id of its own session, if it says so."""

    subject: str
    sid: str | None


@dataclass(frozen=True)
class LogoutToken:
    """Which sessions end: those of `sid`, else all of `subject`."""

    jti: str
    ends_at: float
    """Unix seconds."""
    subject: str | None
    sid: str | None


def read_id_token(token: str, keys: KeySet, relation: Relation, nonce: str) -> IdToken:
    """Return what an ID token says; raises JoseError, ValueError, KeyError or TypeError where it does not hold."""
    claims = jwt.decode(token, keys, algorithms=ALGORITHMS).claims
    _registry(relation, nonce={"essential": True, "value": nonce}, sub={"essential": True}).validate(claims)
    if claims.get("azp", relation.client) != relation.client:
        raise ValueError("azp")
    return IdToken(claims["sub"], _id(claims, "sid"))


def read_logout_token(token: str, keys: KeySet, relation: Relation) -> LogoutToken:
    """Return what a logout token says; raises JoseError, ValueError, KeyError or TypeError where it does not hold."""
    decoded = jwt.decode(token, keys, algorithms=ALGORITHMS)
    claims, kind = decoded.claims, decoded.header.get("typ")
    _registry(relation, jti={"essential": True}, events={"essential": True}).validate(claims)
    if (kind.lower() if isinstance(kind, str) else kind) not in _LOGOUT_TYPES:
        raise ValueError("typ")
    if "nonce" in claims:
        raise ValueError("nonce")
    if not isinstance(claims["events"], Mapping) or not isinstance(claims["events"].get(LOGOUT_EVENT), Mapping):
        raise TypeError("events")
    jti, subject, sid = _id(claims, "jti"), _id(claims, "sub"), _id(claims, "sid")
    if jti is None or (subject is None and sid is None):
        raise ValueError("jti, sub, sid")
    if claims["exp"] > time.time() + _LONGEST_LOGOUT_S:
        raise ValueError("exp")
    return LogoutToken(jti, claims["exp"] + _LEEWAY_S, subject, sid)


def _registry(relation: Relation, **others: Any) -> jwt.JWTClaimsRegistry:
    return jwt.JWTClaimsRegistry(
        leeway=_LEEWAY_S,
        iss={"essential": True, "value": relation.issuer},
        aud={"essential": True, "value": relation.client},
        exp={"essential": True},
        iat={"essential": True},
        **others,
    )


def _id(claims: Mapping[str, Any], name: str) -> str | None:
    """Return a claim that is an id; raises ValueError for what a table cannot hold."""
    value = claims.get(name)
    if value is None:
        return None
    if not isinstance(value, str) or not 0 < len(value) <= _LONGEST_ID or not value.isascii():
        raise ValueError(name)
    return value
