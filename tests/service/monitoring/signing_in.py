"""Monitoring behind a front door with the development issuer: browsers are signed in there as in `make run`."""

import os
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from deploy.dev.environment import sign_in_settings
from deploy.dev.vault import Vault
from ilp_monitoring.service import SERVICE
from ilp_shared.auth.development import identity_of
from tests.support.api import Api, Issuer, listening, open_api
from tests.support.databases import Databases
from tests.support.signing_in import Browser, Door, new_door

PAGE = "/monitoring/wilayah/id"


@dataclass(frozen=True)
class Pages:
    """The pages, and what is behind them."""

    door: Door
    apis: list[Api]

    @property
    def api(self) -> Api:
        """The first process of the service."""
        return self.apis[0]

    @property
    def issuer(self) -> str:
        """The issuer's identity."""
        return identity_of(self.door.issuer)

    def browser(self) -> Browser:
        """Return a browser without cookies."""
        return Browser(self.door.address)

    async def sessions(self) -> int:
        """Return how many sessions are stored."""
        return int((await self.api.rows("SELECT count(*) AS n FROM page_session"))[0]["n"])

    async def age(self, changes: str) -> None:
        """Change the instants of every session, as if time had passed."""
        await self.api.as_owner(f"UPDATE page_session SET {changes}")


@asynccontextmanager
async def running_pages(databases: Databases, folder: Path, processes: int = 1) -> AsyncIterator[Pages]:
    """Yield the pages; the front door leads to the first process. Idle limit and all else are production's."""
    door = new_door(folder / "issuer")
    issuer, urls = Issuer(door.issuer), await databases.create(SERVICE)
    settings = {name.lower(): value for name, value in sign_in_settings(door.issuer, Vault(folder / "v")).items()}
    settings["sign_in_client_key"] = Path(settings.pop("sign_in_client_key_file")).read_text()
    del settings["sign_in_idle_s"]
    more = {"oidc_issuer": identity_of(door.issuer), "oidc_jwks": "", "root_path": "/monitoring"}
    async with AsyncExitStack() as stack:
        apis = [
            await stack.enter_async_context(open_api(SERVICE, urls, issuer, **settings, **more))
            for _ in range(processes)
        ]
        where = await stack.enter_async_context(listening(apis[0].app))
        await stack.enter_async_context(door.opened({"/monitoring": {"api": where, "worker": where}}))
        yield Pages(door, apis)


def new_folder(parent: Path) -> Path:
    """Return a new folder that others cannot guess."""
    folder = parent / os.urandom(4).hex()
    folder.mkdir()
    return folder
