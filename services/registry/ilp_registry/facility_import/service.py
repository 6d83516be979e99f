"""Imports pustu and posyandu from a spreadsheet's CSV, with an outcome per row; a bad row does not stop the others.

Idempotent by the file's checksum and the row number: after a crash the same command goes on where it stopped.
"""

import hashlib
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final
from uuid import UUID

import orjson
from fastapi.exceptions import RequestValidationError
from pydantic import ValidationError

from ilp_registry.facilities.repository import facilities_with
from ilp_registry.facilities.schemas import FacilityInput, FacilityReceipt
from ilp_registry.facilities.service import register_facilities
from ilp_registry.facility_import import repository
from ilp_registry.facility_import.repository import Outcome, Status
from ilp_registry.rules.derived_ids import imported_id
from ilp_shared.auth.permissions import Role
from ilp_shared.auth.principal import Principal
from ilp_shared.clock import SystemClock
from ilp_shared.db.connection import Connection
from ilp_shared.db.database import Database
from ilp_shared.db.scope import EVERYWHERE
from ilp_shared.http.batches import refused_as
from ilp_shared.http.refusals import field_errors
from ilp_shared.problems import FieldError, Problem
from ilp_shared.tables.reading import read_decimal, read_table
from ilp_shared.tables.writing import write_table
from ilp_shared.write.uow import open_uow

COLUMNS: Final = ("kind", "name", "code", "area_code", "parent_code", "catchment", "lat", "lng", "example_data")
"""`parent_code` is a puskesmas code; `catchment` area codes between `;`, `,` or blanks; `example_data` 1 or empty."""
_BEYOND: Final = "beyond the last column"
_BETWEEN_CODES: Final = re.compile(r"[;,|\s]+")
_CHUNK = 1_000
_IMPORTER = Principal(subject="import", roles=frozenset({Role.OPERATOR}), areas=tuple(EVERYWHERE), expires_at=0)


async def import_facilities(database: Database, raw: bytes, report: Path) -> dict[Status, int]:
    """Import a table and write the report (row, status, reason, id); returns how many rows have each status.

    Raises ValueError for a file that cannot be read as a table.
    """
    sha256 = hashlib.sha256(raw).hexdigest()
    async with open_uow(database, EVERYWHERE) as uow:
        await repository.stage(uow.conn, sha256, _contents(raw))
    while await _import_chunk(database, sha256):
        pass
    async with open_uow(database, EVERYWHERE) as uow:
        outcomes = await repository.outcomes_of(uow.conn, sha256)
    _write(report, outcomes)
    counts: dict[Status, int] = {"accepted": 0, "conflict": 0, "rejected": 0}
    for outcome in outcomes:
        counts[outcome.status] += 1
    return counts


def _write(report: Path, outcomes: Sequence[Outcome]) -> None:
    report.write_bytes(write_table(("row", "status", "reason", "id"), outcomes))


def _contents(raw: bytes) -> list[str]:
    """Return the filled cells of each row as JSON; raises ValueError for a file that cannot be read as a table."""
    rows = read_table(raw, COLUMNS)
    return [orjson.dumps(row.cells | ({_BEYOND: "1"} if row.has_surplus else {})).decode() for row in rows]


async def _import_chunk(database: Database, sha256: str) -> bool:
    """Judge the next rows and store what is accepted; False when none is left."""
    async with open_uow(database, EVERYWHERE) as uow:
        rows = await repository.next_rows(uow.conn, sha256, _CHUNK)
        if not rows:
            return False
        cells = {row["row"]: orjson.loads(row["content"]) for row in rows}
        parents = await _parents(uow.conn, list(cells.values()))
        forms = {number: _form(cell, parents, imported_id(sha256, number)) for number, cell in cells.items()}
        valid = {number: form for number, form in forms.items() if isinstance(form, FacilityInput)}
        receipts = await register_facilities(_IMPORTER, SystemClock().now(), uow, list(valid.values()))
        answers = {**forms, **dict(zip(valid, receipts, strict=True))}
        await repository.settle_rows(uow.conn, sha256, [_outcome(number, answer) for number, answer in answers.items()])
    return True


async def _parents(conn: Connection, cells: Sequence[Mapping[str, str]]) -> dict[str, UUID]:
    codes = {cell["parent_code"].upper() for cell in cells if "\x00" not in cell.get("parent_code", "\x00")}
    rows = await facilities_with(conn, (), codes)
    return {row["code"]: row["id"] for row in rows if row["kind"] == "puskesmas"}


def _form(cell: dict[str, str], parents: Mapping[str, UUID], row_id: UUID) -> FacilityInput | str:
    """Return the row as a facility, or the reason why it is none."""
    if _BEYOND in cell:
        return "baris: lebih banyak sel daripada kolom / row: more cells than columns"
    if cell.get("example_data", "1") != "1":
        return "example_data: 1 atau kosong / 1 or empty"
    fields: dict[str, object] = {name: cell[name] for name in ("name", "code", "area_code") if name in cell}
    if "kind" in cell:
        fields["kind"] = cell["kind"].casefold()
    if "parent_code" in cell:
        parent = parents.get(cell["parent_code"].upper())
        if parent is None:
            return "parent_code: tidak dikenal / unknown"
        fields["parent_id"] = parent
    if "catchment" in cell:
        fields["catchment"] = tuple(filter(None, _BETWEEN_CODES.split(cell["catchment"])))
    try:
        fields |= {name: read_decimal(cell[name]) for name in ("lat", "lng") if name in cell}
        return FacilityInput.model_validate({**fields, "id": row_id, "example_data": "example_data" in cell})
    except ValidationError as error:
        faults = field_errors(RequestValidationError(error.errors(include_input=False)))
        return _sentences(faults)
    except ValueError:
        return "lat, lng: bukan bilangan / not a number"


def _outcome(number: int, answer: FacilityInput | FacilityReceipt | Problem | str) -> Outcome:
    if isinstance(answer, FacilityReceipt):
        return Outcome(number, "accepted", None, answer.id)
    if isinstance(answer, Problem):
        reason = _sentences(answer.errors) or answer.detail.both
        return Outcome(number, refused_as(answer), reason, None)
    return Outcome(number, "rejected", str(answer), None)


def _sentences(faults: Sequence[FieldError]) -> str:
    """Return the faults in one line, each with the name of its column."""
    return "; ".join(f"{fault.pointer[1:]}: {fault.message.both}" for fault in faults)
