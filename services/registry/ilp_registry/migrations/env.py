"""Entry of alembic (`python -m ilp_registry migrate`)."""

from ilp_registry.models import METADATA
from ilp_shared.db.migrate import run_environment

run_environment(METADATA)
