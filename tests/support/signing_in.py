"""Sign-in as a browser sees it: the front door with the development issuer, and a client that goes where it is led."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self
from urllib.parse import parse_qs, urljoin, urlsplit

import httpx2

from deploy.dev.connections import listening as door_listening
from deploy.dev.environment import prepare_issuer
from deploy.dev.front_door import create_app, refuse_unreadable
from deploy.dev.vault import free_port
from tests.support.plain_http import plain_client
from tests.support.waiting import PATIENCE_S

HTML = {"Accept": "text/html"}


@dataclass
class Browser:
    """A client with cookies that opens pages; where it was led is written down."""

    address: str
    http: httpx2.AsyncClient = field(default_factory=lambda: plain_client(headers=HTML, timeout=PATIENCE_S))
    hops: list[str] = field(default_factory=list)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.http.aclose()

    async def step(self, url: str, form: Mapping[str, str] | None = None) -> httpx2.Response:
        """Open one address, or send a form there, without going where the answer leads."""
        url = urljoin(self.address, url)
        self.hops.append(url)
        if form is None:
            return await self.http.get(url)
        return await self.http.post(url, data=dict(form), headers={"Sec-Fetch-Site": "same-origin"})

    async def open(self, url: str, form: Mapping[str, str] | None = None, until: str = "") -> httpx2.Response:
        """Open an address and go where answers lead; with `until` only to the answer that leads to such a path."""
        answer = await self.step(url, form)
        while answer.is_redirect:
            target = urljoin(str(answer.url), answer.headers["location"])
            if until and urlsplit(target).path.endswith(until):
                return answer
            answer = await self.step(target)
        return answer

    def cookie(self, name: str) -> str | None:
        """Return the content of a cookie."""
        return self.cookies(name).get(name)

    def cookies(self, beginning: str) -> dict[str, str | None]:
        """Return the cookies whose names begin so, in the order in which they were set."""
        return {each.name: each.value for each in self.http.cookies.jar if each.name.startswith(beginning)}


def query_of(url: str) -> dict[str, str]:
    """Return the query of an address."""
    return {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}


def fields_of(page: str) -> dict[str, str]:
    """Return the hidden fields of the form on a page."""
    parts = page.split('<input type="hidden" name="')[1:]
    return {part.partition('"')[0]: part.split('value="')[1].partition('"')[0] for part in parts}


@dataclass(frozen=True)
class Door:
    """A front door whose port is known before it opens: services need its address in their settings."""

    port: int
    issuer: Path

    @property
    def address(self) -> str:
        """The address of the door."""
        return f"http://127.0.0.1:{self.port}"

    @asynccontextmanager
    async def opened(self, routes: Mapping[str, Mapping[str, str]]) -> AsyncIterator[None]:
        """Serve the issuer, and the services of these routes."""
        app = create_app(routes, str(self.issuer / "jwks.json"))
        async with door_listening(app, self.port, refuse_unreadable):
            yield


def new_door(folder: Path) -> Door:
    """Return a door that is not open yet, with an issuer of its own."""
    door = Door(free_port(), folder)
    prepare_issuer(folder, door.address)
    return door
