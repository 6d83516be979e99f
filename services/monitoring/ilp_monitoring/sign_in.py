"""Sign-in of pages: the usual token or cookie; in the one-command development run, a session made on first sight.

Used by the page routes: `page_principal` as their guard, `keep_session` on the response they return. Production
refuses the setting that allows it (`MonitoringSettings`).
"""

from fastapi import Request, Response

from ilp_monitoring.settings import MonitoringSettings
from ilp_shared.areas import NATION
from ilp_shared.auth.development import issue_token
from ilp_shared.http.guard import SESSION_COOKIE, require
from ilp_shared.auth.permissions import Permission, Role
from ilp_shared.auth.principal import Principal
from ilp_shared.http.resources import resources_of
from ilp_shared.problems import Unauthenticated

_LIFETIME_S = 12 * 3_600
_guard = require(Permission.SITUATION_READ)


async def page_principal(request: Request) -> Principal:
    """Return who reads a page; without sign-in, an analyst of the nation where the development setting says so."""
    try:
        return await _guard(request)
    except Unauthenticated:
        settings = resources_of(request).settings
        if not isinstance(settings, MonitoringSettings) or settings.dev_session_key is None:
            raise
        token = issue_token(settings.dev_session_key.parent, role=Role.ANALYST, areas=[NATION], lifetime_s=_LIFETIME_S)
        request.state.new_session = token
        return await resources_of(request).tokens.verify(token)


page_principal.permission = Permission.SITUATION_READ  # type: ignore[attr-defined]  # read by the architecture test


def keep_session(request: Request, response: Response) -> None:
    """Set the cookie of a session that `page_principal` made for this request, if it made one."""
    token = getattr(request.state, "new_session", None)
    if token is not None:
        response.set_cookie(SESSION_COOKIE, token, max_age=_LIFETIME_S, path="/", httponly=True, samesite="strict")
