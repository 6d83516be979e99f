"""Which claims are roles, areas and facility: by settings, with the issuer's own names."""

from typing import Any, get_args

import pytest

from ilp_shared.auth.claims import ClaimMapping
from ilp_shared.auth.permissions import Role
from ilp_shared.settings import RoleName

FACILITY = "018f0000-0000-7000-8000-000000000001"
CLAIMS: dict[str, Any] = {"sub": "x", "iat": 0, "exp": 60, "roles": ["kader"], "areas": ["13.76"]}


def test_settings_know_the_roles() -> None:
    assert set(get_args(RoleName)) == {role.value for role in Role}


def test_claims_are_found_by_their_way_or_by_their_whole_name() -> None:
    mapping = ClaimMapping("realm_access.roles", "https://ilp.go.id/areas", "ilp.facility")
    claims = {
        **CLAIMS,
        "roles": ["operator"],
        "realm_access": {"roles": ["midwife", "offline_access"]},
        "https://ilp.go.id/areas": ["13.76.01"],
        "ilp": {"facility": FACILITY},
    }
    principal = mapping.principal(claims, 600)
    assert principal.roles == {Role.MIDWIFE}, "other claims of the same name grant nothing"
    assert (principal.areas, str(principal.facility)) == (("13.76.01",), FACILITY)


def test_roles_have_the_issuer_s_names() -> None:
    mapping = ClaimMapping(role_names={"ilp-bidan": "midwife", "admin": "operator"})
    assert mapping.principal({**CLAIMS, "roles": ["ilp-bidan", 7, None]}, 600).roles == {Role.MIDWIFE}
    assert mapping.principal(CLAIMS, 600).facility is None


@pytest.mark.parametrize(
    "changes",
    [
        {"roles": ["Kader"]},
        {"roles": {"kader": True}},
        {"roles": None},
        {"areas": "13.76"},
        {"areas": [["13.76"]]},
        {"facility": "posyandu"},
        {"facility": [FACILITY]},
        {"facility": 7},
    ],
    ids=str,
)
def test_claims_that_do_not_hold(changes: dict[str, Any]) -> None:
    with pytest.raises((ValueError, TypeError, KeyError)):
        ClaimMapping().principal({**CLAIMS, **changes}, 600)
