"""Alembic environment of monitoring; the work is in `ilp_shared.db.migrate`."""

from ilp_monitoring.projections.models import Base
from ilp_monitoring.recount_runs import models as recount_runs
from ilp_shared.db.migrate import run_environment

__all__ = ["recount_runs"]

run_environment(Base.metadata)
