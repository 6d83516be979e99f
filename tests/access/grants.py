"""Which role holds which permission, written out by hand: the product's own declarations are tested against it."""

from typing import Final

_ALL: Final = "kader midwife nurse puskesmas_head dinas province analyst integrator operator"
_GRANTS: Final = {
    "public": _ALL,
    "areas:read": _ALL,
    "areas:write": "dinas province",
    "facilities:read": _ALL,
    "facilities:write": "dinas province integrator",
    "persons:read": "kader midwife nurse puskesmas_head integrator",
    "persons:write": "kader midwife nurse puskesmas_head integrator",
    "persons:search": "midwife nurse puskesmas_head integrator",
    "persons:match": "kader midwife nurse puskesmas_head integrator",
    "persons:reveal": "midwife nurse puskesmas_head",
    "open_days:read": "kader midwife nurse puskesmas_head dinas province integrator operator",
    "open_days:write": "kader midwife nurse puskesmas_head integrator",
    "screenings:read": "kader midwife nurse puskesmas_head integrator",
    "screenings:write": "kader midwife nurse integrator",
    "tasks:read": "kader midwife nurse puskesmas_head",
    "tasks:write": "kader midwife nurse puskesmas_head",
    "situation:read": _ALL,
    "events:read": "integrator",
}
ROLES: Final = frozenset(_ALL.split())
GRANTS: Final[dict[str, frozenset[str]]] = {name: frozenset(roles.split()) for name, roles in _GRANTS.items()}
"""Roles by the name of the permission."""
