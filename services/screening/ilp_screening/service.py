"""The deployable: its names, settings, app, and the projection of registry events."""

from ilp_screening.settings import Settings
from ilp_shared.service import Service

SERVICE = Service(
    name="screening",
    package="ilp_screening",
    schema="screening",
    domain="screening",
    settings=Settings,
    app="ilp_screening.app:create_app",
    sources=("registry",),
    projection="ilp_screening.consumers:RegistryCopies",
    forget="ilp_screening.consumers:forget",
)
