"""The registry as a service: names, settings, API. It consumes no events of other services."""

from ilp_registry.base import SCHEMA
from ilp_registry.settings import RegistrySettings
from ilp_shared.service import Service

SERVICE = Service(
    name="registry",
    package="ilp_registry",
    schema=SCHEMA,
    domain="registry",
    settings=RegistrySettings,
    app="ilp_registry.app:create_app",
    misfits="ilp_registry.number_keys.service:misfits",
    expiries=("ilp_registry.lookups.service:forget_lookups",),
)
