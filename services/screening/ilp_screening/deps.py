"""Dependencies that several routers of this service share."""

from typing import Annotated

from fastapi import Depends

from ilp_screening.rules.contents import Library
from ilp_shared.http.resources import ServiceResources


async def _library(resources: ServiceResources) -> Library:
    return resources.part(Library)


PackLibrary = Annotated[Library, Depends(_library)]
"""Type of a route's parameter that holds all packs."""
