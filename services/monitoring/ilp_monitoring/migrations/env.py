"""Alembic environment of monitoring; the work is in `ilp_shared.db.migrate`."""

from ilp_monitoring.projections.models import Base
from ilp_monitoring.recount_runs import models as recount_runs
from ilp_monitoring.sign_in import models as sign_in
from ilp_shared.db.migrate import run_environment

__all__ = ["recount_runs", "sign_in"]

run_environment(Base.metadata)
