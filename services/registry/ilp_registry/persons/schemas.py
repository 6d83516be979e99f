"""Wire forms of persons. A NIK enters, but leaves only masked, except through `nik:reveal`; `nik:match` compares."""

from datetime import date
from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import Field, model_validator

from ilp_registry.households.schemas import SixteenDigits
from ilp_shared.http.paging import Paged
from ilp_shared.models import Input, Output
from ilp_shared.scalars import NO_CONTROLS, AreaCode

Sex = Literal["male", "female"]
Identity = Literal["nik", "temporary"]
Purpose = Literal["care", "referral", "identity_check", "insurance_claim"]


class Person(Output):
    """A person; `nik` is sixteen asterisks where one is bound, whatever its digits."""

    id: UUID
    version: int
    name: str
    sex: Sex
    birth_date: date
    home_area: str
    identity: Identity
    nik: str | None
    household_id: UUID | None
    example_data: bool


class PersonDetail(Person):
    """A person with telephone number."""

    phone: str | None


class PersonQuery(Paged):
    """`area` keeps a subtree, `household` one household. Names are searched by POST, so that no address holds one."""

    area: AreaCode | None = None
    household: UUID | None = None


class PersonSearchInput(Input):
    """By NIK, or by the beginning of a name within an area."""

    nik: SixteenDigits | None = None
    name_prefix: Annotated[str | None, Field(min_length=2, max_length=100, pattern=NO_CONTROLS)] = None
    area: AreaCode | None = None

    @model_validator(mode="after")
    def _is_one_search(self) -> Self:
        if (self.nik is None) == (self.name_prefix is None or self.area is None):
            raise ValueError("either nik, or name_prefix with area")
        return self


class PersonMatches(Output):
    """Up to 50 persons by name; `more` says that there are others: search more narrowly."""

    items: list[Person]
    more: bool


class RevealInput(Input):
    """Why the full NIK is needed; recorded with the reader's account."""

    purpose: Purpose


class RevealedNik(Output):
    """The full NIK."""

    nik: str


class NikMatchInput(Input):
    """The number on the card that the person shows."""

    nik: SixteenDigits


class NikMatch(Output):
    """Whether it is the number bound to the person; false where none is bound."""

    matches: bool
