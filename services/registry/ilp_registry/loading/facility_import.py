"""Imports pustu and posyandu from a CSV file, with an outcome per row; a bad row does not stop the others.

Idempotent by the file's checksum and the row number: after a crash the same command goes on where it stopped.
Called by `python -m ilp_registry import-facilities`.
"""

import csv
import hashlib
import io
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final
from uuid import UUID, uuid5

import orjson
from fastapi.exceptions import RequestValidationError
from pydantic import ValidationError

from ilp_registry.areas.service import NAMESPACE
from ilp_registry.facilities.repository import facilities_with
from ilp_registry.facilities.schemas import FacilityIn, FacilityReceipt
from ilp_registry.facilities.service import register_facilities
from ilp_registry.loading import import_repository
from ilp_shared.auth.permissions import Role
from ilp_shared.auth.principal import Principal
from ilp_shared.clock import SystemClock
from ilp_shared.db.connection import Connection
from ilp_shared.db.database import Database
from ilp_shared.db.scope import EVERYWHERE
from ilp_shared.write.uow import open_uow
from ilp_shared.http.refusals import field_errors
from ilp_shared.problems import Conflict, Problem

COLUMNS: Final = ("kind", "name", "code", "area_code", "parent_code", "catchment", "lat", "lng", "example_data")
"""`parent_code` is a puskesmas code; `catchment` lists area codes with semicolons; `example_data` is 1 or empty."""
_BEYOND: Final = "beyond the last column"
_CHUNK = 1_000
_IMPORTER = Principal(subject="import", roles=frozenset({Role.OPERATOR}), areas=tuple(EVERYWHERE), expires_at=0)
Outcome = tuple[int, str, str | None, UUID | None]


async def import_facilities(database: Database, raw: bytes, report: Path) -> dict[str, int]:
    """Import a CSV and write the report (row, status, reason, id); returns how many rows have each status."""
    sha256 = hashlib.sha256(raw).hexdigest()
    async with open_uow(database, EVERYWHERE) as uow:
        await import_repository.stage(await uow.connection(), sha256, _contents(raw))
    while await _import_chunk(database, sha256):
        pass
    async with open_uow(database, EVERYWHERE) as uow:
        outcomes = await import_repository.outcomes_of(await uow.connection(), sha256)
    with report.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(("row", "status", "reason", "id"))
        writer.writerows(tuple(row) for row in outcomes)
    counts = {"accepted": 0, "conflict": 0, "rejected": 0}
    for row in outcomes:
        counts[row["status"]] += 1
    return counts


def _contents(raw: bytes) -> list[str]:
    """Return the filled cells of each row as JSON; raises ValueError for a file that cannot be read as a table."""
    reader = csv.DictReader(io.StringIO(raw.decode("utf-8-sig"), newline=""), restkey=_BEYOND, strict=True)
    try:
        columns = reader.fieldnames or ()
        if not columns or set(columns) - set(COLUMNS) or len(set(columns)) < len(columns):
            raise ValueError(f"columns must be among {', '.join(COLUMNS)}, each once")
        return [orjson.dumps({k: v for k, v in row.items() if v}).decode() for row in reader]
    except csv.Error as error:
        raise ValueError(f"line {reader.reader.line_num}: {error}") from None


async def _import_chunk(database: Database, sha256: str) -> bool:
    async with open_uow(database, EVERYWHERE) as uow:
        conn = await uow.connection()
        rows = await import_repository.next_rows(conn, sha256, _CHUNK)
        if not rows:
            return False
        cells = {row["row"]: orjson.loads(row["content"]) for row in rows}
        parents = await _parents(conn, list(cells.values()))
        drafts = {
            number: _draft(cell, parents, uuid5(NAMESPACE, f"{sha256}:{number}")) for number, cell in cells.items()
        }
        sound = {number: draft for number, draft in drafts.items() if isinstance(draft, FacilityIn)}
        stored = await register_facilities(_IMPORTER, SystemClock(), uow, list(sound.values()))
        answers = {**drafts, **dict(zip(sound, stored, strict=True))}
        await import_repository.settle_rows(conn, sha256, [_outcome(n, answer) for n, answer in answers.items()])
    return True


async def _parents(conn: Connection, cells: Sequence[Mapping[str, str]]) -> dict[str, UUID]:
    codes = {cell["parent_code"] for cell in cells if "\x00" not in cell.get("parent_code", "\x00")}
    rows = await facilities_with(conn, (), codes)
    return {row["code"]: row["id"] for row in rows if row["kind"] == "puskesmas"}


def _draft(cell: dict[str, str], parents: Mapping[str, UUID], row_id: UUID) -> FacilityIn | str:
    """Return the row as a facility, or what is wrong with it."""
    if _BEYOND in cell:
        return "baris: lebih banyak sel daripada kolom / row: more cells than columns"
    if cell.get("example_data", "1") != "1":
        return "example_data: 1 atau kosong / 1 or empty"
    fields: dict[str, object] = {name: cell[name] for name in ("kind", "name", "code", "area_code") if name in cell}
    if "parent_code" in cell:
        if cell["parent_code"] not in parents:
            return "parent_code: tidak dikenal / unknown"
        fields["parent_id"] = parents[cell["parent_code"]]
    if "catchment" in cell:
        fields["catchment"] = tuple(code.strip() for code in cell["catchment"].split(";") if code.strip())
    try:
        fields |= {name: float(cell[name]) for name in ("lat", "lng") if name in cell}
        return FacilityIn.model_validate({**fields, "id": row_id, "example_data": "example_data" in cell})
    except ValidationError as error:
        faults = field_errors(RequestValidationError(error.errors(include_input=False, include_context=False)))
        return "; ".join(f"{fault.pointer[1:]}: {fault.message} / {fault.message_en}" for fault in faults)
    except ValueError:
        return "lat, lng: bukan bilangan / not a number"


def _outcome(number: int, answer: FacilityIn | FacilityReceipt | Problem | str) -> Outcome:
    if isinstance(answer, FacilityReceipt):
        return number, "accepted", None, answer.id
    if isinstance(answer, Problem):
        sentences = [f"{e.pointer[1:]}: {e.message} / {e.message_en}" for e in answer.errors]
        reason = "; ".join(sentences) or f"{answer.detail.id} / {answer.detail.en}"
        return number, "conflict" if isinstance(answer, Conflict) else "rejected", reason, None
    return number, "rejected", str(answer), None
