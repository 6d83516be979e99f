"""Changes the keys of NIK, KK and telephone numbers in stored rows, beside running apis; and says which are missing.

Every row is encrypted again with the current key. Digests under a new index key are added to every row, then required
of every writer, and only then those under the old one are given up: a row always has a digest that all apis with the
new key share, and a unique index over it. A run that is cut is run again.
"""

from collections import Counter
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Final, NamedTuple
from uuid import UUID

import asyncpg
from cryptography.exceptions import InvalidTag

from ilp_registry.base import SCHEMA
from ilp_registry.number_keys import repository
from ilp_registry.number_keys.models import NEEDED, TABLES, NumberTable, Plan
from ilp_registry.settings import Place, RegistrySettings
from ilp_registry.vault import PLACES, AssociatedData, Sealed, Vault
from ilp_shared.bus.archive.unit import open_unit
from ilp_shared.db.address import connect
from ilp_shared.db.connection import Connection
from ilp_shared.db.database import Database
from ilp_shared.db.scope import EVERYWHERE, enter
from ilp_shared.operations.maintenance import NotNow
from ilp_shared.operations.production import Fault
from ilp_shared.settings import ServiceSettings
from ilp_shared.text import Text

_CHUNK: Final = 200
_FIRST: Final = UUID(int=0)
_RETIRED, _KEY, _INDEX = (f"ILP_REGISTRY_NIK_{name}" for name in ("RETIRED_KEYS", "KEY", "INDEX_KEY"))
_NO_KEY: Final = Text(
    "ada baris yang dienkripsi dengan kunci {id}: tambahkan kunci itu",
    "there are rows that are encrypted with key {id}: add that key",
)
_NO_PLACE: Final = Text(
    "nomor dicari lewat kunci indeks di tempat {place}: tambahkan kunci itu",
    "numbers are found by the index key in place {place}: add that key",
)
_OTHER_KEY: Final = Text(
    "kunci {id} bukan kunci yang mengenkripsi data ini", "key {id} is not the one that encrypted these data"
)
_OTHER_INDEX: Final = Text(
    "kunci di tempat {place} bukan kunci indeks data ini", "the key in place {place} is not the index key of these data"
)
_BUSY: Final = Text(
    "penulis lain memegang tabel lebih lama dari batas tunggu: ulangi",
    "other writers hold the tables for longer than the lock timeout: run this again",
)
_RUNNING: Final = Text("perintah ini sedang berjalan: tunggu", "this command is running: wait for it")


class Rotated(NamedTuple):
    """What a run did, and what is left to be done by the next."""

    rows: int
    """Rows written."""
    held: int
    """Rows that others held for longer than the lock timeout."""
    retired: Mapping[str, int]
    """How many values each key that is not current still encrypts."""
    states: Mapping[str, str]
    """The state of each place of an index key."""

    @property
    def is_complete(self) -> bool:
        """Whether nothing is left."""
        return not self.held and not self.retired


async def rotate_keys(database: Database, settings: ServiceSettings) -> Rotated:
    """Do all that the keys allow: encrypt again, fill the place of a new index key, empty that of one that is gone.

    Raises NotNow when a key is missing or is another one, before anything is changed; when another run is under way; or
    when writers hold the tables.
    """
    limit = {"lock_timeout": f"{int(settings.waits.lock_s * 1000)}"}
    lock = await connect(settings.database_url, timeout=settings.command_deadline_s, server_settings=limit)
    try:
        if not await repository.claim_run(lock):
            raise NotNow(_RUNNING)
        return await _rotate(database, _vault(settings))
    except asyncpg.LockNotAvailableError as error:
        raise NotNow(_BUSY) from error
    finally:
        await repository.end_run(lock)


async def _rotate(database: Database, vault: Vault) -> Rotated:
    async with _everywhere(database) as conn:
        async for fault in _misfits(conn, vault):
            raise NotNow(fault.said)
        plan = await _plan(conn, vault)
    rows, held = await _go_through(database, vault, plan)
    if plan.fill is not None and not held:
        async with _everywhere(database) as conn:
            await repository.wait_for_writers(conn)
            await repository.set_state(conn, plan.fill, "completing")
        more, held = await _go_through(database, vault, plan)
        rows += more
    async with _everywhere(database) as conn:
        if not held:
            await _finish(conn, plan)
    async with _everywhere(database) as conn:
        return Rotated(rows, held, await _retired(conn, vault), await repository.read_states(conn))


async def misfits(settings: ServiceSettings) -> AsyncIterator[Fault]:
    """Yield the keys that stored rows need and that are missing or others; none before the tables are there."""
    vault, schema = _vault(settings), {"search_path": SCHEMA}
    conn = await connect(settings.database_url, timeout=settings.command_deadline_s, server_settings=schema)
    try:
        async with open_unit(conn) as unit:
            await enter(unit.conn, EVERYWHERE)
            async for fault in _misfits(unit.conn, vault):
                yield fault
    except (asyncpg.UndefinedTableError, asyncpg.UndefinedColumnError):
        return
    finally:
        await conn.close()


async def _misfits(conn: Connection, vault: Vault) -> AsyncIterator[Fault]:
    states = await repository.read_states(conn)
    for place in PLACES:
        if states[place] in NEEDED and place not in vault.places:
            yield Fault(_INDEX, _NO_PLACE.format(place=place))
    used = [place for place in PLACES if place in vault.places and states[place] != "empty"]
    for table in TABLES:
        digests = dict(zip(PLACES, table.digests, strict=True))
        rows = [await repository.a_row_with_digest(conn, table, digests[place]) for place in used]
        for key_id in sorted(await repository.key_ids(conn, table)):
            if vault.knows(key_id):
                rows += [await repository.a_row_with(conn, table, column, key_id) for column in table.encrypted]
            else:
                yield Fault(_RETIRED, _NO_KEY.format(id=key_id))
        for fault in dict.fromkeys(fault for row in rows if row for fault in _misfits_of(vault, table, row)):
            yield fault


def _misfits_of(vault: Vault, table: NumberTable, row: asyncpg.Record) -> Iterator[Fault]:
    """Yield what one row tells of the keys: its own must open it, and its digests must follow from its number."""
    number: str | None = None
    for column in table.encrypted:
        key_id = row[f"{column}_key_id"]
        if key_id is None or not vault.knows(key_id):
            continue
        try:
            opened = _open(vault, table, column, row)
        except InvalidTag:
            yield Fault(_KEY if key_id == vault.current else _RETIRED, _OTHER_KEY.format(id=key_id))
            continue
        number = opened if column == table.number else number
    if number is None:
        return
    for place, digest, column in zip(PLACES, vault.index(table.number, number), table.digests, strict=True):
        if digest is not None and row[column] not in (None, digest):
            yield Fault(_INDEX, _OTHER_INDEX.format(place=place))


async def _plan(conn: Connection, vault: Vault) -> Plan:
    """Return what is to be done with the digests, and begin it.

    A new key is one whose place is empty: that of a key which was replaced is filled again only after it was emptied.
    A place that was being filled and has lost its key is emptied.
    """
    states = await repository.read_states(conn)
    for place in PLACES:
        state = states[place]
        if place in vault.places and state in ("empty", "filling", "completing"):
            if state == "empty":
                await repository.set_state(conn, place, "filling")
            return Plan(fill=place)
        if place not in vault.places and state in ("filling", "leaving"):
            await repository.wait_for_writers(conn)
            await repository.set_state(conn, place, "leaving")
            return Plan(empty=place)
    return Plan()


async def _finish(conn: Connection, plan: Plan) -> None:
    """Note what every row was gone through for; the place that was required before is no longer needed."""
    if plan.empty is not None:
        await repository.set_state(conn, plan.empty, "empty")
    if plan.fill is not None:
        for place in PLACES:
            await repository.set_state(conn, place, "required" if place == plan.fill else "leaving")


async def _go_through(database: Database, vault: Vault, plan: Plan) -> tuple[int, int]:
    """Go through all rows by their ids; return how many were written, and how many others held for too long."""
    written, held = 0, 0
    for table in TABLES:
        last: UUID | None = _FIRST
        while last is not None:
            async with _everywhere(database) as conn:
                page = await repository.rows_after(conn, table, last, _CHUNK)
                due = [row["id"] for row in page if _is_due(vault, table, row, plan)]
                done = await _renew(conn, vault, table, due, plan) if due else set()
            last = page[-1]["id"] if page else None
            written += len(done)
            for row_id in due:
                if row_id not in done:
                    held += not await _renew_held(database, vault, table, row_id, plan)
    return written, held


async def _renew_held(database: Database, vault: Vault, table: NumberTable, row_id: UUID, plan: Plan) -> bool:
    """Wait for one row that another transaction holds, and renew it; return False after the lock timeout."""
    try:
        async with _everywhere(database) as conn:
            await _renew(conn, vault, table, [row_id], plan, wait=True)
    except asyncpg.LockNotAvailableError:
        return False
    return True


async def _renew(
    conn: Connection, vault: Vault, table: NumberTable, ids: Sequence[UUID], plan: Plan, *, wait: bool = False
) -> set[UUID]:
    """Renew rows as they are now; return the ids of those that no other transaction holds."""
    rows = await repository.lock_rows(conn, table, ids, wait=wait)
    due = [row for row in rows if _is_due(vault, table, row, plan)]
    if due:
        await repository.write_rows(conn, table, [_renewed(vault, table, row, plan) for row in due])
    return {row["id"] for row in rows}


def _is_due(vault: Vault, table: NumberTable, row: asyncpg.Record, plan: Plan) -> bool:
    """Tell whether a row is encrypted with another key, has not the digest of its number, or one that is to go."""
    if any(row[f"{column}_key_id"] not in (None, vault.current) for column in table.encrypted):
        return True
    digests = dict(zip(PLACES, table.digests, strict=True))
    if plan.fill is not None and row[f"{table.number}_cipher"] is not None:
        return bool(row[digests[plan.fill]] != _digest_in(plan.fill, vault, table, row))
    return plan.empty is not None and row[digests[plan.empty]] is not None


def _renewed(vault: Vault, table: NumberTable, row: asyncpg.Record, plan: Plan) -> Mapping[str, object]:
    """Return the columns of a row under the current keys."""
    new = dict(row)
    for column in table.encrypted:
        if row[f"{column}_key_id"] not in (None, vault.current):
            sealed = vault.seal(_open(vault, table, column, row), AssociatedData(table.name, column, row["id"]))
            new |= {f"{column}_key_id": sealed.key_id, f"{column}_cipher": sealed.content}
    for place, column in zip(PLACES, table.digests, strict=True):
        if place == plan.fill and row[f"{table.number}_cipher"] is not None:
            new[column] = _digest_in(place, vault, table, row)
        elif place == plan.empty:
            new[column] = None
    return new


def _digest_in(place: Place, vault: Vault, table: NumberTable, row: asyncpg.Record) -> bytes | None:
    """Return the digest of a row's number by the key of a place: one that another key made is no digest of it."""
    return vault.index(table.number, _open(vault, table, table.number, row))[PLACES.index(place)]


def _open(vault: Vault, table: NumberTable, column: str, row: asyncpg.Record) -> str:
    sealed = Sealed(row[f"{column}_key_id"], row[f"{column}_cipher"])
    return vault.open(sealed, AssociatedData(table.name, column, row["id"]))


async def _retired(conn: Connection, vault: Vault) -> dict[str, int]:
    """Return how many values are encrypted with each key that is not current."""
    numbers: Counter[str] = Counter()
    for table in TABLES:
        for key_id in await repository.key_ids(conn, table) - {vault.current}:
            numbers[key_id] += await repository.count_with(conn, table, key_id)
    return dict(numbers)


def _vault(settings: ServiceSettings) -> Vault:
    assert isinstance(settings, RegistrySettings)  # noqa: S101 - narrows for the type checker
    return Vault(settings)


@asynccontextmanager
async def _everywhere(database: Database) -> AsyncIterator[Connection]:
    """Open a transaction over all areas."""
    async with database.pool.acquire() as conn, open_unit(conn, name="key_rotation") as unit:
        await enter(unit.conn, EVERYWHERE)
        yield unit.conn
