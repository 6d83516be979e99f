"""Which claims of an issuer's tokens are roles, areas and facility: each issuer has its own names for them."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from uuid import UUID

from ilp_shared.areas import AREA_CODE
from ilp_shared.auth.permissions import Role
from ilp_shared.auth.principal import Principal
from ilp_shared.scalars import folded_area

MAX_SUBJECT: Final = 255


@dataclass(frozen=True)
class ClaimMapping:
    """Names of claims, or ways into them with dots: `realm_access.roles`. A claim of the whole name comes first."""

    roles: str = "roles"
    areas: str = "areas"
    facility: str = "facility"
    role_names: Mapping[str, str] = field(default_factory=dict)
    """Roles by the issuer's own names for them; a name that is not in it is a role of this platform, or ignored."""

    def principal(self, claims: Mapping[str, Any], longest_s: float) -> Principal:
        """Return the bearer; raises ValueError, KeyError or TypeError where a claim does not hold."""
        return Principal(
            subject=_usable_subject(claims["sub"]),
            roles=self._roles(_claim(claims, self.roles)),
            areas=_areas(_claim(claims, self.areas)),
            expires_at=_bounded_end(claims["iat"], claims["exp"], longest_s),
            facility=_facility(_claim(claims, self.facility)),
        )

    def _roles(self, claim: object) -> frozenset[Role]:
        """Return the roles of this platform (identity providers add others); raises ValueError for none."""
        if not isinstance(claim, list):
            raise TypeError("roles")
        names = [self.role_names.get(name, name) for name in claim if isinstance(name, str)]
        roles = frozenset(Role(name) for name in names if name in set(Role))
        if not roles:
            raise ValueError("roles")
        return roles


def _claim(claims: Mapping[str, Any], way: str) -> object:
    """Return a claim by its name, else by its way through objects; None where there is none."""
    if way in claims:
        return claims[way]
    value: object = claims
    for name in way.split("."):
        if not isinstance(value, Mapping):
            return None
        value = value.get(name)
    return value


def _areas(claim: object) -> tuple[str, ...]:
    if not isinstance(claim, list) or not all(isinstance(a, str) and re.fullmatch(AREA_CODE, a) for a in claim):
        raise ValueError("areas")
    return tuple(folded_area(area) for area in claim)


def _facility(claim: object) -> UUID | None:
    """Return the facility, if the token names one; raises ValueError for what is no id."""
    if claim is None:
        return None
    if not isinstance(claim, str):
        raise TypeError("facility")
    return UUID(claim)


def _usable_subject(claim: object) -> str:
    """Return a subject that every record of an access can hold; raises ValueError for another."""
    if not isinstance(claim, str) or not 0 < len(claim) <= MAX_SUBJECT or not claim.isprintable():
        raise ValueError("sub")
    return claim


def _bounded_end(issued: object, end: object, longest_s: float) -> int:
    """Return the end of a token in Unix seconds; raises ValueError where it lives longer than allowed."""
    if not all(isinstance(claim, int | float) and not isinstance(claim, bool) for claim in (issued, end)):
        raise TypeError("iat, exp")
    assert isinstance(issued, int | float)  # noqa: S101 - narrows for the type checker
    assert isinstance(end, int | float)  # noqa: S101 - narrows for the type checker
    if not end - issued <= longest_s:
        raise ValueError("exp")
    return int(end)
