"""Control planes for the tests of manifests, with the definitions of the operators' kinds."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from deploy.k8s.product import FOLDER
from tests.cluster import tools
from tests.cluster.control_plane import ControlPlane, running
from tests.support.waiting import PATIENCE_S, eventually


def define(plane: ControlPlane) -> None:
    """Give a control plane the operators' kinds."""
    for path in sorted((FOLDER / "crds").glob("*.yaml")):
        plane.apply(path.read_text(encoding="utf-8"))


async def established(plane: ControlPlane) -> None:
    """Wait until the API server serves them."""
    names = len(list((FOLDER / "crds").glob("*.yaml")))

    async def all_are() -> bool:
        items = plane.read("crd")["items"]
        conditions = [
            {each["type"]: each["status"] for each in item.get("status", {}).get("conditions", [])} for item in items
        ]
        return len(items) == names and all(each.get("Established") == "True" for each in conditions)

    await eventually(all_are, within_s=PATIENCE_S)


@pytest.fixture(scope="session", autouse=True)
def _programs() -> None:
    """Build the programs of a control plane where they are missing."""
    assert tools.main([]) == 0, "its programs cannot be built"


@pytest_asyncio.fixture(scope="module")
async def plane() -> AsyncIterator[ControlPlane]:
    """Run a control plane for the tests of a module."""
    async with running() as started:
        define(started)
        await established(started)
        yield started
