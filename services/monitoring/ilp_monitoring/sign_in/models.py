"""Tables of sessions and of logout tokens that were used, and what passes between the modules of the sign-in."""

from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import ARRAY, Column, DateTime, Index, LargeBinary, Text
from sqlmodel import Field

from ilp_monitoring.projections.models import Base
from ilp_shared.auth.permissions import Role
from ilp_shared.auth.principal import Principal


def _instant() -> "Column[datetime]":
    return Column(DateTime(timezone=True), nullable=False)


class PageSessionRow(Base, table=True):
    """A session of a page's reader. Its cookie is not in it: only the SHA-256 of that.

    Of the issuer's tokens the claims are kept that decide over access, and the refresh token, sealed.
    """

    __tablename__ = "page_session"
    __table_args__ = (
        Index("ix_page_session_former_id", "former_id"),
        Index("ix_page_session_form_key", "form_key"),
        Index("ix_page_session_sid", "sid"),
        Index("ix_page_session_subject", "subject"),
    )
    id: bytes = Field(primary_key=True, sa_type=LargeBinary)
    former_id: bytes | None = Field(sa_type=LargeBinary)
    """The id before the last rotation, which holds a moment longer for requests on their way."""
    form_key: bytes = Field(sa_type=LargeBinary)
    """In the form by which the reader signs out: another site does not know it."""
    subject: str = Field(sa_type=Text)
    roles: list[str] = Field(sa_column=Column(ARRAY(Text), nullable=False))
    areas: list[str] = Field(sa_column=Column(ARRAY(Text), nullable=False))
    facility: UUID | None
    sid: str | None = Field(sa_type=Text)
    refresh_token: str | None = Field(sa_type=Text)
    fresh_until: datetime = Field(sa_column=_instant())
    """The end of the access token that the claims are from."""
    refreshing_until: datetime | None = Field(sa_column=Column(DateTime(timezone=True)))
    """A process asks the issuer for new claims: others do not ask until then."""
    rotated_at: datetime = Field(sa_column=_instant())
    used_at: datetime = Field(sa_column=_instant())
    ends_at: datetime = Field(sa_column=_instant())


class UsedLogoutTokenRow(Base, table=True):
    """A logout token that was used; it is not taken again."""

    __tablename__ = "used_logout_token"
    jti: str = Field(primary_key=True, sa_type=Text)
    ends_at: datetime = Field(sa_column=_instant())


class Limits(NamedTuple):
    """Limits of sessions, in seconds."""

    idle_s: float
    absolute_s: float
    rotation_s: float = 900.0
    """A cookie older than this is exchanged with the next page."""


class NewSession(NamedTuple):
    """A session to store; instants are Unix seconds."""

    id: bytes
    form_key: bytes
    principal: Principal
    sid: str | None
    refresh_token: str | None
    ends_at: float


class Session(NamedTuple):
    """A session that holds."""

    id: bytes
    form_key: bytes
    subject: str
    roles: list[str]
    areas: list[str]
    facility: UUID | None
    refresh_token: str | None
    fresh_s: float
    """Seconds until its claims are those of an access token that is over; negative afterwards."""
    left_s: float
    """Seconds until its absolute end."""
    is_current: bool
    """Whether it was named by its present id, not by the former one."""
    is_rotation_due: bool

    def principal(self, now: float, grace_s: float) -> Principal:
        """Return the reader; streams end with the claims, or after `grace_s` where those could not be renewed."""
        return Principal(
            subject=self.subject,
            roles=frozenset(map(Role, self.roles)),
            areas=tuple(self.areas),
            expires_at=int(now + min(self.left_s, max(self.fresh_s, grace_s))),
            facility=self.facility,
        )
