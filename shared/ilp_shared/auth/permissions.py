"""Roles, and what a permission is. Each permission is declared beside the feature whose routes need it.

Area scope is a second, separate condition (`Principal.covers`). `tests/architecture` collects all permissions from the
routes; the table of the documents is generated from them (`http.access`).
"""

from dataclasses import dataclass
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


CARE: Final = frozenset({Role.MIDWIFE, Role.NURSE})
"""Health workers who treat."""
FIELD: Final = CARE | {Role.KADER}
"""Everyone who screens at a posyandu."""
CLINIC: Final = CARE | {Role.PUSKESMAS_HEAD}
"""Health workers and the head of their puskesmas."""
OFFICE: Final = frozenset({Role.DINAS, Role.PROVINCE})
"""Health offices of regency and province."""
EVERYBODY: Final = frozenset(Role)


@dataclass(frozen=True, slots=True)
class Permission:
    """What a route needs: a name `resource:verb`, and the roles that hold it."""

    name: str
    roles: frozenset[Role]


PUBLIC: Final = Permission("public", EVERYBODY)
"""For routes that show no stored data; they ask for no token."""
