"""Tokens that must not pass: expired, forged, unsigned, for others; and one that must."""

import base64
import time
from pathlib import Path

import orjson
import pytest
from joserfc import jwt
from joserfc.jwk import ECKey, OctKey

from ilp_shared.auth import development
from ilp_shared.auth.tokens import TokenVerifier
from ilp_shared.problems import Unauthenticated, Unavailable
from tests.support.api import Issuer


def _verifier(issuer: Issuer, audience: str = "ilp") -> TokenVerifier:
    return TokenVerifier(issuer=development.ISSUER, audience=audience, jwks=str(issuer.folder / "jwks.json"))


def _claims(**changes: object) -> dict[str, object]:
    now = int(time.time())
    sound: dict[str, object] = {
        "iss": development.ISSUER,
        "aud": "ilp",
        "sub": "x",
        "iat": now,
        "exp": now + 60,
        "roles": ["kader"],
        "areas": ["13.76"],
    }
    return {**sound, **changes}


def _signed(issuer: Issuer, **changes: object) -> str:
    key = ECKey.import_key(orjson.loads((issuer.folder / "private.json").read_bytes()))
    return jwt.encode({"alg": "ES256", "kid": key.kid}, _claims(**changes), key)


async def test_a_sound_token_names_its_bearer(issuer: Issuer) -> None:
    principal = await _verifier(issuer).verify(issuer.token("midwife", "13.76"))
    assert principal.covers("13.76.01")
    assert not principal.covers("13.77")
    assert principal.role == "midwife"


async def test_a_remembered_token_holds_no_longer_than_it_says(issuer: Issuer, monkeypatch: pytest.MonkeyPatch) -> None:
    verifier, token, later = _verifier(issuer), issuer.token("midwife", "13.76", lifetime_s=60), time.time() + 3_600
    assert await verifier.verify(token) == await verifier.verify(token)
    monkeypatch.setattr(time, "time", lambda: later)
    with pytest.raises(Unauthenticated):
        await verifier.verify(token)


async def test_roles_of_others_in_a_token_are_ignored(issuer: Issuer) -> None:
    principal = await _verifier(issuer).verify(_signed(issuer, roles=["offline_access", "nurse"]))
    assert principal.roles == {"nurse"}


async def test_without_keys_the_service_is_unavailable_not_broken(issuer: Issuer) -> None:
    verifier = TokenVerifier(issuer=development.ISSUER, audience="ilp", jwks="http://127.0.0.1:1/jwks.json")
    with pytest.raises(Unavailable):
        await verifier.verify(issuer.token("kader", "13.76"))


@pytest.mark.parametrize(
    "changes",
    [
        {"exp": 1_000},
        {"iss": "urn:somebody-else"},
        {"aud": "other"},
        {"roles": ["root"]},
        {"roles": "kader"},
        {"areas": "id"},
        {"areas": [""]},
        {"sub": None},
    ],
    ids=str,
)
async def test_claims_that_do_not_hold(issuer: Issuer, changes: dict[str, object]) -> None:
    with pytest.raises(Unauthenticated):
        await _verifier(issuer).verify(_signed(issuer, **changes))


async def test_a_foreign_key_is_refused(issuer: Issuer, tmp_path: Path) -> None:
    development.create_issuer(tmp_path)
    with pytest.raises(Unauthenticated):
        await _verifier(issuer).verify(development.issue_token(tmp_path, role="kader", areas=["id"]))


async def test_unsigned_and_symmetric_tokens_are_refused(issuer: Issuer) -> None:
    def part(value: object) -> str:
        return base64.urlsafe_b64encode(orjson.dumps(value)).decode().rstrip("=")

    unsigned = f"{part({'alg': 'none'})}.{part(_claims())}."
    public = (issuer.folder / "jwks.json").read_bytes()
    confused = jwt.encode({"alg": "HS256"}, _claims(), OctKey.import_key(public))
    for token in (unsigned, confused, "", "a.b", "ä.b.c"):
        with pytest.raises(Unauthenticated):
            await _verifier(issuer).verify(token)
