"""What monitoring is made of: sources, projection, API, jobs."""

from ilp_monitoring.settings import MonitoringSettings
from ilp_shared.service import Service

SERVICE = Service(
    name="monitoring",
    package="ilp_monitoring",
    schema="monitoring",
    domain="monitoring",
    settings=MonitoringSettings,
    app="ilp_monitoring.app:create_app",
    sources=("registry", "screening", "cluster"),
    projection="ilp_monitoring.projections.engine:SituationProjection",
    forget="ilp_monitoring.projections.rebuild:forget",
    jobs=(
        "ilp_monitoring.projections.housekeeping:announce_changes",
        "ilp_monitoring.projections.housekeeping:prune_changes",
        "ilp_monitoring.projections.housekeeping:watch_silence",
        "ilp_monitoring.recount_runs.schedule:keep_recounted",
    ),
    expiries=("ilp_monitoring.sign_in.service:forget_sessions",),
    companions=("ilp_monitoring.settings:RecountSettings",),
)
