"""SQL of sessions and of used logout tokens; every instant is by the database's clock."""

from typing import Final

from ilp_monitoring.sign_in.models import Limits, NewSession, Session
from ilp_monitoring.sign_in.rules.tokens import LogoutToken
from ilp_shared.auth.principal import Principal
from ilp_shared.db.connection import Connection

_FORMER_S: Final = 60
"""How long a former id holds after a rotation, for requests on their way."""
_REFRESHING_S: Final = 15
"""How long one process may take to ask the issuer for new claims, before another asks too."""
_TOUCH_S: Final = 30
_NOW: Final = "clock_timestamp()"
_HOLDS: Final = f"ends_at > {_NOW} AND used_at > {_NOW} - $2 * interval '1 second'"
_FIND: Final = f"""
SELECT id, form_key, subject, roles, areas, facility, refresh_token,
    extract(epoch FROM fresh_until - {_NOW})::float8 AS fresh_s,
    extract(epoch FROM ends_at - {_NOW})::float8 AS left_s,
    id = $1 AS is_current, rotated_at < {_NOW} - $3 * interval '1 second' AS is_rotation_due
FROM page_session
WHERE {_HOLDS} AND (id = $1 OR (former_id = $1 AND rotated_at > {_NOW} - {_FORMER_S} * interval '1 second'))
"""
_ADD: Final = f"""
INSERT INTO page_session (id, form_key, subject, roles, areas, facility, sid, refresh_token, fresh_until, ends_at,
    rotated_at, used_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, to_timestamp($9), to_timestamp($10), {_NOW}, {_NOW})
"""
_TOUCH: Final = f"""
UPDATE page_session SET used_at = {_NOW} WHERE id = $1 AND used_at < {_NOW} - {_TOUCH_S} * interval '1 second'
"""
_ROTATE: Final = f"""
UPDATE page_session SET id = $2, former_id = id, rotated_at = {_NOW}, used_at = {_NOW} WHERE id = $1 RETURNING 1
"""
_CLAIM: Final = f"""
UPDATE page_session SET refreshing_until = {_NOW} + {_REFRESHING_S} * interval '1 second'
WHERE form_key = $1 AND refresh_token = $2 AND (refreshing_until IS NULL OR refreshing_until < {_NOW}) RETURNING 1
"""
_RELEASE: Final = "UPDATE page_session SET refreshing_until = NULL WHERE form_key = $1"
_RENEW: Final = """
UPDATE page_session SET roles = $2, areas = $3, facility = $4, fresh_until = to_timestamp($5), refresh_token = $6,
    refreshing_until = NULL
WHERE form_key = $1
"""
_USE: Final = """
INSERT INTO used_logout_token (jti, ends_at) VALUES ($1, to_timestamp($2)) ON CONFLICT DO NOTHING RETURNING 1
"""
_FORGET: Final = f"""
WITH tokens AS (DELETE FROM used_logout_token WHERE ends_at < {_NOW})
DELETE FROM page_session WHERE ends_at < {_NOW}
"""


async def find_session(conn: Connection, id_: bytes, limits: Limits) -> Session | None:
    """Return the session of an id, or of the id before it for a moment; None for one that is over."""
    row = await conn.fetchrow(_FIND, id_, limits.idle_s, limits.rotation_s)
    return None if row is None else Session(*row)


async def add_session(conn: Connection, session: NewSession) -> None:
    """Store a session."""
    who = session.principal
    await conn.execute(
        _ADD,
        *(session.id, session.form_key, who.subject, sorted(who.roles), list(who.areas), who.facility),
        *(session.sid, session.refresh_token, float(who.expires_at), session.ends_at),
    )


async def touch_session(conn: Connection, id_: bytes) -> None:
    """Note that a session is used."""
    await conn.execute(_TOUCH, id_)


async def rotate_session(conn: Connection, id_: bytes, new: bytes) -> bool:
    """Give a session another id; False where another request was first."""
    return bool(await conn.fetchval(_ROTATE, id_, new))


async def claim_refresh(conn: Connection, session: Session) -> bool:
    """Tell whether this process is the one that asks the issuer for new claims, with the refresh token that it read.

    False too where that one was exchanged meanwhile: an issuer takes a token that comes twice for a stolen one.
    """
    return bool(await conn.fetchval(_CLAIM, session.form_key, session.refresh_token))


async def release_refresh(conn: Connection, form_key: bytes) -> None:
    """Let another process ask: this one got no answer."""
    await conn.execute(_RELEASE, form_key)


async def renew_session(conn: Connection, form_key: bytes, principal: Principal, refresh_token: str) -> None:
    """Store new claims; by the form key, because the id may have been rotated meanwhile."""
    who = principal
    await conn.execute(
        _RENEW, form_key, sorted(who.roles), list(who.areas), who.facility, float(who.expires_at), refresh_token
    )


async def delete_session(conn: Connection, form_key: bytes) -> None:
    """Delete one session."""
    await conn.execute("DELETE FROM page_session WHERE form_key = $1", form_key)


async def delete_sessions_of(conn: Connection, token: LogoutToken) -> None:
    """Delete the sessions that a logout token names."""
    if token.sid is not None:
        await conn.execute("DELETE FROM page_session WHERE sid = $1", token.sid)
    else:
        await conn.execute("DELETE FROM page_session WHERE subject = $1", token.subject)


async def use_logout_token(conn: Connection, token: LogoutToken) -> bool:
    """Note that a logout token is used; False where it was used before."""
    return bool(await conn.fetchval(_USE, token.jti, token.ends_at))


async def delete_old(conn: Connection) -> None:
    """Delete sessions and used tokens that are over."""
    await conn.execute(_FORGET)
