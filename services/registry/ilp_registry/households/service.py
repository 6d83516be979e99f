"""Finds or makes the households that the persons of one submission name, in its transaction."""

from collections.abc import Iterable, Sequence
from uuid import UUID

from ilp_registry.households import repository
from ilp_registry.households.models import NewHousehold
from ilp_registry.households.schemas import HouseholdInput
from ilp_registry.vault import AssociatedData, Vault
from ilp_shared.db.connection import Connection
from ilp_shared.ids import new_id


class Households:
    """The households of one submission by id and by KK, and the ids of those it made."""

    def __init__(self, vault: Vault, areas: Sequence[str]) -> None:
        self._vault, self._areas = vault, areas
        self._ids: dict[UUID | bytes, UUID] = {}
        self._made: set[UUID] = set()

    async def prepare(self, conn: Connection, named: Iterable[tuple[HouseholdInput, str]]) -> None:
        """Make the households that are missing, at the home area given with each; those of other areas stay unknown."""
        new: dict[UUID | bytes, NewHousehold] = {}
        for form, home_area in named:
            household = self._new_household(form, home_area)
            new.setdefault(household.kk_index or household.id, household)
        if not new:
            return
        self._made = await repository.insert_households(conn, new.values())
        kk_indexes = [household.kk_index for household in new.values() if household.kk_index is not None]
        ids = [household.id for household in new.values()]
        for row in await repository.households_with(conn, self._areas, ids, kk_indexes):
            self._ids[row["id"]] = row["id"]
            if row["kk_index"] is not None:
                self._ids[row["kk_index"]] = row["id"]

    def id_of(self, form: HouseholdInput) -> UUID | None:
        """Return the household's id, or None when it lies outside the account's areas."""
        if form.kk is not None:
            return self._ids.get(self._vault.index("kk", form.kk))
        return self._ids.get(form.id) if form.id is not None else None

    async def delete_empty(self, conn: Connection) -> None:
        """Delete the households made here whose only members were refused."""
        if self._made:
            await repository.delete_empty(conn, self._made)

    def _new_household(self, form: HouseholdInput, home_area: str) -> NewHousehold:
        household_id = form.id or new_id()
        kk = self._vault.seal_indexed(form.kk, AssociatedData("household", "kk", household_id))
        return NewHousehold(household_id, home_area, *kk)
