"""Composes the registry's API."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from fastapi import FastAPI

from ilp_registry.areas.router import router as areas
from ilp_registry.base import SCHEMA
from ilp_registry.facilities.router import router as facilities
from ilp_registry.lookups.service import Lookups
from ilp_registry.number_keys.service import misfits
from ilp_registry.persons.router import router as persons
from ilp_registry.registration.router import router as registration
from ilp_registry.settings import RegistrySettings
from ilp_registry.vault import Vault
from ilp_shared.http import app as shared
from ilp_shared.http.bodies import hash_of
from ilp_shared.http.resources import Resources
from ilp_shared.settings import ServiceSettings
from ilp_shared.text import Text

_SUMMARY: Final = Text("Wilayah, faskes, dan orang", "Areas, facilities and persons")
_TAGS: Final = {
    "orang": Text(
        "Mendaftarkan, mencari, dan memperbaiki data orang. Mulai di sini.",
        "Register, search and correct persons. Start here.",
    ),
    "faskes": Text(
        "Puskesmas, pustu, dan posyandu dengan jejaringnya.", "Puskesmas, pustu, posyandu and their network."
    ),
    "wilayah": Text("Pohon wilayah, dari negara sampai RT.", "The tree of areas, from the nation to the RT."),
}


def create_app(settings: ServiceSettings) -> FastAPI:
    """Return the API; `settings` must be RegistrySettings."""
    return shared.create_app(
        settings,
        name="registry",
        schema=SCHEMA,
        package=__package__,
        summary=_SUMMARY,
        tags=_TAGS,
        routers=(areas, facilities, persons, registration),
        parts=_open_parts,
        misfits=misfits,
    )


@asynccontextmanager
async def _open_parts(resources: Resources) -> AsyncIterator[None]:
    """Add vault and look-ups. Hashes of commands are keyed: bodies hold NIKs, which a plain hash would betray."""
    assert isinstance(resources.settings, RegistrySettings)  # noqa: S101 - narrows for the type checker
    vault = Vault(resources.settings)
    resources.parts[Vault] = vault
    per_hour = resources.settings.limits.lookups_per_hour
    resources.parts[Lookups] = Lookups(resources.database.pool, per_hour)
    resources.hash_of = lambda body: vault.request_hash(hash_of(body))
    yield
