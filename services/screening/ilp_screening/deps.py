"""Dependencies that several routers of this service share."""

from typing import Annotated

from fastapi import Depends

from ilp_screening.rules.contents import Packs
from ilp_shared.http.resources import ServiceResources


async def _packs(resources: ServiceResources) -> Packs:
    return resources.part(Packs)


PacksInForce = Annotated[Packs, Depends(_packs)]
"""Type of a route's parameter that holds the packs in force."""
