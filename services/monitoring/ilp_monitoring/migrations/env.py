"""Alembic environment of monitoring; the work is in `ilp_shared.db.migrate`."""

from ilp_monitoring.projections.models import METADATA
from ilp_shared.db.migrate import run_environment

run_environment(METADATA)
