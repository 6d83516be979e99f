"""The reader of a page: by token, by the session of a cookie, or none. Also sets and takes the cookies.

Names begin with `__Host-` where browsers use TLS: such a cookie is Secure, of this host alone and of its whole path.
"""

import hashlib
from dataclasses import dataclass
from typing import Final

from fastapi import Request, Response

from ilp_monitoring.settings import MonitoringSettings
from ilp_monitoring.sign_in.models import Session
from ilp_monitoring.sign_in.service import ATTEMPT_S, SignIn
from ilp_shared.areas import NATION
from ilp_shared.auth.development import issue_token
from ilp_shared.auth.permissions import Permission, Role
from ilp_shared.auth.principal import Principal
from ilp_shared.http.guard import Guard
from ilp_shared.http.resources import resources_of
from ilp_shared.problems import Unauthenticated

_SESSION, _ATTEMPT = "ilp_session", "ilp_attempt"
_STRICT: Final = "__Host-"
_MOST_ATTEMPTS: Final = 4
"""Of one browser: its tabs, which are signed out together, begin at the same time."""
_DEVELOPMENT_S: Final = 12 * 3_600


@dataclass(frozen=True)
class PageGuard:
    """The dependency of a page: its reader, or None without sign-in, because a page refuses in HTML.

    Where the development setting allows it, an anonymous caller becomes an analyst of the nation: every program, and
    browsers where there is no sign-in. Raises Forbidden.
    """

    permission: Permission

    async def __call__(self, request: Request) -> Principal | None:
        """Return the reader of the page."""
        try:
            return await Guard(self.permission)(request)
        except Unauthenticated:
            return await _development_reader(request)


def sign_in_of(request: Request) -> SignIn:
    """Return the sign-in of the app that serves a request."""
    return resources_of(request).part(SignIn)


def is_browser(request: Request) -> bool:
    """Tell whether a page is opened by a browser: programs ask for anything, or for JSON."""
    return "text/html" in request.headers.get("accept", "")


async def read_session(request: Request) -> Principal | None:
    """Return the reader of the session that a request's cookie names; None without one. Raises Unavailable."""
    session = await session_of(request)
    return None if session is None else sign_in_of(request).sessions.reader_of(session)


async def session_of(request: Request) -> Session | None:
    """Return the session that a request's cookie names, read once for a request."""
    if not hasattr(request.state, "page_session"):
        secret = named_session(request)
        request.state.page_session = await sign_in_of(request).sessions.find(secret) if secret else None
    session: Session | None = request.state.page_session
    return session


def named_session(request: Request) -> str | None:
    """Return the secret of the session that a request's cookie names, whether it holds or not."""
    return request.cookies.get(_name(request, _SESSION))


async def keep_session(request: Request, response: Response) -> None:
    """Note that a page was opened, and set the cookie where it is new or due to be exchanged."""
    sessions = sign_in_of(request).sessions
    session, reader = await session_of(request), getattr(request.state, "development_reader", None)
    secret = None
    if session is not None:
        secret = await sessions.use(session)
    elif reader is not None:
        secret = await sessions.open(reader)
    if secret is not None:
        set_session(request, response, secret)


def set_session(request: Request, response: Response, secret: str) -> None:
    """Set the cookie of a session; it goes when the browser is closed, at the latest."""
    _set(request, response, _SESSION, secret)


def drop_session(request: Request, response: Response) -> None:
    """Have the browser forget its session."""
    _set(request, response, _SESSION, "", max_age=0)


def attempt_of(request: Request, state: str) -> str | None:
    """Return what the browser keeps of the sign-in that it began with a state."""
    return request.cookies.get(_name(request, _attempt(state)))


def set_attempt(request: Request, response: Response, state: str, attempt: str) -> None:
    """Have the browser keep a sign-in that has begun, beside the newest others."""
    names = [name for name in request.cookies if name.startswith(_name(request, _ATTEMPT))]
    for name in names[: 1 - _MOST_ATTEMPTS]:
        _set(request, response, name.removeprefix(_name(request, "")), "", max_age=0)
    _set(request, response, _attempt(state), attempt, max_age=ATTEMPT_S)


def drop_attempt(request: Request, response: Response, state: str) -> None:
    """Have the browser forget the sign-in that it began with a state."""
    _set(request, response, _attempt(state), "", max_age=0)


def _set(request: Request, response: Response, name: str, value: str, max_age: int | None = None) -> None:
    secure = _is_over_tls(request)
    # lax, because the issuer leads back to the page: a strict cookie would not be sent on that way
    response.set_cookie(
        _name(request, name), value, max_age=max_age, path="/", secure=secure, httponly=True, samesite="lax"
    )


def _attempt(state: str) -> str:
    return f"{_ATTEMPT}_{hashlib.sha256(state.encode()).hexdigest()[:16]}"


def _name(request: Request, name: str) -> str:
    return _STRICT + name if _is_over_tls(request) else name


def _is_over_tls(request: Request) -> bool:
    return sign_in_of(request).address.startswith("https://")


async def _development_reader(request: Request) -> Principal | None:
    settings = resources_of(request).settings
    if not isinstance(settings, MonitoringSettings) or settings.dev_session_key is None:
        return None
    if settings.signs_in and is_browser(request):
        return None
    folder = settings.dev_session_key.parent
    token = issue_token(folder, role=Role.ANALYST, areas=[NATION], lifetime_s=_DEVELOPMENT_S)
    reader = await resources_of(request).tokens.verify(token)
    request.state.development_reader = reader
    return reader
