"""Wire forms of persons. A NIK enters, but leaves only masked, save through `nik:reveal`."""

from datetime import date
from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, Field, JsonValue, StringConstraints, WithJsonSchema, model_validator

from ilp_registry.inputs import AREA_PATTERN, NO_CONTROLS, AreaCodeIn, Input, ListQuery, NameIn
from ilp_registry.submissions.schemas import Receipt
from ilp_shared.http.batches import MAX_ITEMS, items_schema

Sex = Literal["male", "female"]
HomeArea = Annotated[str, StringConstraints(pattern=AREA_PATTERN, min_length=13, max_length=100)]
"""A village or an area below it."""
SixteenDigits = Annotated[str, StringConstraints(pattern=r"^[0-9]{16}$")]
Phone = Annotated[str, StringConstraints(pattern=r"^\+?[0-9]{8,15}$")]
Purpose = Literal["care", "referral", "identity_check", "insurance_claim"]


class HouseholdIn(Input):
    """A household by the number of its family card (KK), by an id, or both; made when it is new."""

    id: UUID | None = None
    kk: SixteenDigits | None = None

    @model_validator(mode="after")
    def _is_named(self) -> "HouseholdIn":
        if self.id is None and self.kk is None:
            raise ValueError("id or kk is needed")
        return self


class PersonIn(Input):
    """A person. Without a NIK the identity is temporary (newborns) until one is bound by a correction."""

    id: UUID | None = None
    nik: SixteenDigits | None = None
    name: NameIn
    sex: Sex
    birth_date: date
    home_area: HomeArea
    household: HouseholdIn | None = None
    phone: Phone | None = None


class PersonCorrection(Input):
    """New data of a person; `base_version` is the version that was read. A NIK can be bound once, never changed."""

    base_version: Annotated[int, Field(ge=1, lt=2**31)]
    name: NameIn
    sex: Sex
    birth_date: date
    home_area: HomeArea
    nik: SixteenDigits | None = None


class PersonReceipt(Receipt):
    """Answer to a registration or correction: nothing that identifies beyond what the sender knows."""

    identity: Literal["nik", "temporary"]
    nik: str | None
    home_area: str
    household_id: UUID | None
    example_data: bool

    def path(self) -> str:
        """Return where the person can be read."""
        return f"/v1/persons/{self.id}"


class PersonOut(BaseModel):
    """A person; `nik` shows its last four digits only."""

    id: UUID
    version: int
    name: str
    sex: Sex
    birth_date: date
    home_area: str
    identity: Literal["nik", "temporary"]
    nik: str | None
    household_id: UUID | None
    example_data: bool


class PersonDetail(PersonOut):
    """A person with telephone number."""

    phone: str | None


class PersonQuery(ListQuery):
    """`area` keeps a subtree, `household` one household. Names are searched by POST, so that no address holds one."""

    area: AreaCodeIn | None = None
    household: UUID | None = None


class PersonSearch(Input):
    """By NIK, or by the beginning of a name within an area."""

    nik: SixteenDigits | None = None
    name_prefix: Annotated[str | None, Field(min_length=2, max_length=100, pattern=NO_CONTROLS)] = None
    area: AreaCodeIn | None = None

    @model_validator(mode="after")
    def _is_one_search(self) -> "PersonSearch":
        if (self.nik is None) == (self.name_prefix is None or self.area is None):
            raise ValueError("either nik, or name_prefix with area")
        return self


class PersonsFound(BaseModel):
    """Up to 50 persons by name; `more` tells that there are others: search more narrowly."""

    items: list[PersonOut]
    more: bool


class Reveal(Input):
    """Why the full NIK is needed; recorded with the reader's account."""

    purpose: Purpose


class RevealedNik(BaseModel):
    """The full NIK."""

    nik: str


class PersonBatch(Input):
    """Up to 500 persons, each with its own `idempotency_key`; each is judged by itself."""

    items: Annotated[
        list[dict[str, JsonValue]],
        Field(min_length=1, max_length=MAX_ITEMS),
        WithJsonSchema(items_schema(PersonIn)),
    ]
