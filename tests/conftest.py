"""Fixtures of the whole suite: real backends, migrated databases, the development issuer."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from hypothesis import HealthCheck, settings

from ilp_shared.auth import development
from tests.support.apps import Issuer
from tests.support.backends import kafka_broker, postgres_server
from tests.support.databases import Databases

pytest_plugins = ["tests.support.platform", "tests.hostile.watch"]
_used: dict[str, str] = {}

# Examples are drawn the same way in every run, and a busy machine is no failure: speed is measured by benchmarks.
settings.register_profile(
    "ilp", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)
settings.load_profile("ilp")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print which backends the run used."""
    for name, description in _used.items():
        terminalreporter.write_line(f"backend: {name} = {description}")


@pytest_asyncio.fixture(scope="session")
async def postgres_url(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[str]:
    """Superuser URL of the run's PostgreSQL."""
    async with postgres_server(_open_folder(tmp_path_factory, "postgres")) as (url, origin):
        _used["PostgreSQL"] = origin
        yield url


@pytest_asyncio.fixture(scope="session")
async def kafka_bootstrap(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[str]:
    """Bootstrap address of the run's Kafka, topics made."""
    async with kafka_broker(tmp_path_factory.mktemp("kafka")) as (bootstrap, origin):
        _used["Kafka"] = origin
        yield bootstrap


def _open_folder(tmp_path_factory: pytest.TempPathFactory, name: str) -> Path:
    """Return a temporary folder that another user can enter (PostgreSQL does not run as root)."""
    folder = tmp_path_factory.mktemp(name)
    for path in (folder, folder.parent):
        path.chmod(0o755)
    return folder


@pytest_asyncio.fixture(scope="session")
async def databases(postgres_url: str) -> AsyncIterator[Databases]:
    """Maker of fresh, migrated databases."""
    maker = Databases(postgres_url)
    yield maker
    await maker.drop_all()


@pytest.fixture(scope="session")
def issuer(tmp_path_factory: pytest.TempPathFactory) -> Issuer:
    """The development issuer of the run."""
    folder: Path = tmp_path_factory.mktemp("issuer")
    development.create_issuer(folder)
    return Issuer(folder)
