"""`make run` asks the registry whether the keys of its secrets are those of its data."""

import os
from pathlib import Path

import pytest

from deploy.dev.failure import StartError
from deploy.dev.ledger import Ledger
from deploy.dev.present import check_keys
from deploy.dev.processes import Supervisor
from deploy.dev.vault import Vault
from ilp_registry.service import SERVICE
from tests.service.registry.key_places import NEW, OLD, Keys, new_nik, processes
from tests.support.api import Issuer
from tests.support.commands import NO_KAFKA, environment_of
from tests.support.databases import Databases, DatabaseUrls


async def checked(urls: DatabaseUrls, keys: Keys, data: Path) -> None:
    """Check as a start does; the file of the secrets lies beside no data of a server."""
    own = {f"ILP_REGISTRY_{name.upper()}": keys[name] for name in ("nik_key", "nik_index_key")}
    environment = {**os.environ, **environment_of(SERVICE, urls, NO_KAFKA), **own}
    supervisor = Supervisor(data / "logs", Ledger(data / "run.json"), lambda _name, _code: None)
    await check_keys(supervisor, environment, Vault(data / "secrets.json"))


async def test_secrets_of_other_data_end_the_start(databases: Databases, issuer: Issuer, tmp_path: Path) -> None:
    urls = await databases.create(SERVICE)
    other = {"nik_key": NEW["nik_key"], "nik_index_key": NEW["nik_index_key"]["2"]}
    async with processes(urls, issuer, [OLD]) as (registry,):
        await checked(urls, other, tmp_path)  # nothing is stored that they could not read
        assert (await registry.register(new_nik())).status_code == 201
    await checked(urls, OLD, tmp_path)
    for wrong in (other, {**OLD, "nik_key": other["nik_key"]}, {**OLD, "nik_index_key": other["nik_index_key"]}):
        with pytest.raises(StartError, match=r"secrets\.json .* / the secrets do not match the data") as refused:
            await checked(urls, wrong, tmp_path)
        assert "\n" not in str(refused.value)
    await checked(urls, OLD, tmp_path)
