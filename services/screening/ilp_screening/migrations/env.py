"""Alembic environment; run through `ilp_shared.db.migrate`."""

from ilp_screening.models import METADATA
from ilp_shared.db.migrate import run_environment

run_environment(METADATA)
