"""Sign-in of pages: the usual token or cookie; in the one-command development run, a session made on first sight.

Production refuses the setting that allows such sessions (`MonitoringSettings`).
"""

from dataclasses import dataclass
from typing import Final

from fastapi import Request, Response

from ilp_monitoring.settings import MonitoringSettings
from ilp_shared.areas import NATION
from ilp_shared.auth.development import issue_token
from ilp_shared.auth.permissions import Permission, Role
from ilp_shared.auth.principal import Principal
from ilp_shared.http.guard import SESSION_COOKIE, Guard
from ilp_shared.http.resources import resources_of
from ilp_shared.problems import Unauthenticated

_LIFETIME_S: Final = 12 * 3_600


@dataclass(frozen=True)
class PageGuard:
    """The dependency of a page: its reader, or None without sign-in, because a page refuses in HTML.

    Where the development setting allows it, an anonymous caller becomes an analyst of the nation. Raises Forbidden.
    """

    permission: Permission

    async def __call__(self, request: Request) -> Principal | None:
        """Return the reader of the page."""
        try:
            return await Guard(self.permission)(request)
        except Unauthenticated:
            return await _development_reader(request)


async def _development_reader(request: Request) -> Principal | None:
    settings = resources_of(request).settings
    if not isinstance(settings, MonitoringSettings) or settings.dev_session_key is None:
        return None
    token = issue_token(settings.dev_session_key.parent, role=Role.ANALYST, areas=[NATION], lifetime_s=_LIFETIME_S)
    request.state.new_session = token
    return await resources_of(request).tokens.verify(token)


def keep_session(request: Request, response: Response) -> None:
    """Set the cookie of a session that `PageGuard` made for this request, if it made one."""
    token = getattr(request.state, "new_session", None)
    if token is not None:
        response.set_cookie(SESSION_COOKIE, token, max_age=_LIFETIME_S, path="/", httponly=True, samesite="strict")
