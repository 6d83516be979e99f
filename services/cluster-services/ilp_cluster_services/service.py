"""The one description of this deployable: names, settings, app, sources and projection."""

from ilp_cluster_services.settings import ClusterServicesSettings
from ilp_shared.service import Service

SERVICE = Service(
    name="cluster-services",
    package="ilp_cluster_services",
    schema="cluster_services",
    domain="cluster",
    settings=ClusterServicesSettings,
    app="ilp_cluster_services.app:create_app",
    sources=("registry", "screening"),
    projection="ilp_cluster_services.consumers:make_projection",
    forget="ilp_cluster_services.consumers:forget",
)
