"""Facilities are listed in the natural order of their names: Posyandu Melati 1, 2, 10."""

import sqlalchemy as sa
from alembic import op

from ilp_registry.rules.names import sort_key
from ilp_shared.db.migrate import run_sql

revision = "20261129_sort"
down_revision = "20261129_codes"

_FACILITY = sa.table("facility", sa.column("id", sa.Uuid), sa.column("name", sa.Text), sa.column("sort", sa.Text))


def upgrade() -> None:
    """Add the sort key, compute it for what is there, and list by it."""
    run_sql('ALTER TABLE facility ADD COLUMN sort text COLLATE "C"')
    bind = op.get_bind()
    rows = bind.execute(sa.select(_FACILITY.c.id, _FACILITY.c.name)).all()
    change = _FACILITY.update().where(_FACILITY.c.id == sa.bindparam("key")).values(sort=sa.bindparam("natural"))
    if rows:
        bind.execute(change, [{"key": row.id, "natural": sort_key(row.name)} for row in rows])
    run_sql("ALTER TABLE facility ALTER COLUMN sort SET NOT NULL")
    run_sql("CREATE INDEX ix_facility_sort_id ON facility (sort, id)")
    run_sql("DROP INDEX ix_facility_search_id")
