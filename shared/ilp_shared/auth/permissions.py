"""The access table: every permission a route can name, and the roles that hold it.

Area scope is a second, separate condition (`Principal.covers`). `PUBLIC` routes show no stored data.
"""

from enum import StrEnum
from typing import Final


class Role(StrEnum):
    """Roles of tokens, one or more each."""

    KADER = "kader"
    MIDWIFE = "midwife"
    NURSE = "nurse"
    PUSKESMAS_HEAD = "puskesmas_head"
    DINAS = "dinas"
    PROVINCE = "province"
    ANALYST = "analyst"
    INTEGRATOR = "integrator"
    OPERATOR = "operator"


class Permission(StrEnum):
    """What a route needs."""

    PUBLIC = "public"
    AREAS_READ = "areas:read"
    AREAS_WRITE = "areas:write"
    FACILITIES_READ = "facilities:read"
    FACILITIES_WRITE = "facilities:write"
    PERSONS_READ = "persons:read"
    PERSONS_WRITE = "persons:write"
    PERSONS_SEARCH = "persons:search"
    PERSONS_REVEAL = "persons:reveal"
    OPEN_DAYS_WRITE = "open_days:write"
    OPEN_DAYS_READ = "open_days:read"
    SCREENINGS_WRITE = "screenings:write"
    SCREENINGS_READ = "screenings:read"
    TASKS_READ = "tasks:read"
    TASKS_WRITE = "tasks:write"
    SITUATION_READ = "situation:read"
    EVENTS_READ = "events:read"
    OPERATIONS_READ = "operations:read"


_CARE: Final = frozenset({Role.MIDWIFE, Role.NURSE})
_FIELD: Final = _CARE | {Role.KADER}
_CLINIC: Final = _CARE | {Role.PUSKESMAS_HEAD}
_OFFICE: Final = frozenset({Role.DINAS, Role.PROVINCE})
_ALL: Final = frozenset(Role)

ROLES_OF: Final[dict[Permission, frozenset[Role]]] = {
    Permission.PUBLIC: _ALL,
    Permission.AREAS_READ: _ALL,
    Permission.AREAS_WRITE: _OFFICE,
    Permission.FACILITIES_READ: _ALL,
    Permission.FACILITIES_WRITE: _OFFICE | {Role.INTEGRATOR},
    Permission.PERSONS_READ: _FIELD | _CLINIC | {Role.INTEGRATOR},
    Permission.PERSONS_WRITE: _FIELD | _CLINIC | {Role.INTEGRATOR},
    Permission.PERSONS_SEARCH: _CLINIC | {Role.INTEGRATOR},
    Permission.PERSONS_REVEAL: _CLINIC,
    Permission.OPEN_DAYS_WRITE: _FIELD | _CLINIC | {Role.INTEGRATOR},
    Permission.OPEN_DAYS_READ: _ALL - {Role.ANALYST},
    Permission.SCREENINGS_WRITE: _FIELD | {Role.INTEGRATOR},
    Permission.SCREENINGS_READ: _FIELD | _CLINIC | {Role.INTEGRATOR},
    Permission.TASKS_READ: _FIELD | _CLINIC,
    Permission.TASKS_WRITE: _FIELD | _CLINIC,
    Permission.SITUATION_READ: _ALL,
    Permission.EVENTS_READ: frozenset({Role.INTEGRATOR}),
    Permission.OPERATIONS_READ: frozenset({Role.OPERATOR, Role.DINAS, Role.PROVINCE}),
}
