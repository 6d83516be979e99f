"""Finds or makes the households that the persons of one submission name, in its transaction."""

from collections.abc import Collection, Sequence
from uuid import UUID

from ilp_registry.households import repository
from ilp_registry.households.models import NewHousehold
from ilp_registry.households.schemas import HouseholdInput
from ilp_registry.vault import AssociatedData, Vault
from ilp_shared.db.connection import Connection
from ilp_shared.ids import new_id


class Households:
    """The households of one submission by id and by KK: those that are registered, and those that it makes."""

    def __init__(self, vault: Vault, areas: Sequence[str]) -> None:
        self._vault, self._areas = vault, areas
        self._ids: dict[UUID | bytes, UUID] = {}
        self._outside: set[UUID | bytes] = set()
        self._new: list[NewHousehold] = []
        self._made: set[UUID] = set()

    async def look_up(self, conn: Connection, ids: Collection[UUID], kks: Collection[bytes]) -> None:
        """Read the households with these ids and KKs; of those outside the account's areas only that they exist."""
        if ids or kks:
            self._outside = await repository.households_outside(conn, self._areas, ids, kks)
            await self._read(conn, ids, kks)

    def admit(self, form: HouseholdInput, home_area: str) -> bool:
        """Tell whether a person may name this household; one that is new will be made at the home area.

        A household outside the account's areas may not be named, nor the id of one with another KK.
        """
        digests = self._digests_of(form)
        if not self._outside.isdisjoint({form.id, *digests}):
            return False
        if self.id_of(form) is not None:
            return True
        if form.id in self._ids:
            return False
        household_id = form.id or new_id()
        kk = self._vault.seal_indexed(form.kk, AssociatedData("household", "kk", household_id))
        self._new.append(NewHousehold(household_id, home_area, *kk))
        self._ids |= dict.fromkeys((household_id, *digests), household_id)
        return True

    async def make(self, conn: Connection) -> None:
        """Make the households that are new; one that another request has made meanwhile is joined where it is."""
        if not self._new:
            return
        self._made = await repository.insert_households(conn, self._new)
        lost = [household for household in self._new if household.id not in self._made]
        if not lost:
            return
        ids = [household.id for household in lost]
        digests = (digest for household in lost for digest in (household.kk_index, household.kk_index_2))
        kks = [digest for digest in digests if digest is not None]
        self._ids = {name: each for name, each in self._ids.items() if each not in ids}
        await self._read(conn, ids, kks)

    def id_of(self, form: HouseholdInput) -> UUID | None:
        """Return the id of a household by its KK, else by its id; None where there is none in the account's areas."""
        if form.kk is not None:
            return next((self._ids[digest] for digest in self._digests_of(form) if digest in self._ids), None)
        return self._ids.get(form.id) if form.id is not None else None

    async def delete_empty(self, conn: Connection) -> None:
        """Delete the households made here whose only members were refused."""
        if self._made:
            await repository.delete_empty(conn, self._made)

    def _digests_of(self, form: HouseholdInput) -> list[bytes]:
        return self._vault.index("kk", form.kk).digests if form.kk is not None else []

    async def _read(self, conn: Connection, ids: Collection[UUID], kks: Collection[bytes]) -> None:
        for row in await repository.households_with(conn, self._areas, ids, kks):
            self._ids |= dict.fromkeys((value for value in row if value is not None), row["id"])
