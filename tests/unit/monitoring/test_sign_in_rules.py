"""Which tokens of the issuer hold, what is sealed, and what the settings of the sign-in refuse."""

import time
from pathlib import Path
from typing import Any

import orjson
import pytest
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, KeySet, KeySetSerialization, RSAKey
from pydantic import ValidationError

from ilp_monitoring.settings import MonitoringSettings
from ilp_monitoring.sign_in.rules.tokens import LOGOUT_EVENT, Relation, read_id_token, read_logout_token
from ilp_shared.auth.development import sign
from ilp_shared.auth.sealing import Seal
from tests.support.api import Issuer

RELATION = Relation("https://login.example.go.id", "ilp-pages")
SEAL_KEY = "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE="
REFUSALS = (JoseError, ValueError, TypeError, KeyError)


def keys_of(issuer: Issuer) -> KeySet:
    """Return the issuer's public keys."""
    document = orjson.loads((issuer.folder / "jwks.json").read_bytes())
    return KeySet.import_key_set(KeySetSerialization(keys=document["keys"]))


def claims(exp: int | None = 60, **changes: object) -> dict[str, Any]:
    """Return claims that hold, changed; `exp` is in seconds from now, and None takes one away."""
    now = int(time.time())
    expiry = None if exp is None else now + exp
    defaults = {"iss": RELATION.issuer, "aud": RELATION.client, "sub": "x", "iat": now, "exp": expiry, "nonce": "n"}
    return {name: value for name, value in {**defaults, **changes}.items() if value is not None}


def logout(exp: int | None = 60, **changes: object) -> dict[str, Any]:
    """Return claims of a logout token, changed."""
    return claims(exp, **{"nonce": None, "jti": "j", "sid": "s", "events": {LOGOUT_EVENT: {}}, **changes})


def test_a_sound_id_token(issuer: Issuer) -> None:
    token = read_id_token(sign(issuer.folder, claims(sid="s", aud=["ilp-pages"])), keys_of(issuer), RELATION, "n")
    assert (token.subject, token.sid) == ("x", "s")


@pytest.mark.parametrize(
    "changes",
    [
        {"nonce": "other"},
        {"nonce": None},
        {"iss": "https://other.invalid"},
        {"aud": "ilp"},
        {"aud": None},
        {"azp": "other"},
        {"exp": -120},
        {"exp": None},
        {"iat": None},
        {"sub": None},
        {"sid": 7},
    ],
    ids=str,
)
def test_id_tokens_that_do_not_hold(issuer: Issuer, changes: dict[str, Any]) -> None:
    with pytest.raises(REFUSALS):
        read_id_token(sign(issuer.folder, claims(**changes)), keys_of(issuer), RELATION, "n")


@pytest.mark.parametrize("kind", ["logout+jwt", "JWT"])
def test_a_sound_logout_token(issuer: Issuer, kind: str) -> None:
    token = read_logout_token(sign(issuer.folder, logout(), kind), keys_of(issuer), RELATION)
    assert (token.jti, token.sid, token.subject) == ("j", "s", "x")


@pytest.mark.parametrize(
    "changes",
    [
        {"events": None},
        {"events": {}},
        {"events": [LOGOUT_EVENT]},
        {"events": {LOGOUT_EVENT: True}},
        {"nonce": "n"},
        {"sub": None, "sid": None},
        {"jti": None},
        {"jti": ""},
        {"jti": "x" * 256},
        {"aud": "other"},
        {"iss": "https://other.invalid"},
        {"exp": -120},
        {"exp": 86_400},
        {"exp": None},
    ],
    ids=str,
)
def test_logout_tokens_that_do_not_hold(issuer: Issuer, changes: dict[str, Any]) -> None:
    with pytest.raises(REFUSALS):
        read_logout_token(sign(issuer.folder, logout(**changes), "logout+jwt"), keys_of(issuer), RELATION)


def test_another_kind_of_token_ends_nothing(issuer: Issuer) -> None:
    with pytest.raises(REFUSALS):
        read_logout_token(sign(issuer.folder, logout(), "at+jwt"), keys_of(issuer), RELATION)


def test_what_is_sealed_opens_with_its_key_for_its_purpose_only() -> None:
    seal = Seal(SEAL_KEY)
    sealed = seal.close("rahasia", "attempt")
    assert seal.open(sealed, "attempt") == "rahasia"
    assert seal.close("rahasia", "attempt") != sealed
    changed = ("A" if sealed[20] != "A" else "B").join((sealed[:20], sealed[21:]))
    other = Seal(SEAL_KEY.replace("M", "N", 1))
    for one, content, purpose in (
        (seal, sealed, "refresh"),
        (other, sealed, "attempt"),
        (seal, changed, "attempt"),
        (seal, "", "attempt"),
        (seal, "é", "attempt"),
        (seal, "AAAA", "attempt"),
    ):
        with pytest.raises(ValueError):
            one.open(content, purpose)


def _settings(tmp_path: Path, **changes: object) -> MonitoringSettings:
    key = tmp_path / "private.pem"
    if not key.exists():
        key.write_bytes(ECKey.generate_key("P-256").as_pem(private=True))
    values = {
        "database_url": "postgresql://x/y",
        "kafka_bootstrap": "-",
        "oidc_issuer": RELATION.issuer,
        "sign_in_address": "https://ilp.example.go.id/monitoring",
        "sign_in_client": "ilp-pages",
        "sign_in_client_key": key.read_text(),
        "sign_in_seal_key": SEAL_KEY,
    }
    return MonitoringSettings.model_validate({**values, **changes})


def test_the_sign_in_is_set_whole_and_safe(tmp_path: Path) -> None:
    assert _settings(tmp_path).signs_in
    rsa = RSAKey.generate_key(2048).as_pem(private=True).decode()
    assert _settings(tmp_path, sign_in_client_key=rsa).signs_in
    wrong: list[dict[str, object]] = [
        {"sign_in_client": ""},
        {"sign_in_client_key": None},
        {"sign_in_seal_key": None},
        {"sign_in_address": ""},
        {"sign_in_address": "http://ilp.example.go.id/monitoring"},
        {"sign_in_address": "https://ilp.example.go.id/monitoring?x=1"},
        {"sign_in_address": "//ilp.example.go.id"},
        {"sign_in_address": "https://ilp.example.go.id/monitoring/"},
        {"sign_in_seal_key": "c2hvcnQ="},
        {"sign_in_seal_key": "***"},
        {"sign_in_client_key": "no key"},
        {"sign_in_client_key": ECKey.generate_key("P-256").as_pem(private=False).decode()},
        {"sign_in_client_key": ECKey.generate_key("P-384").as_pem(private=True).decode()},
        {"oidc_issuer": "urn:somebody", "oidc_jwks": "/keys.json"},
    ]
    for changes in wrong:
        with pytest.raises(ValidationError):
            _settings(tmp_path, **changes)
