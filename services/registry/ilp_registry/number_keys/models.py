"""Table of the two columns in which digests of NIK and KK may be, and what the change of keys reads and writes."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal, NamedTuple

from sqlalchemy import Text
from sqlmodel import Field

from ilp_registry.base import Base
from ilp_registry.settings import Place

State = Literal["empty", "filling", "completing", "required", "leaving"]
"""What is in a column: nothing; digests of some rows; digests of some rows and of every new one; digests of every row
that has a number; digests that are no longer needed. A trigger lets nothing new into a column that is empty or leaving,
and refuses a number without digest in one that is completing or required."""
NEEDED: Final[tuple[State, ...]] = ("completing", "required")


class BlindIndexRow(Base, table=True):
    """A column of digests, and its state; there are two, for person and household alike."""

    __tablename__ = "blind_index"

    place: str = Field(sa_type=Text, primary_key=True)
    state: str = Field(sa_type=Text)


@dataclass(frozen=True)
class NumberTable:
    """A table with encrypted columns; one of them, `number`, is found by its digests."""

    name: str
    number: str
    others: Sequence[str] = ()

    @property
    def encrypted(self) -> Sequence[str]:
        """The columns that are encrypted."""
        return (self.number, *self.others)

    @property
    def digests(self) -> Sequence[str]:
        """The columns of digests, in the order of their places."""
        return (f"{self.number}_index", f"{self.number}_index_2")

    @property
    def columns(self) -> Sequence[str]:
        """All columns that follow from a key."""
        sealed = [f"{column}_{part}" for column in self.encrypted for part in ("key_id", "cipher")]
        return (*sealed, *self.digests)


TABLES: Final = (NumberTable("household", "kk"), NumberTable("person", "nik", ("phone",)))


class Plan(NamedTuple):
    """What the change of keys does with the digests: the place that it fills and the one that it empties."""

    fill: Place | None = None
    empty: Place | None = None
