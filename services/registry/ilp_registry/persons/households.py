"""Finds or makes the households that drafts name. Called by registration, inside its transaction."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from ilp_registry.persons.household_repository import HouseholdRow, households_with, insert_households
from ilp_registry.persons.schemas import HouseholdIn, PersonIn
from ilp_registry.persons.vault import Place, Vault
from ilp_shared.db.connection import Connection
from ilp_shared.ids import new_id


class Homes:
    """Households by id and by KK, and which of them were made now."""

    def __init__(self, vault: Vault, areas: Sequence[str]) -> None:
        self._vault, self._areas = vault, areas
        self._known: dict[UUID | bytes, UUID] = {}
        self.made: set[UUID] = set()

    async def settle(self, conn: Connection, drafts: Mapping[int, PersonIn]) -> None:
        """Make the households that are missing; those of other areas stay unknown."""
        rows: dict[UUID | bytes, HouseholdRow] = {}
        for draft in drafts.values():
            if draft.household is not None:
                row = self._row(draft.household, draft.home_area)
                rows.setdefault(row.kk_index or row.id, row)
        if not rows:
            return
        self.made = await insert_households(conn, list(rows.values()))
        kk_indexes = [row.kk_index for row in rows.values() if row.kk_index is not None]
        for found in await households_with(conn, self._areas, [row.id for row in rows.values()], kk_indexes):
            self._known[found["id"]] = found["id"]
            if found["kk_index"] is not None:
                self._known[found["kk_index"]] = found["id"]

    def of(self, household: HouseholdIn) -> UUID | None:
        """Return the household's id, or None when it is out of this account's reach."""
        if household.kk is not None:
            return self._known.get(self._vault.index("kk", household.kk))
        return self._known.get(household.id) if household.id is not None else None

    def _row(self, household: HouseholdIn, home_area: str) -> HouseholdRow:
        row_id = household.id or new_id()
        if household.kk is None:
            return HouseholdRow(row_id, home_area, None, None, None)
        sealed = self._vault.seal(household.kk, Place("household", "kk", row_id))
        return HouseholdRow(row_id, home_area, *sealed, self._vault.index("kk", household.kk))
