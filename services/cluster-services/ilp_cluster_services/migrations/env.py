"""Alembic's environment: this service's history against its own metadata."""

from ilp_cluster_services.base import Base
from ilp_cluster_services.facilities import models as facilities
from ilp_cluster_services.tasks import models as tasks
from ilp_shared.db.migrate import run_environment

__all__ = ["facilities", "tasks"]

run_environment(Base.metadata)
