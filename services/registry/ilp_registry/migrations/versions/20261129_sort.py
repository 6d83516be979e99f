"""Facilities are listed in the natural order of their names: Posyandu Melati 1, 2, 10."""

import re
import unicodedata

import sqlalchemy as sa
from alembic import op

from ilp_shared.db.migrate import run_sql

revision = "20261129_sort"
down_revision = "20261129_codes"

_FACILITY = sa.table("facility", sa.column("id", sa.Uuid), sa.column("name", sa.Text), sa.column("sort", sa.Text))
_WORD_OR_NUMBER = re.compile(r"\d+|[^\W\d_]+")


def _sort_key(name: str) -> str:
    """Return the sort key of a name as it was at this revision: later rules bring a revision of their own."""
    plain = unicodedata.normalize("NFKD", name).casefold()
    parts = _WORD_OR_NUMBER.findall("".join(part for part in plain if not unicodedata.combining(part)))
    return " ".join(_sorted_number(part) if part.isdecimal() else part for part in parts)[:200]


def _sorted_number(digits: str) -> str:
    number = str(int(digits))
    return f"{len(number):03d}{number}"


def upgrade() -> None:
    """Add the sort key, compute it for what is there, and list by it."""
    run_sql('ALTER TABLE facility ADD COLUMN sort text COLLATE "C"')
    bind = op.get_bind()
    rows = bind.execute(sa.select(_FACILITY.c.id, _FACILITY.c.name)).all()
    change = _FACILITY.update().where(_FACILITY.c.id == sa.bindparam("key")).values(sort=sa.bindparam("natural"))
    if rows:
        bind.execute(change, [{"key": row.id, "natural": _sort_key(row.name)} for row in rows])
    run_sql("ALTER TABLE facility ALTER COLUMN sort SET NOT NULL")
    run_sql("CREATE INDEX ix_facility_sort_id ON facility (sort, id)")
    run_sql("DROP INDEX ix_facility_search_id")
