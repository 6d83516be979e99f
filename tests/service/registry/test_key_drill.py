"""A whole change of both keys, a dump restored elsewhere, and the keys for it out of an envelope that two persons open.

The commands of envelopes are those of deploy/README.md. They need Debian's `age`.
"""

import asyncio
import os
import shutil
from asyncio.subprocess import PIPE, STDOUT
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from deploy.dev.postgres_binaries import find_binaries
from ilp_registry.service import SERVICE
from tests.architecture.sources import ROOT
from tests.backup.page import blocks
from tests.service.registry.key_places import CHANGED, HOME, NEW, OLD, STEPS, Keys, new_nik, processes
from tests.support import apt
from tests.support.addresses import Address, connected
from tests.support.api import Issuer
from tests.support.commands import NO_KAFKA, run_command
from tests.support.databases import Databases, DatabaseUrls
from tests.support.waiting import patiently

PAGE = "Key envelopes"
"""In deploy/README.md: making of key pairs, sealing (also in a cluster), opening, putting back there."""
CARD, PHONE = "1376010101220071", "+6281234567890"
FILES = {
    "nik_key": "registry-nik-key",
    "nik_key_id": "registry-nik-key-id",
    "nik_retired_keys": "registry-nik-retired-keys",
    "nik_index_key": "registry-nik-index-key",
}
CONTENTS = {"nik_key": NEW["nik_key"], "nik_key_id": "2", "nik_retired_keys": "{}"}
CONTENTS["nik_index_key"] = '{"2": "' + NEW["nik_index_key"]["2"] + '"}'

pytestmark = pytest.mark.thorough


@pytest.fixture
def holders(tmp_path: Path) -> Iterator[Path]:
    """Yield a folder with the project's commands and a site's secrets; skips where age cannot be had."""
    if shutil.which("age") is None and (refusal := apt.install(["age"])):
        if os.environ.get("CI"):
            pytest.fail(f"age tidak ada / is missing: {refusal}")
        pytest.skip(f"age tidak ada / is missing: {refusal}")
    secrets = tmp_path / "deploy" / "compose" / "secrets"
    secrets.mkdir(parents=True)
    (tmp_path / "deploy" / "keys").symlink_to(ROOT / "deploy" / "keys")
    for name, file in FILES.items():
        (secrets / file).write_text(CONTENTS[name] + "\n", encoding="utf-8")
    yield tmp_path
    shutil.rmtree(tmp_path)


async def shell(script: str, folder: Path) -> tuple[int, str]:
    """Run a script; return its exit code and what it printed."""
    child = await asyncio.create_subprocess_exec("bash", "-ec", script, cwd=folder, stdout=PIPE, stderr=STDOUT)
    output, _ = await patiently(child.communicate())
    assert child.returncode is not None
    return child.returncode, output.decode()


async def copied(source: DatabaseUrls, databases: Databases, superuser: Address) -> tuple[DatabaseUrls, str]:
    """Restore a dump of a database into a new one; return both."""
    programs, target = find_binaries(Path(os.devnull).parent).folder, await databases.create(SERVICE)
    conn = await connected(target.owner)
    await conn.execute("DROP SCHEMA registry CASCADE")
    await conn.close()
    dumping = await asyncio.create_subprocess_exec(programs / "pg_dump", superuser.of(source.name), stdout=PIPE)
    dump, _ = await patiently(dumping.communicate())
    restoring = await asyncio.create_subprocess_exec(
        *(programs / "psql", "-q", "-o", os.devnull, superuser.of(target.name)), stdin=PIPE, stdout=PIPE, stderr=STDOUT
    )
    await patiently(restoring.communicate(dump))
    assert (dumping.returncode, restoring.returncode) == (0, 0)
    return target, dump.decode()


async def test_a_restored_copy_is_read_with_the_keys_of_an_envelope(
    holders: Path,
    databases: Databases,
    issuer: Issuer,
    postgres_url: Address,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    urls, niks = await databases.create(SERVICE), [new_nik() for _ in range(4)]
    persons = []
    async with processes(urls, issuer, STEPS) as steps:
        for process, nik in zip(steps, niks, strict=True):
            persons.append((await process.register(nik, phone=PHONE, household={"kk": CARD})).json()["id"])
            if process.settings.nik_key_id == "2":
                assert (await process.rotate()).is_complete
        assert (await steps[-1].rotate()).states == {"1": "empty", "2": "required"}
    copy, dump = await copied(urls, databases, postgres_url)
    for secret in (*niks, CARD, PHONE.removeprefix("+"), *_keys(OLD), *_keys(CHANGED), *_keys(NEW)):
        assert secret not in dump
        assert secret.encode().hex() not in dump

    pairs, seal, _seal_in_cluster, reopen, _put_back = blocks(PAGE)
    code, said = await shell(pairs + seal, holders)
    assert (code, sorted(path.name for path in holders.glob("keys.*"))) == (0, ["keys.age"]), said
    envelope = (holders / "keys.age").read_bytes()
    assert not [key for key in _keys(NEW) if key.encode() in envelope]
    shutil.rmtree(holders / "deploy" / "compose" / "secrets")

    code, said = await shell(f'{reopen}\necho "$keys"', holders)
    assert code == 0, said
    opened = await _checked(Path(said.splitlines()[-1]), copy, monkeypatch)
    await _is_read_by(copy, issuer, {**opened, "nik_retired_keys": {}}, dict(zip(persons, niks, strict=True)))


async def _checked(keys: Path, urls: DatabaseUrls, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """Run the check with the files of an open envelope, delete them, and return what was in them."""
    try:
        assert {path.name: path.stat().st_mode & 0o777 for path in keys.iterdir()} == dict.fromkeys(
            FILES.values(), 0o600
        )
        with monkeypatch.context() as environment:
            for name, file in FILES.items():
                environment.setenv(f"ILP_REGISTRY_{name.upper()}_FILE", str(keys / file))
            _, lines = await run_command(SERVICE, urls, "check-config", "--backing", cluster=NO_KAFKA)
        assert "ILP_REGISTRY_NIK" not in lines
        return {name: (keys / file).read_text(encoding="utf-8").strip() for name, file in FILES.items()}
    finally:
        shutil.rmtree(keys)


async def _is_read_by(urls: DatabaseUrls, issuer: Issuer, keys: Keys, people: Mapping[str, str]) -> None:
    """Prove that these keys read a database, whose NIKs are given by person, and that the old ones do not."""
    async with processes(urls, issuer, (keys, OLD)) as (right, wrong):
        assert await right.misfits() == set()
        assert await wrong.misfits() == {"ILP_REGISTRY_NIK_RETIRED_KEYS", "ILP_REGISTRY_NIK_INDEX_KEY"}
        for person_id, nik in people.items():
            assert await right.revealed(person_id) == nik
            assert await right.persons_with(nik) == [person_id]
            match = await right.post(f"/v1/persons/{person_id}/nik:match", {"nik": nik})
            assert match.json() == {"matches": True}
            read = await right.api.get(f"/v1/persons/{person_id}", area=HOME)
            assert read.json()["phone"] == PHONE
            assert (await right.register(nik)).status_code == 409


@pytest.mark.parametrize(
    ("script", "reason"),
    [
        ("deploy/keys/envelope.sh hand-on keys.age first.key again.half", "no identity matched"),
        ("age -d -i first.key keys.age", "no identity matched"),
        ("age -d -i second.key keys.age | age -d -i second.key", "no identity matched"),
        ("age -d -i second.key keys.age | grep -a registry-nik || echo nothing", "nothing"),
        ("deploy/keys/envelope.sh seal deploy/compose/secrets first.pub first.pub one.age", "one holder for both"),
        ("mkdir disk; deploy/keys/envelope.sh open keys.age first.key disk", "is not in memory"),
        ("deploy/keys/envelope.sh seal deploy/compose/secrets first.pub second.pub keys.age", "exists"),
        ("mkdir none; deploy/keys/envelope.sh seal none first.pub second.pub none.age", "has no files"),
    ],
)
async def test_one_person_opens_nothing_and_no_key_comes_on_a_disk(holders: Path, script: str, reason: str) -> None:
    pairs, seal = blocks(PAGE)[:2]
    code, said = await shell(pairs + seal, holders)
    assert code == 0, said
    code, said = await shell(script, holders)
    assert reason in said
    assert code != 0 or reason == "nothing"
    assert not list(holders.glob("again*")) + list(holders.glob("one*")) + list(holders.glob("disk/*"))


def _keys(keys: Keys) -> Iterator[str]:
    for value in keys.values():
        yield from value.values() if isinstance(value, dict) else [value] if len(value) > 1 else []
