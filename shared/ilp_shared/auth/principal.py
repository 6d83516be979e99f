"""The principal of a request: subject, roles and areas of its token."""

from dataclasses import dataclass
from uuid import UUID

from ilp_shared.areas import covers
from ilp_shared.auth.permissions import Permission, Role


@dataclass(frozen=True, slots=True)
class Principal:
    """The bearer of a verified token. Each of its area codes covers the whole subtree (`id` = the nation)."""

    subject: str
    roles: frozenset[Role]
    areas: tuple[str, ...]
    expires_at: int
    """Unix seconds; streams end then."""
    facility: UUID | None = None
    """The facility that the issuer names, if it names one."""

    def may(self, permission: Permission) -> bool:
        """Tell whether any role holds the permission."""
        return not self.roles.isdisjoint(permission.roles)

    def may_without(self, role: Role, permission: Permission) -> bool:
        """Tell whether a role other than `role` holds the permission."""
        return not (self.roles - {role}).isdisjoint(permission.roles)

    def covers(self, area: str) -> bool:
        """Tell whether an area lies in this principal's scope."""
        return any(covers(scope, area) for scope in self.areas)

    @property
    def role(self) -> str:
        """The first role by name, for records of who acted."""
        return min(self.roles).value
