"""`make client`: a machine gets a key of its own and, by it, tokens of its role and areas."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from deploy.dev import machine_client
from ilp_shared.auth.development import identity_of
from ilp_shared.auth.tokens import TokenVerifier
from tests.support.signing_in import Door, new_door


@pytest_asyncio.fixture(loop_scope="session")
async def door(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Door]:
    """Open the issuer of a data folder."""
    monkeypatch.setenv("ILP_DATA_DIR", str(tmp_path))
    door = new_door(tmp_path / "dev-issuer")
    async with door.opened({}):
        yield door


async def run(*arguments: str) -> int:
    """Run the command beside the issuer."""
    return await asyncio.to_thread(machine_client.main, list(arguments))


async def test_a_machine_is_registered_and_gets_tokens(door: Door, capsys: pytest.CaptureFixture[str]) -> None:
    assert await run("--name", "simpus", "--role", "integrator", "--area", "13.76,14.72") == 0
    said = dict(line.split(": ", 1) for line in capsys.readouterr().out.splitlines())
    key = Path(said["private key"])
    assert key.stat().st_mode & 0o077 == 0, "only this account reads it"
    assert said["token endpoint"] == f"{identity_of(door.issuer)}/token"
    verifier = TokenVerifier(issuer=identity_of(door.issuer), audience="ilp", jwks="", longest_s=300)
    tokens = set()
    for _ in range(2):
        assert await run("--name", "simpus", "--token") == 0
        tokens.add(capsys.readouterr().out.strip())
    principal = await verifier.verify(tokens.pop())
    assert (principal.subject, principal.role, principal.areas) == ("simpus", "integrator", ("13.76", "14.72"))


@pytest.mark.parametrize(
    "arguments",
    [
        ("--name", "Simpus!", "--role", "kader", "--area", "13"),
        ("--name", "ilp-pages", "--role", "kader", "--area", "13"),
        ("--name", "simpus", "--role", "root", "--area", "13"),
        ("--name", "simpus", "--role", "kader", "--area", "x"),
        ("--name", "unknown", "--token"),
    ],
)
async def test_what_is_refused_is_one_line(
    door: Door, capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...]
) -> None:
    assert await run(*arguments) == 1
    out, err = capsys.readouterr()
    assert (out, len(err.splitlines())) == ("", 1)
    assert not (door.issuer / "clients" / "simpus").exists()


@pytest.mark.parametrize(
    ("arguments", "lacking"),
    [
        ((), "NAME, ROLE, AREA"),
        (("--name", "simpus", "--role", "", "--area", ""), "ROLE, AREA"),
        (("--name", "simpus", "--role", "kader"), "AREA"),
        (("--name", "simpus", "--area", "13"), "ROLE"),
        (("--token",), "NAME"),
    ],
)
def test_what_is_not_given_is_named_with_an_example(
    capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...], lacking: str
) -> None:
    assert machine_client.main(list(arguments)) == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert line == f"{lacking} belum diisi / not given, e.g. make client NAME=simpus ROLE=integrator AREA=13.76"
