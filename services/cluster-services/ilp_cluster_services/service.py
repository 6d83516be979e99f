"""The one description of this deployable: names, settings, app, sources and projection. Used by the command line."""

from ilp_cluster_services.app import create_app
from ilp_cluster_services.consumers import TaskProjection
from ilp_cluster_services.policy.loader import load_routing
from ilp_cluster_services.settings import ClusterServicesSettings
from ilp_shared.service import Service

SERVICE = Service(
    name="cluster-services",
    package="ilp_cluster_services",
    schema="cluster_services",
    domain="cluster",
    settings=ClusterServicesSettings,
    create_app=create_app,
    sources=("registry", "screening"),
    projection=lambda: TaskProjection(load_routing()),
)
