"""What the registry is: names, settings, API. It consumes nobody's events."""

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
)
