"""Damaged CSV files for the import of facilities: every row gets its line in the report, or the whole file is refused.

Files are drawn from a seed: sound rows with hostile cells, broken quoting, missing and surplus cells, bytes that are no
text. Nothing is half loaded: what the report calls accepted is exactly what is there.
"""

import asyncio
import csv
import io
import os
import random
import sys
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import asyncpg
import pytest
import pytest_asyncio

from deploy.dev.config import ROOT
from ilp_registry.facility_import.service import COLUMNS, import_facilities
from ilp_registry.service import SERVICE
from ilp_shared.areas import level_of, lineage, parent_of
from ilp_shared.auth import development
from ilp_shared.db.database import Database
from tests.access.objects import HOME
from tests.access.settings import EXTRA
from tests.support.databases import Databases

FILES, ROWS = 60, 40
CELLS = (
    "", " ", "pustu", "posyandu", "puskesmas", HOME, "13.76", "99.99", "id", "P-1", "Posyandu Mawar", "nan",
    "inf", "-6.9", "1e400", "1", "0", "true", "\x00", "a\x00b", "=cmd|' /C calc'!A0", "@SUM(1)", "\u202eevil",
    "é" * 300, "x" * 10_000,
    "a\nb", '"', "'; DROP TABLE facility; --", "13.76.01.1002;13.76.01.1002", ";" * 600, "٣٣", "1_0",
)  # fmt: skip


def drawn(chooser: random.Random) -> bytes:
    """One file: rows that are mostly sound, cell by cell not always, written by a writer that is not always careful."""
    columns = list(COLUMNS)
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow(columns)
    for number in range(chooser.randrange(ROWS)):
        row = ["posyandu", f"Posyandu {number}", f"C{chooser.randrange(10**9)}", HOME, "", HOME, "-0.2", "100.6", "1"]
        for _ in range(chooser.choice((0, 0, 1, 2))):
            row[chooser.randrange(len(row))] = chooser.choice(CELLS)
        writer.writerow(row + ["surplus"] * (chooser.random() < 0.1) if chooser.random() < 0.9 else row[:-4])
    raw = out.getvalue().encode()
    if chooser.random() < 0.2:
        at = chooser.randrange(len(raw))
        raw = raw[:at] + chooser.choice((b"\xff", b"\x00", b'"', b"\xed\xa0\x80", b"\r")) + raw[at:]
    return raw


@dataclass(frozen=True)
class Desk:
    """A registry's database with the areas of HOME, and its environment for the command line."""

    database: Database
    owner: asyncpg.Connection
    env: dict[str, str]


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def desk(databases: Databases) -> AsyncIterator[Desk]:
    """Provide a registry without facilities."""
    urls = await databases.create(SERVICE)
    given = {
        "profile": "development",
        "database_url": urls.app,
        "kafka_bootstrap": "127.0.0.1:1",
        "oidc_issuer": development.ISSUER,
        "oidc_jwks": "none",
        **EXTRA["registry"],
    }
    owner = await asyncpg.connect(urls.owner, server_settings={"search_path": "registry"})
    for code in lineage(HOME)[1:]:
        parent = None if len(code) == 2 else parent_of(code)
        await owner.execute(
            "INSERT INTO area (code, name, level, kind, parent_code, dataset) VALUES ($1, $1, $2, 'x', $3, 'test')",
            code,
            level_of(code),
            parent,
        )
    database = await Database.connect(SERVICE.settings.model_validate(given), SERVICE.schema)
    env = {**os.environ, **{f"ILP_REGISTRY_{name}".upper(): value for name, value in given.items()}}
    yield Desk(database, owner, env)
    await database.close()
    await owner.close()


async def stored(desk: Desk) -> set[str]:
    """Ids of all facilities."""
    return {str(row["id"]) for row in await desk.owner.fetch("SELECT id FROM facility")}


async def test_every_row_of_a_damaged_file_has_its_outcome(desk: Desk, tmp_path: Path) -> None:
    chooser, seen, said = random.Random(20261122), Counter[str](), list[str]()
    for number in range(FILES):
        raw, report = drawn(chooser), tmp_path / f"{number}.csv"
        before = await stored(desk)
        try:
            counts = await import_facilities(desk.database, raw, report)
        except ValueError as error:
            said.append(str(error))
            assert not report.exists()
            assert await stored(desk) == before
            continue
        with report.open(newline="", encoding="utf-8") as file:
            rows = list(csv.DictReader(file))
        assert [int(row["row"]) for row in rows] == list(range(1, len(rows) + 1))
        assert sum(counts.values()) == len(rows)
        assert all(row["reason"] for row in rows if row["status"] != "accepted")
        assert {row["id"] for row in rows if row["status"] == "accepted"} == await stored(desk) - before
        seen.update(row["status"] for row in rows)
    assert min(seen["accepted"], seen["rejected"]) > FILES
    assert 0 < len(said) < FILES / 2
    assert all(line and "\n" not in line for line in said)


@pytest.mark.parametrize(
    ("raw", "word"),
    [
        (b"", "columns"),
        (b"kind,name,name\n", "columns"),
        (b"kind|name\n", "columns"),
        (b"\xff\xfe\x00", "utf-8"),
        (b'kind,name\n"pustu', "line 2"),
        (b"kind,name\npustu," + b"x" * 200_000, "line 2"),
    ],
    ids=["empty", "twice", "bars", "no text", "open quote", "endless cell"],
)
async def test_the_command_line_says_in_one_line_what_is_wrong(
    desk: Desk, tmp_path: Path, raw: bytes, word: str
) -> None:
    source = tmp_path / "bad.csv"
    source.write_bytes(raw)
    command = ("-m", "ilp_registry", "import-facilities", str(source), "--report", str(tmp_path / "report.csv"))
    child = await asyncio.create_subprocess_exec(
        sys.executable,
        *command,
        cwd=ROOT,
        env=desk.env,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    _, said = await child.communicate()
    assert child.returncode == 2, said
    (line,) = said.decode().splitlines()
    assert line.startswith("bad.csv: ")
    assert word in line


async def test_surplus_cells_and_odd_marks_are_rejected_not_dropped(desk: Desk, tmp_path: Path) -> None:
    raw = f"kind,name,area_code,example_data\nposyandu,A,{HOME},1,more\nposyandu,B,{HOME},yes\nposyandu,C,{HOME},\n"
    counts = await import_facilities(desk.database, raw.encode(), tmp_path / "report.csv")
    assert counts == {"accepted": 1, "conflict": 0, "rejected": 2}
    report = (tmp_path / "report.csv").read_text()
    assert "more cells than columns" in report
    assert "example_data: 1 atau kosong" in report
