"""An issuer that answers what a test says, and the service behind TLS whose readers it signs in.

It signs with a key that the service trusts, so that everything else has to hold by itself.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import httpx2
from aiohttp import web
from joserfc.jwk import ECKey

from deploy.dev.connections import listening
from deploy.dev.front_door import refuse_unreadable
from deploy.dev.vault import free_port
from ilp_monitoring.service import SERVICE
from ilp_monitoring.sign_in.rules.tokens import LOGOUT_EVENT
from ilp_shared.auth import development
from tests.support.api import Api, Issuer, open_api
from tests.support.databases import Databases
from tests.support.signing_in import HTML, query_of

CLIENT = "ilp-pages"
ADDRESS = "https://test"
IN: Final = 404
"""What a signed-in reader's request for an area that is not known is answered."""
OUT: Final = 401
Json = dict[str, Any]


@dataclass
class Scripted:
    """An issuer: its folder and address, and what its token endpoint answers."""

    folder: Path
    port: int
    answer: Callable[[Json], tuple[int, object]] = lambda _form: (500, {})
    metadata: Json = field(default_factory=dict)
    asked: list[Json] = field(default_factory=list)
    answering: asyncio.Event = field(default_factory=asyncio.Event)
    """Not set: nothing is answered but metadata and keys."""

    @property
    def issuer(self) -> str:
        """The identity."""
        return f"http://127.0.0.1:{self.port}"

    async def _document(self, _: web.Request) -> web.Response:
        base = {name: f"{self.issuer}/{name}" for name in ("authorization_endpoint", "token_endpoint")}
        ends = {"revocation_endpoint": f"{self.issuer}/revoke", "end_session_endpoint": f"{self.issuer}/logout"}
        document = {"issuer": self.issuer, "jwks_uri": f"{self.issuer}/jwks", **base, **ends, **self.metadata}
        return web.json_response(document)

    async def _keys(self, _: web.Request) -> web.Response:
        return web.Response(body=(self.folder / "jwks.json").read_bytes(), content_type="application/json")

    async def _token(self, request: web.Request) -> web.Response:
        form = {name: str(value) for name, value in (await request.post()).items()}
        self.asked.append({**form, "path": request.path})
        await self.answering.wait()
        status, document = self.answer(form) if request.path == "/token_endpoint" else (200, {})
        return web.json_response(document, status=status)

    @property
    def refreshes(self) -> list[str]:
        """The refresh tokens that it was asked to renew."""
        return [form["refresh_token"] for form in self.asked if form.get("grant_type") == "refresh_token"]

    @asynccontextmanager
    async def opened(self) -> AsyncIterator[None]:
        """Serve it; it answers."""
        self.answering.set()
        app = web.Application()
        app.router.add_get("/.well-known/openid-configuration", self._document)
        app.router.add_get("/jwks", self._keys)
        app.router.add_post("/token_endpoint", self._token)
        app.router.add_post("/revoke", self._token)
        async with listening(app, self.port, refuse_unreadable):
            yield

    def access(self, **changes: object) -> str:
        """Return an access token, changed."""
        claims = {"aud": "ilp", "sub": "x", "roles": ["dinas"], "areas": ["13.76"]}
        return self.signed({**claims, **changes})

    def signed(self, claims: Json, kind: str = "JWT") -> str:
        """Return a token of this issuer; its `exp` is given in seconds from now."""
        now = int(time.time())
        whole = {"iss": self.issuer, "iat": now, "exp": 300, **claims}
        return development.sign(self.folder, {**whole, "exp": now + int(whole["exp"])}, kind)

    def logout(self, **changes: object) -> str:
        """Return a logout token, changed; each is a new one."""
        claims = {"aud": CLIENT, "jti": f"j{time.time_ns()}", "sid": "s1", "events": {LOGOUT_EVENT: {}}}
        changed = {name: value for name, value in {**claims, **changes}.items() if value is not None}
        return self.signed(changed, "logout+jwt")


@dataclass
class Scene:
    """The service behind TLS in one process or several, browsers on it, and the issuer."""

    apis: list[Api]
    issuer: Scripted

    @property
    def api(self) -> Api:
        """The first process."""
        return self.apis[0]

    def browser(self, process: int = 0) -> httpx2.AsyncClient:
        """Return a browser without cookies, which one process serves."""
        transport = httpx2.ASGITransport(app=self.apis[process].app, raise_app_exceptions=False)
        return httpx2.AsyncClient(transport=transport, base_url=ADDRESS, headers=HTML)

    async def begun(self, browser: httpx2.AsyncClient) -> dict[str, str]:
        """Begin a sign-in; returns what the issuer was asked."""
        return query_of((await browser.get("/masuk?ke=wilayah/13.76")).headers["location"])

    async def signed_in(
        self, browser: httpx2.AsyncClient, answer: Json | None = None, **id_token: object
    ) -> httpx2.Response:
        """Sign in with tokens that hold, but for the changes."""
        asked = await self.begun(browser)
        claims = {"aud": CLIENT, "sub": "x", "nonce": asked["nonce"], "sid": "s1", **id_token}
        tokens = {"access_token": self.issuer.access(), "id_token": self.issuer.signed(claims), "refresh_token": "r1"}
        self.issuer.answer = lambda _form: (200, {**tokens, **(answer or {})})
        return await browser.get("/masuk/kembali", params={"code": "c", "state": asked["state"]})

    async def status(self, browser: httpx2.AsyncClient) -> int:
        """Return what a request of the page's script is answered: 404, because the area is not known here."""
        return (await browser.get("/v1/situations/13.76")).status_code

    async def change(self, changes: str) -> None:
        """Change every session, as if time had passed."""
        await self.api.as_owner(f"UPDATE page_session SET {changes}")

    async def told(self, token: str) -> int:
        """Send a logout token; returns the status."""
        return (await self.browser().post("/masuk/penerbit-keluar", data={"logout_token": token})).status_code


@asynccontextmanager
async def running_scene(databases: Databases, folder: Path, *, processes: int = 1, **more: str) -> AsyncIterator[Scene]:
    """Run the service with a scripted issuer; `more` are further settings."""
    development.create_issuer(folder)
    issuer = Scripted(folder, free_port())
    settings = {
        "oidc_issuer": issuer.issuer,
        "oidc_jwks": "",
        "oidc_longest_token_s": "600",
        "sign_in_address": ADDRESS,
        "sign_in_client": CLIENT,
        "sign_in_client_key": ECKey.generate_key("P-256").as_pem(private=True).decode(),
        "sign_in_seal_key": "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=",
        **more,
    }
    urls = await databases.create(SERVICE)
    async with issuer.opened(), AsyncExitStack() as stack:
        opened = [open_api(SERVICE, urls, Issuer(folder), **settings) for _ in range(processes)]
        yield Scene([await stack.enter_async_context(each) for each in opened], issuer)
