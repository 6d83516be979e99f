"""Wire forms of registration and correction. A NIK enters, but leaves only masked."""

from typing import Annotated
from uuid import UUID

from pydantic import Field, JsonValue, StringConstraints, WithJsonSchema

from ilp_registry.households.schemas import HouseholdInput, SixteenDigits
from ilp_registry.persons.schemas import Identity, Sex
from ilp_shared.http.batches import MAX_ITEMS, items_schema
from ilp_shared.http.submissions import Receipt
from ilp_shared.models import Input
from ilp_shared.scalars import AreaCode, Day, Name, Version

HomeArea = Annotated[AreaCode, Field(min_length=13)]
"""A village or an area below it."""
Phone = Annotated[str, StringConstraints(pattern=r"^\+?[0-9]{8,15}$")]


class PersonInput(Input):
    """A person. Without a NIK the identity is temporary (newborns) until one is bound by a correction."""

    id: UUID | None = None
    nik: SixteenDigits | None = None
    name: Name
    sex: Sex
    birth_date: Day
    home_area: HomeArea
    household: HouseholdInput | None = None
    phone: Phone | None = None


class PersonCorrectionInput(Input):
    """New data of a person; `base_version` is the version that was read. A NIK can be bound once, never changed."""

    base_version: Version
    name: Name
    sex: Sex
    birth_date: Day
    home_area: HomeArea
    nik: SixteenDigits | None = None


class PersonReceipt(Receipt):
    """Answer to a registration or correction: nothing that identifies beyond what the sender knows."""

    identity: Identity
    nik: str | None
    home_area: str
    household_id: UUID | None
    example_data: bool


class PersonBatchInput(Input):
    """Up to 500 persons, each with its own `idempotency_key`; each is judged by itself."""

    items: Annotated[
        list[dict[str, JsonValue]],
        Field(min_length=1, max_length=MAX_ITEMS),
        WithJsonSchema(items_schema(PersonInput)),
    ]
