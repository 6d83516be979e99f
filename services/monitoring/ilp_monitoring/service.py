"""What monitoring is made of: sources, projection, API, jobs."""

from ilp_monitoring.app import create_app
from ilp_monitoring.projections.housekeeping import prune_changes
from ilp_monitoring.projections.projection import SituationProjection
from ilp_monitoring.settings import MonitoringSettings
from ilp_shared.service import Service

SERVICE = Service(
    name="monitoring",
    package="ilp_monitoring",
    schema="monitoring",
    domain="monitoring",
    settings=MonitoringSettings,
    create_app=create_app,
    sources=("registry", "screening", "cluster"),
    projection=SituationProjection,
    jobs=(prune_changes,),
)
