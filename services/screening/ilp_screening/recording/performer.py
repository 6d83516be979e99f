"""The profession on record: that of the account, unless it is another system that speaks for several."""

from typing import Final

from ilp_screening.recording.schemas import PerformerInput
from ilp_shared.auth.permissions import Role
from ilp_shared.auth.principal import Principal
from ilp_shared.problems import InvalidInput
from ilp_shared.text import Text

_OTHER_ROLE: Final = Text(
    "Peran pengukur harus peran akun ini; kosongkan saja isian performer.",
    "The role of the performer must be a role of this account; simply leave out performer.",
)


def performer_role(principal: Principal, performer: PerformerInput | None) -> str:
    """Return the profession to record; raises InvalidInput where a person names one that the account has not."""
    if performer is None:
        return principal.role
    if performer.role not in principal.roles and Role.INTEGRATOR not in principal.roles:
        raise InvalidInput.at("/performer/role", "other_role", _OTHER_ROLE)
    return performer.role
