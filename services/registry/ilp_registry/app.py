"""Composes the registry's API."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI

from ilp_registry.areas.router import router as areas
from ilp_registry.base import SCHEMA
from ilp_registry.facilities.router import router as facilities
from ilp_registry.lookups.service import Lookups
from ilp_registry.persons.router import router as persons
from ilp_registry.registration.router import router as registration
from ilp_registry.settings import RegistrySettings
from ilp_registry.vault import Vault
from ilp_shared.http import app as shared
from ilp_shared.http.bodies import hash_of
from ilp_shared.http.resources import Resources
from ilp_shared.settings import ServiceSettings

_SUMMARY = "Wilayah, faskes, dan orang / areas, facilities and persons"


def create_app(settings: ServiceSettings) -> FastAPI:
    """Return the API; `settings` must be RegistrySettings."""
    return shared.create_app(
        settings,
        name="registry",
        schema=SCHEMA,
        summary=_SUMMARY,
        routers=(areas, facilities, persons, registration),
        parts=_open_parts,
    )


@asynccontextmanager
async def _open_parts(resources: Resources) -> AsyncIterator[None]:
    """Add vault and look-ups. Hashes of commands are keyed: bodies hold NIKs, which a plain hash would betray."""
    assert isinstance(resources.settings, RegistrySettings)  # noqa: S101 - narrows for the type checker
    vault = Vault(resources.settings)
    resources.parts[Vault] = vault
    per_hour = resources.settings.limits.lookups_per_hour
    resources.parts[Lookups] = Lookups(resources.database.pool, per_hour)
    resources.hash_of = lambda body: vault.digest(hash_of(body))
    yield
