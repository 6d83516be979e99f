"""Tokens that must not pass: expired, forged, unsigned, for others; and one that must."""

import asyncio
import base64
import contextlib
import shutil
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import orjson
import pytest
from joserfc import jwt
from joserfc.jwk import ECKey, OctKey
from pydantic import ValidationError

from ilp_shared.auth import development, tokens
from ilp_shared.auth.tokens import TokenVerifier
from ilp_shared.problems import Unauthenticated, Unavailable
from ilp_shared.settings import ServiceSettings
from tests.support.api import Issuer
from tests.support.waiting import eventually, patience

LONGEST_S = 3_600


def _verifier(issuer: Issuer, audience: str = "ilp") -> TokenVerifier:
    return _reading(issuer.folder / "jwks.json", audience=audience)


def _reading(jwks: Path | str, monotonic: Callable[[], float] = time.monotonic, audience: str = "ilp") -> TokenVerifier:
    return TokenVerifier(
        issuer=development.ISSUER, audience=audience, jwks=str(jwks), longest_s=LONGEST_S, monotonic=monotonic
    )


class Elapsed:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


def _claims(**changes: object) -> dict[str, object]:
    now = int(time.time())
    defaults: dict[str, object] = {
        "iss": development.ISSUER,
        "aud": "ilp",
        "sub": "x",
        "iat": now,
        "exp": now + 60,
        "roles": ["kader"],
        "areas": ["13.76"],
    }
    return {**defaults, **changes}


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
    verifier = _reading("http://127.0.0.1:1/jwks.json")
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
        {"sub": ""},
        {"sub": "a\0b"},
        {"sub": "a\nb"},
        {"sub": "x" * 256},
        {"sub": 7},
        {"exp": 1e300},
        {"exp": float("inf")},
        {"exp": True},
        {"exp": int(time.time()) + LONGEST_S + 1_000},
        {"iat": None},
        {"iat": 0},
    ],
    ids=lambda changes: " ".join(changes),
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


async def test_a_key_that_left_verifies_nothing_within_a_minute(issuer: Issuer, tmp_path: Path) -> None:
    now, jwks = Elapsed(), tmp_path / "jwks.json"
    shutil.copy(issuer.folder / "jwks.json", jwks)
    verifier, known, new = _reading(jwks, now), issuer.token("kader", "13.76"), issuer.token("nurse", "13.76")
    await verifier.verify(known)
    development.create_issuer(tmp_path / "next")
    shutil.copy(tmp_path / "next" / "jwks.json", jwks)
    now.seconds = 60.0
    for token in (known, new):
        with pytest.raises(Unauthenticated):
            await verifier.verify(token)
    successor = development.issue_token(tmp_path / "next", role="kader", areas=["13.76"], lifetime_s=60)
    assert (await verifier.verify(successor)).role == "kader"


async def test_keys_are_fetched_again_behind_the_requests(issuer: Issuer, tmp_path: Path) -> None:
    now, jwks = Elapsed(), tmp_path / "jwks.json"
    shutil.copy(issuer.folder / "jwks.json", jwks)
    verifier, token = _reading(jwks, now), issuer.token("kader", "13.76")
    await verifier.verify(token)
    jwks.write_text('{"keys": []}')
    now.seconds = 31.0
    assert (await verifier.verify(token)).role == "kader"

    async def is_refused() -> bool:
        try:
            await verifier.verify(token)
        except Unauthenticated:
            return True
        return False

    await eventually(is_refused)


async def test_known_keys_hold_ten_minutes_while_the_issuer_is_out_of_reach(issuer: Issuer, tmp_path: Path) -> None:
    now, jwks = Elapsed(), tmp_path / "jwks.json"
    shutil.copy(issuer.folder / "jwks.json", jwks)
    verifier, token = _reading(jwks, now), issuer.token("kader", "13.76")
    await verifier.verify(token)
    jwks.unlink()
    now.seconds = 599.0
    assert (await verifier.verify(token)).role == "kader"
    now.seconds = 600.0
    with pytest.raises(Unavailable):
        await verifier.verify(token)
    shutil.copy(issuer.folder / "jwks.json", jwks)
    now.seconds = 605.0
    assert (await verifier.verify(token)).role == "kader"


class HangingIssuer:
    """An issuer that accepts connections and never answers; each takes five seconds of a test's clock."""

    def __init__(self, now: Elapsed) -> None:
        self._now = now
        self._writers: list[asyncio.StreamWriter] = []
        self.address = ""

    @contextlib.asynccontextmanager
    async def opened(self) -> AsyncIterator[None]:
        """Listen."""
        server = await asyncio.start_server(self._accept, "127.0.0.1", 0)
        self.address = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/jwks"
        try:
            yield
        finally:
            self.drop()
            server.close()

    @property
    def connections(self) -> int:
        """How many were accepted."""
        return len(self._writers)

    def drop(self) -> None:
        """End all connections without an answer."""
        for writer in self._writers:
            writer.close()

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._now.seconds += 5.0
        self._writers.append(writer)
        await reader.read()


async def test_an_issuer_that_accepts_and_never_answers_holds_nobody_up(
    issuer: Issuer, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = Elapsed()
    hanging, token = HangingIssuer(now), issuer.token("kader", "13.76")
    verifier = _reading(issuer.folder / "jwks.json", now)
    await verifier.verify(token)
    monkeypatch.setattr(tokens, "_ANSWER_S", 3_600.0)

    async def is_asked(times: int) -> bool:
        return hanging.connections == times

    async with hanging.opened(), patience():  # a request that waited for an answer would fail here
        monkeypatch.setattr(verifier, "_jwks", hanging.address)
        now.seconds = 61.0
        together = [asyncio.create_task(verifier.verify(token)) for _ in range(10)]
        await eventually(lambda: is_asked(1))
        hanging.drop()
        assert {(await request).role for request in together} == {"kader"}
        assert hanging.connections == 1, "requests share an attempt"
        await verifier.verify(token)
        now.seconds += 5.0
        for _ in range(3):
            assert (await verifier.verify(token)).role == "kader", "requests wait for one attempt only"
        await eventually(lambda: is_asked(2))


async def test_areas_of_a_token_are_read_without_regard_to_case(issuer: Issuer) -> None:
    principal = await _verifier(issuer).verify(issuer.token("kader", "13.76.01.1002.rw03"))
    assert principal.areas == ("13.76.01.1002.RW03",)
    assert principal.covers("13.76.01.1002.RW03.RT01")


def test_production_takes_keys_and_tokens_of_sound_kind_only() -> None:
    def settings(profile: str, jwks: str) -> ServiceSettings:
        return ServiceSettings.model_validate(
            {
                "profile": profile,
                "database_url": "postgresql://x@127.0.0.1/x",
                "kafka_bootstrap": "127.0.0.1:1",
                "oidc_issuer": "urn:x",
                "oidc_jwks": jwks,
            }
        )

    for address in ("http://issuer.invalid/jwks", "HTTP://issuer.invalid/jwks"):
        with pytest.raises(ValidationError):
            settings("production", address)
        assert settings("development", address).longest_token_s == 86_400
    assert settings("production", "https://issuer.invalid/jwks").longest_token_s == 600
