"""Tokens that must not pass, on every guarded route of every service; the sound one that they were bent from passes."""

import base64
import hmac
import time
from collections.abc import Callable
from typing import Any

import orjson
import pytest
from joserfc import jwt
from joserfc.jwk import ECKey, RSAKey

from ilp_shared.auth import development
from ilp_shared.auth.permissions import PUBLIC, Role
from ilp_shared.ids import new_id
from tests.access.objects import OPENERS
from tests.access.routes import Route
from tests.hostile.conftest import Target
from tests.hostile.raw import request, status_of
from tests.support.api import Issuer

Claims = dict[str, Any]


def claims(**changes: object) -> Claims:
    """Sound claims of every role in the nation, changed; None takes a claim away."""
    now = int(time.time())
    defaults: Claims = {
        "iss": development.ISSUER,
        "aud": "ilp",
        "sub": "hostile",
        "iat": now,
        "exp": now + 600,
        "roles": [role.value for role in Role],
        "areas": ["id"],
    }
    return {name: value for name, value in {**defaults, **changes}.items() if value is not None}


def part(value: object) -> str:
    """One part of a token."""
    return base64.urlsafe_b64encode(orjson.dumps(value)).decode().rstrip("=")


def own_key(issuer: Issuer) -> ECKey:
    """Return the issuer's private key."""
    return ECKey.import_key(orjson.loads((issuer.folder / "private.json").read_bytes()))


def signed(issuer: Issuer, header: Claims | None = None, **changes: object) -> str:
    """Return a token signed by the issuer, with changed claims or header."""
    key = own_key(issuer)
    return jwt.encode({"alg": "ES256", "kid": key.kid, **(header or {})}, claims(**changes), key)


def of_other_key(issuer: Issuer, *, kid: str | None = None, embedded: bool = False) -> str:
    """Return a token signed by somebody else: under our key's name, an unknown name, or bringing its own key along."""
    key = ECKey.generate_key("P-256")
    header: Claims = {"alg": "ES256", "kid": kid or own_key(issuer).kid}
    if embedded:
        header["jwk"] = key.as_dict(private=False)
    return jwt.encode(header, claims(), key)


def pointing(issuer: Issuer, name: str) -> str:
    """Return a token signed by somebody else that says where its key is to be fetched."""
    signature = of_other_key(issuer).rsplit(".", 1)[1]
    header = {"alg": "ES256", "kid": "x", name: "http://127.0.0.1:1/keys"}
    return f"{part(header)}.{part(claims())}.{signature}"


def symmetric(issuer: Issuer, secret: Callable[[ECKey], bytes]) -> str:
    """HS256 with our public key, in some form, as the secret (by hand: the library refuses to help)."""
    key = own_key(issuer)
    content = f"{part({'alg': 'HS256', 'kid': key.kid})}.{part(claims())}"
    mark = hmac.digest(secret(key), content.encode(), "sha256")
    return f"{content}.{base64.urlsafe_b64encode(mark).decode().rstrip('=')}"


def other_body(issuer: Issuer) -> str:
    """Return a sound token whose claims were exchanged under its signature."""
    head, _, signature = signed(issuer, roles=["kader"]).split(".")
    return f"{head}.{part(claims())}.{signature}"


FORGED: dict[str, Callable[[Issuer], str]] = {
    "expired": lambda issuer: signed(issuer, exp=int(time.time()) - 120),
    "expired long ago": lambda issuer: signed(issuer, exp=1),
    "without an end": lambda issuer: signed(issuer, exp=None),
    "not yet valid": lambda issuer: signed(issuer, nbf=int(time.time()) + 3600),
    "end as text": lambda issuer: signed(issuer, exp="tomorrow"),
    "issued in the future": lambda issuer: signed(issuer, iat=int(time.time()) + 3600),
    "far too long a life": lambda issuer: signed(issuer, exp=int(time.time()) + 10**9),
    "an absurd end": lambda issuer: signed(issuer, exp=1e300),
    "without a beginning": lambda issuer: signed(issuer, iat=None),
    "a subject with NUL": lambda issuer: signed(issuer, sub="a\0b"),
    "a subject of several lines": lambda issuer: signed(issuer, sub="a\nb"),
    "a subject without end": lambda issuer: signed(issuer, sub="x" * 256),
    "for others": lambda issuer: signed(issuer, aud="other"),
    "for no audience": lambda issuer: signed(issuer, aud=None),
    "by others": lambda issuer: signed(issuer, iss="urn:somebody-else"),
    "by no issuer": lambda issuer: signed(issuer, iss=None),
    "without a subject": lambda issuer: signed(issuer, sub=None),
    "with an unknown role": lambda issuer: signed(issuer, roles=["root"]),
    "without roles": lambda issuer: signed(issuer, roles=[]),
    "roles as text": lambda issuer: signed(issuer, roles="midwife"),
    "without areas": lambda issuer: signed(issuer, areas=None),
    "areas as text": lambda issuer: signed(issuer, areas="id"),
    "areas of numbers": lambda issuer: signed(issuer, areas=[13]),
    "unsigned": lambda _: f"{part({'alg': 'none'})}.{part(claims())}.",
    "unsigned, in capitals": lambda _: f"{part({'alg': 'NONE'})}.{part(claims())}.",
    "signature cut off": lambda issuer: signed(issuer).rsplit(".", 1)[0] + ".",
    "exchanged claims": other_body,
    "symmetric with the public key (PEM)": lambda issuer: symmetric(issuer, lambda key: key.as_pem(private=False)),
    "symmetric with the public key (JWK)": lambda issuer: symmetric(
        issuer, lambda key: orjson.dumps(key.as_dict(private=False))
    ),
    "symmetric with nothing": lambda issuer: symmetric(issuer, lambda _: b""),
    "other key, our name": of_other_key,
    "other key, unknown name": lambda issuer: of_other_key(issuer, kid="unknown"),
    "other key brought along": lambda issuer: of_other_key(issuer, embedded=True),
    "other key by jku": lambda issuer: pointing(issuer, "jku"),
    "other key by x5u": lambda issuer: pointing(issuer, "x5u"),
    "RSA by us unknown": lambda _: jwt.encode({"alg": "RS256", "kid": "r"}, claims(), RSAKey.generate_key(2048)),
    "unknown critical header": lambda issuer: signed(issuer).replace(
        signed(issuer).split(".")[0], part({"alg": "ES256", "kid": own_key(issuer).kid, "crit": ["x"], "x": 1})
    ),
    "encrypted form": lambda _: "a.b.c.d.e",
    "huge": lambda issuer: signed(issuer, sub="x" * 40_000) + "x",
    "no token": lambda _: "a.b",
    "empty parts": lambda _: "..",
}


def guarded(target: Target) -> list[Route]:
    """Return every route that is not public."""
    return [route for route in target.reach.routes if route.permission is not PUBLIC]


async def status(target: Target, route: Route, headers: dict[str, str]) -> int:
    """Return the status of an answer to a request with these headers, a fresh key and a sound body."""
    sent = headers | {"Idempotency-Key": str(new_id()), "Content-Type": "application/json"}
    body = b"" if route.method in ("GET", "HEAD") else orjson.dumps(target.reach.bodies.get(route.path, {}))
    return await status_of(target.url, request(route.method, target.reach.url(route), sent, body))


@pytest.mark.parametrize("kind", FORGED)
@pytest.mark.parametrize("name", OPENERS)
async def test_forged_tokens_are_refused_on_every_route(
    targets: dict[str, Target], issuer: Issuer, name: str, kind: str
) -> None:
    token = FORGED[kind](issuer)
    for route in guarded(targets[name]):
        assert await status(targets[name], route, {"Authorization": f"Bearer {token}"}) == 401, route
        if route.method == "GET":
            assert await status(targets[name], route, {"Cookie": f"ilp_session={token}"}) == 401, route


@pytest.mark.parametrize("name", OPENERS)
async def test_the_token_they_were_bent_from_passes(targets: dict[str, Target], issuer: Issuer, name: str) -> None:
    for route in guarded(targets[name]):
        given = await status(targets[name], route, {"Authorization": f"Bearer {signed(issuer)}"})
        assert given < 500, route
        assert given not in (401, 403), route


@pytest.mark.parametrize("name", OPENERS)
@pytest.mark.parametrize(
    "header", ["", "Bearer", "Bearer ", "Basic YTpi", "bearer\t", "Token x", "Bearer null", "Bearer \xff"], ids=repr
)
async def test_headers_without_a_token(targets: dict[str, Target], name: str, header: str) -> None:
    for route in guarded(targets[name]):
        assert await status(targets[name], route, {"Authorization": header}) == 401, route


@pytest.mark.parametrize("name", OPENERS)
async def test_a_cookie_signs_nobody_in_to_write(targets: dict[str, Target], issuer: Issuer, name: str) -> None:
    for route in guarded(targets[name]):
        if route.method not in ("GET", "HEAD"):
            assert await status(targets[name], route, {"Cookie": f"ilp_session={signed(issuer)}"}) == 401, route
