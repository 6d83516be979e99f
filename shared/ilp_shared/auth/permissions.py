"""Roles and permissions. Each permission is declared at the top of the router of the feature that needs it.

The area scope is a second, separate condition (`Principal.covers`). `shared/ACCESS.md` is generated from the
permissions of all routes.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class Role(StrEnum):
    """The roles that a token may hold."""

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
"""Those who screen at a posyandu."""
CLINIC: Final = CARE | {Role.PUSKESMAS_HEAD}
"""Health workers and the head of their puskesmas."""
OFFICE: Final = frozenset({Role.DINAS, Role.PROVINCE})
"""Health offices of regency and province."""
EVERYBODY: Final = frozenset(Role)


@dataclass(frozen=True, slots=True)
class Permission:
    """A right that a route requires: its name `resource:verb`, and the roles that hold it."""

    name: str
    roles: frozenset[Role]
    personal: bool = False
    """Whether it opens records of persons: then a refusal is an access too and leaves a row in the audit."""


PUBLIC: Final = Permission("public", EVERYBODY)
"""For routes that show no stored data; they need no token."""
