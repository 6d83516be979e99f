"""The endpoints of the development issuer, served by the front door below `/issuer`.

OpenID Connect Core 1.0 with code and PKCE (S256 only), Discovery, RFC 9207 (`iss` in the answer), RFC 7009
(revocation), RP-Initiated Logout 1.0 and Back-Channel Logout 1.0. What is not so is refused by their errors.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlencode

import aiohttp
import structlog
from aiohttp import web

from deploy.dev.issuer import page
from deploy.dev.issuer.accounts import VISITOR, account_named
from deploy.dev.issuer.clients import Client, ClientRefused, Proofs, client_named
from deploy.dev.issuer.grants import GrantRefused, Grants, IssuerSession
from deploy.dev.issuer.registration import PATH

_COOKIE: Final = "ilp_issuer"
_LEFT: Final = "left"
"""Content of the cookie of a browser that has signed out: it chooses an account instead of being the visitor."""
_ANSWER_S: Final = 5.0
_MOST_SESSIONS: Final = 10_000
_CHALLENGE: Final = 43
"""Length of a SHA-256 in base64url."""
_ASKED: Final = (
    *("response_type", "client_id", "redirect_uri", "scope", "state", "nonce"),
    *("code_challenge", "code_challenge_method"),
)
_HEADERS: Final = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; form-action 'self';"
        " frame-ancestors 'none'"
    ),
    "Cache-Control": "no-store",
}
log = structlog.get_logger()


class Provider:
    """One issuer: its clients, grants and signed-in browsers."""

    def __init__(self, folder: Path) -> None:
        self._folder, self._grants = folder, Grants(folder)
        self._proofs = Proofs(folder, self._grants.issuer)
        self._sessions: dict[str, IssuerSession] = {}
        """By the content of the cookie; the oldest go when there are too many."""
        self._http: aiohttp.ClientSession | None = None

    def add_to(self, app: web.Application) -> None:
        """Serve the endpoints."""
        app.cleanup_ctx.append(self._opened)
        app.router.add_get(f"{PATH}/.well-known/openid-configuration", self.metadata)
        app.router.add_get(f"{PATH}/jwks.json", self.keys)
        app.router.add_get(f"{PATH}/authorize", self.authorize)
        app.router.add_post(f"{PATH}/authorize", self.choose)
        app.router.add_post(f"{PATH}/token", self.token)
        app.router.add_post(f"{PATH}/revoke", self.revoke)
        app.router.add_get(f"{PATH}/logout", self.logout)
        app.router.add_get(f"{PATH}/{page.STYLE}", self.style)

    async def _opened(self, _: web.Application) -> AsyncIterator[None]:
        async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=_ANSWER_S)) as self._http:
            yield

    async def metadata(self, _: web.Request) -> web.Response:
        """Return the discovery document."""
        issuer = self._grants.issuer
        document = {
            "issuer": issuer,
            "authorization_endpoint": f"{issuer}/authorize",
            "token_endpoint": f"{issuer}/token",
            "jwks_uri": f"{issuer}/jwks.json",
            "revocation_endpoint": f"{issuer}/revoke",
            "end_session_endpoint": f"{issuer}/logout",
            "response_types_supported": ["code"],
            "grant_types_supported": ["authorization_code", "refresh_token", "client_credentials"],
            "subject_types_supported": ["public"],
            "scopes_supported": ["openid"],
            "id_token_signing_alg_values_supported": ["ES256"],
            "token_endpoint_auth_methods_supported": ["private_key_jwt"],
            "token_endpoint_auth_signing_alg_values_supported": ["ES256", "RS256"],
            "code_challenge_methods_supported": ["S256"],
            "authorization_response_iss_parameter_supported": True,
            "backchannel_logout_supported": True,
            "backchannel_logout_session_supported": True,
        }
        return web.json_response(document)

    async def keys(self, _: web.Request) -> web.Response:
        """Return the public keys, as they are now."""
        content = (self._folder / "jwks.json").read_bytes()
        return web.Response(body=content, content_type="application/json")

    async def style(self, _: web.Request) -> web.Response:
        """Return the style of the pages."""
        return web.Response(text=page.STYLESHEET, content_type="text/css")

    # -- the browser -----------------------------------------------------------------------------------------------

    async def authorize(self, request: web.Request) -> web.Response:
        """Give a code for the browser's account; let it choose one where it has left or the client asks so."""
        query = dict(request.query)
        client = self._client_for(query)
        if client is None:
            return _html(page.broken("client_id, redirect_uri"), 400)
        if fault := _fault_of(query):
            return self._back(query, {"error": fault})
        cookie = request.cookies.get(_COOKIE, "")
        session = self._sessions.get(cookie)
        has_left = bool(cookie) and session is None
        if query.get("prompt") in ("select_account", "login") or has_left:
            return _html(page.chooser({name: query[name] for name in _ASKED if name in query}), 200)
        if session is None:
            return self._signed_in(client, query, IssuerSession(VISITOR))
        return self._back(query, {"code": self._grants.code(client, query, session)})

    async def choose(self, request: web.Request) -> web.Response:
        """Sign the chosen account in and give a code for it."""
        form = await _form_of(request)
        client, account = self._client_for(form), account_named(form.get("account", ""))
        if client is None or account is None or _fault_of(form):
            return _html(page.broken("account, client_id, redirect_uri"), 400)
        return self._signed_in(client, form, IssuerSession(account))

    async def logout(self, request: web.Request) -> web.Response:
        """End the browser's session, tell its clients, and lead to where its client asks."""
        session = self._sessions.pop(request.cookies.get(_COOKIE, ""), None)
        if session is not None:
            self._grants.end(session.sid)
            await asyncio.gather(*(self._tell(client, session) for client in sorted(session.clients)))
        client = client_named(self._folder, request.query.get("client_id", ""))
        after = request.query.get("post_logout_redirect_uri", "")
        if client is not None and after in client.farewells:
            response = web.Response(status=303, headers={**_HEADERS, "Location": after})
        else:
            response = _html(page.ended(), 200)
        _set_cookie(response, _LEFT)
        return response

    def _signed_in(self, client: Client, query: Mapping[str, str], session: IssuerSession) -> web.Response:
        while len(self._sessions) >= _MOST_SESSIONS:
            del self._sessions[next(iter(self._sessions))]
        cookie = secrets.token_urlsafe(32)
        self._sessions[cookie] = session
        response = self._back(query, {"code": self._grants.code(client, query, session)})
        _set_cookie(response, cookie)
        return response

    def _client_for(self, query: Mapping[str, str]) -> Client | None:
        """Return the client that a browser was led here by; None where the way back is not registered as it is."""
        client = client_named(self._folder, query.get("client_id", ""))
        return client if client is not None and query.get("redirect_uri") in client.redirects else None

    def _back(self, query: Mapping[str, str], answer: Mapping[str, str]) -> web.Response:
        content = {**answer, "state": query.get("state", ""), "iss": self._grants.issuer}
        where = f"{query['redirect_uri']}?{urlencode(content)}"
        return web.Response(status=303, headers={**_HEADERS, "Location": where})

    async def _tell(self, client_id: str, session: IssuerSession) -> None:
        """Send a client its logout token; one that cannot be reached has sessions that end with their claims."""
        client = client_named(self._folder, client_id)
        if client is None or not client.back_channel or self._http is None:
            return
        form = {"logout_token": self._grants.logout_token(client_id, session)}
        try:
            async with self._http.post(client.back_channel, data=form) as answer:
                log.info("back_channel_logout", client=client_id, status=answer.status)
        except (aiohttp.ClientError, TimeoutError) as error:
            log.warning("back_channel_logout_failed", client=client_id, reason=type(error).__name__)

    # -- clients -----------------------------------------------------------------------------------------------------

    async def token(self, request: web.Request) -> web.Response:
        """Give tokens to a client that has proved who it is."""
        form = await _form_of(request)
        try:
            client = self._proofs.client_of(form)
            match form.get("grant_type"):
                case "authorization_code":
                    return _json(self._grants.tokens_of_code(client, form))
                case "refresh_token":
                    return _json(self._grants.tokens_of_refresh(client, form))
                case "client_credentials":
                    return _json(self._grants.tokens_of_machine(client))
        except ClientRefused:
            return _json({"error": "invalid_client"}, 401)
        except GrantRefused:
            return _json({"error": "invalid_grant"}, 400)
        return _json({"error": "unsupported_grant_type"}, 400)

    async def revoke(self, request: web.Request) -> web.Response:
        """Take a refresh token back."""
        form = await _form_of(request)
        try:
            client = self._proofs.client_of(form)
        except ClientRefused:
            return _json({"error": "invalid_client"}, 401)
        self._grants.revoke(client, form.get("token", ""))
        return web.Response(status=200, headers=_HEADERS)


def _fault_of(query: Mapping[str, str]) -> str | None:
    """Return the error of a request for a code (RFC 6749 §4.1.2.1); None for a sound one."""
    if query.get("response_type") != "code":
        return "unsupported_response_type"
    if "openid" not in query.get("scope", "").split():
        return "invalid_scope"
    is_hashed = query.get("code_challenge_method") == "S256" and len(query.get("code_challenge", "")) == _CHALLENGE
    return None if is_hashed else "invalid_request"


async def _form_of(request: web.Request) -> dict[str, str]:
    """Return the fields of a form; none for a body that is no form, and for a field that comes twice."""
    form = await request.post()
    return {name: value for name, value in form.items() if isinstance(value, str) and len(form.getall(name)) == 1}


def _set_cookie(response: web.Response, content: str) -> None:
    response.set_cookie(_COOKIE, content, path=PATH, httponly=True, samesite="Lax")


def _html(content: str, status: int) -> web.Response:
    return web.Response(text=content, content_type="text/html", status=status, headers=_HEADERS)


def _json(content: Mapping[str, Any], status: int = 200) -> web.Response:
    return web.json_response(content, status=status, headers={"Cache-Control": "no-store"})
