"""The one port of the platform in the one-command run: a streaming reverse proxy with the Ingress' paths.

`/registry`, `/screening`, `/cluster-services`, `/monitoring` go to the services, without that prefix.
Bodies stream both ways unbuffered and unchanged: SSE arrive at once, and a client that leaves closes its upstream.
Bytes that are not HTTP, and bodies too large for any service, are refused here.
`GET /health` is 200 only if all eight processes are ready. `GET /docs` leads to the documents of all services.
`GET /metrics`, its own and those of the apis behind it, is for operators: it needs a token of one.
`/issuer` is the development issuer, where the run has one: the provider at which pages sign readers in.
"""

from __future__ import annotations

import asyncio
import json
import logging
import signal
import sys
from collections.abc import AsyncIterator, Iterable, Mapping
from pathlib import Path

import aiohttp
from aiohttp import web
from multidict import CIMultiDict
from prometheus_client import CONTENT_TYPE_LATEST
from yarl import URL

from deploy.dev.connections import listening
from deploy.dev.issuer.provider import Provider
from deploy.dev.observation import PREFIX, TRACEPARENT, exposition, note_answer, note_unreadable, observe
from deploy.dev.portal import add_portal
from deploy.dev.refusals import (
    BROKEN,
    FORBIDDEN,
    NOT_FOUND,
    TOO_LARGE,
    UNAUTHENTICATED,
    UNAVAILABLE,
    UNREADABLE,
    Refusal,
    problem,
)
from ilp_shared.auth.development import AUDIENCE, ISSUER, identity_of
from ilp_shared.auth.permissions import Permission, Role
from ilp_shared.auth.tokens import TokenVerifier
from ilp_shared.logging import configure_logging
from ilp_shared.problems import Problem

Routes = Mapping[str, Mapping[str, str]]
HOME = "/monitoring/wilayah/13.76"
HOP_BY_HOP = frozenset(
    {
        "connection",
        "keep-alive",
        "proxy-authenticate",
        "proxy-authorization",
        "proxy-connection",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
    }
)
OWN_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "Cache-Control": "no-store",
}
"""Of what the front door says itself; answers of the services bring their own."""
MAX_BODY = 4 * 1024 * 1024
"""As the services have it: past it they answer and hang up, and their answer would be lost while we still send."""
ICON = "/monitoring/static/mark.svg"
ROUTES = web.AppKey("routes", dict[str, dict[str, str]])
SESSION = web.AppKey("session", aiohttp.ClientSession)
VERIFIER = web.AppKey("verifier", TokenVerifier)
METRICS = "/metrics"
METRICS_READ = Permission("metrics:read", frozenset({Role.OPERATOR}))
_DAY_S = 86_400.0


def routes_argument(routes: Routes) -> str:
    """Return the routes as one command-line argument."""
    return json.dumps(routes)


def end_to_end(headers: Mapping[str, str], drop: Iterable[str] = ()) -> CIMultiDict[str]:
    """Return headers without those of a single connection (RFC 9110 §7.6.1) and without `drop`."""
    named = {name.strip().lower() for name in headers.get("Connection", "").split(",")}
    unwanted = HOP_BY_HOP | named | set(drop)
    return CIMultiDict((name, value) for name, value in headers.items() if name.lower() not in unwanted)


def forwarded(request: web.Request, prefix: str) -> CIMultiDict[str]:
    """Return the headers for the upstream: those of the client, and where it comes from."""
    headers = end_to_end(request.headers, drop=("expect", "forwarded"))
    headers["X-Forwarded-For"] = request.remote or "127.0.0.1"
    headers["X-Forwarded-Host"] = request.host
    headers["X-Forwarded-Proto"] = request.scheme
    headers["X-Forwarded-Prefix"] = prefix
    headers["traceparent"] = request[TRACEPARENT]
    return headers


class TooLarge(Exception):  # noqa: N818 - an answer, not an error
    """The body is larger than any service accepts."""


async def body_of(request: web.Request) -> AsyncIterator[bytes]:
    """Yield the body as it arrives; raises TooLarge."""
    size = 0
    async for chunk in request.content.iter_any():
        size += len(chunk)
        if size > MAX_BODY:
            raise TooLarge
        yield chunk


async def proxy(request: web.Request) -> web.StreamResponse:
    """Forward one request and its answer, chunk by chunk."""
    if (request.content_length or 0) > MAX_BODY:
        return problem(request, 413, TOO_LARGE)
    prefix = "/" + request.raw_path[1:].partition("?")[0].partition("/")[0]
    upstream = request.app[ROUTES].get(prefix)
    if upstream is None:
        return problem(request, 404, NOT_FOUND)
    request[PREFIX] = prefix
    rest = request.raw_path[len(prefix) :]
    if request.path.removeprefix(prefix).rstrip("/") == METRICS and (refusal := await hindrance(request)):
        return problem(request, *refusal)
    target = URL(upstream["api"] + (rest if rest.startswith("/") else "/" + rest), encoded=True)
    answer: web.StreamResponse | None = None
    try:
        async with request.app[SESSION].request(
            request.method,
            target,
            headers=forwarded(request, prefix),
            data=body_of(request) if request.body_exists else None,
            allow_redirects=False,
            skip_auto_headers=("User-Agent", "Accept", "Accept-Encoding", "Content-Type"),
        ) as received:
            answer = web.StreamResponse(status=received.status, reason=received.reason)
            answer.headers.extend(end_to_end(received.headers))
            await answer.prepare(request)
            async for chunk in received.content.iter_any():
                await answer.write(chunk)
            await answer.write_eof()
    except (aiohttp.ClientError, TimeoutError, ConnectionError) as error:
        if isinstance(error.__cause__, TooLarge):
            return problem(request, 413, TOO_LARGE)
        if answer is None or not answer.prepared:
            return problem(request, 503, UNAVAILABLE)
        if request.transport is not None:
            request.transport.abort()  # the client must see that the answer was cut off
    return answer


async def hindrance(request: web.Request) -> tuple[int, Refusal] | None:
    """Return why the bearer of a request is shown no metrics; None for an operator."""
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    verifier = request.app.get(VERIFIER)
    if verifier is None or scheme.lower() != "bearer":
        return 401, UNAUTHENTICATED
    try:
        principal = await verifier.verify(token.strip())
    except Problem:
        return 401, UNAUTHENTICATED
    return None if principal.may(METRICS_READ) else (403, FORBIDDEN)


async def metrics(request: web.Request) -> web.Response:
    """Return the metrics of the front door itself, to an operator."""
    if refusal := await hindrance(request):
        return problem(request, *refusal)
    return web.Response(body=exposition(), headers={"Content-Type": CONTENT_TYPE_LATEST})


async def is_ready(session: aiohttp.ClientSession, base: str) -> bool:
    """Tell whether a process says that it is ready."""
    try:
        async with session.get(base + "/health/ready", timeout=aiohttp.ClientTimeout(total=2)) as answer:
            return answer.status == 200
    except (aiohttp.ClientError, TimeoutError, ConnectionError):
        return False


async def health(request: web.Request) -> web.Response:
    """Answer 200 if each of the eight processes is ready, else 503; the body lists them."""
    names = [
        (f"{prefix[1:]}-{role}", base) for prefix, roles in request.app[ROUTES].items() for role, base in roles.items()
    ]
    ready = await asyncio.gather(*(is_ready(request.app[SESSION], base) for _, base in names))
    everything = all(ready)
    body = {
        "status": "ready" if everything else "not_ready",
        "processes": {name: {"ready": state} for (name, _), state in zip(names, ready, strict=True)},
    }
    headers = {} if everything else {"Retry-After": "1"}
    return web.json_response(body, status=200 if everything else 503, headers=headers)


async def home(_: web.Request) -> web.Response:
    """Redirect to the situation page of the first demonstration district."""
    return web.Response(status=302, headers={"Location": HOME})


async def icon(_: web.Request) -> web.Response:
    """Redirect to the platform's icon, for browsers that request one of the whole origin."""
    return web.Response(status=302, headers={"Location": ICON})


async def finish(request: web.Request, answer: web.StreamResponse) -> None:
    """Add the headers that an answer lacks; measure and log it."""
    set_own_headers(answer)
    await note_answer(request, answer)


def set_own_headers(answer: web.StreamResponse) -> None:
    """Set those of OWN_HEADERS that are missing."""
    for name, value in OWN_HEADERS.items():
        answer.headers.setdefault(name, value)


def create_app(routes: Routes, jwks: str = "") -> web.Application:
    """Return the proxy for these routes (path prefix → addresses of `api` and `worker`).

    `jwks` is in the folder of the development issuer, whose operators may see metrics: without it no account does.
    """
    app = web.Application(middlewares=[observe])
    if jwks:
        folder = Path(jwks).parent
        identity = identity_of(folder)
        app[VERIFIER] = TokenVerifier(issuer=identity, audience=AUDIENCE, jwks=jwks, longest_s=_DAY_S)
        if identity != ISSUER:
            Provider(folder).add_to(app)
    app[ROUTES] = {prefix: dict(roles) for prefix, roles in routes.items()}

    async def with_session(app: web.Application):  # type: ignore[no-untyped-def]  # cleanup context
        # connections are dropped before uvicorn's 5 s keep-alive ends, so none is used while it closes
        connector = aiohttp.TCPConnector(limit=0, keepalive_timeout=3)
        timeout = aiohttp.ClientTimeout(total=None, sock_connect=5)
        app[SESSION] = aiohttp.ClientSession(connector=connector, timeout=timeout, auto_decompress=False)
        yield
        await app[SESSION].close()

    app.cleanup_ctx.append(with_session)
    app.on_response_prepare.append(finish)
    app.router.add_get("/health", health)
    app.router.add_get(METRICS, metrics)
    app.router.add_get("/", home)
    app.router.add_get("/favicon.ico", icon)
    add_portal(app, list(routes))
    app.router.add_route("*", r"/{rest:[\s\S]*}", proxy)  # a path may hold an encoded line break
    return app


def refuse_unreadable(request: web.BaseRequest, status: int, exc: BaseException | None) -> web.StreamResponse:
    """Return the refusal of bytes that cannot be read or served; only the kind of the error is written."""
    note_unreadable(request, status, type(exc).__name__)
    answer = problem(request, status, UNREADABLE if status < 500 else BROKEN)
    set_own_headers(answer)
    answer.headers["Server"] = "ilp"
    answer.force_close()
    return answer


async def serve(port: int, routes: Routes, jwks: str = "") -> None:
    """Serve until SIGTERM or SIGINT."""
    configure_logging("front-door", "INFO")
    logging.getLogger("aiohttp.server").disabled = True
    stopped = asyncio.Event()
    for sig in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(sig, stopped.set)
    async with listening(create_app(routes, jwks), port, refuse_unreadable):
        await stopped.wait()


def main() -> None:
    """Run the front door; arguments: port, routes, and the JWKS in the folder of the development issuer."""
    asyncio.run(serve(int(sys.argv[1]), json.loads(sys.argv[2]), *sys.argv[3:4]))


if __name__ == "__main__":
    main()
