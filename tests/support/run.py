"""What the processes of a test run share, seen from pytest: its servers, and whether it is a thorough one.

A pytest plugin. The runner (`python -m tests`) starts the servers itself; without it the controller of pytest-xdist or
the one pytest process does. Which servers a run used is in its summary.
"""

import os
from pathlib import Path

import pytest

from tests.support.servers import SOCKET, Name, Server, Servers, ask

_servers = pytest.StashKey[Servers]()
_used = pytest.StashKey[dict[str, str]]()
_OUTPUT = "servers"
"""Under which workers tell the controller which servers they used."""


def is_worker(config: pytest.Config) -> bool:
    """Tell whether this process is a worker of pytest-xdist."""
    return hasattr(config, "workerinput")


def folder_of(config: pytest.Config) -> "pytest.TempPathFactory":
    """Return the maker of temporary folders of this process."""
    factory: pytest.TempPathFactory = getattr(config, "_tmp_path_factory")  # noqa: B009 - private to pytest
    return factory


def folder_of_run(config: pytest.Config) -> Path:
    """Return the temporary folder that all processes of the run share."""
    own = folder_of(config).getbasetemp()
    return own.parent if is_worker(config) else own


def pytest_addoption(parser: pytest.Parser) -> None:
    """Know a thorough run: `make test-all` draws more examples at random than `make test`."""
    parser.addoption("--thorough", action="store_true", help="draw as many random examples as make test-all does")


def pytest_configure(config: pytest.Config) -> None:
    """Begin to note the servers used."""
    config.stash[_used] = {}


@pytest.hookimpl(tryfirst=True)
def pytest_sessionstart(session: pytest.Session) -> None:
    """Be ready to start servers, before pytest-xdist starts its workers."""
    config = session.config
    if not is_worker(config) and SOCKET not in os.environ and not config.option.collectonly:
        config.stash[_servers] = Servers(folder_of(config).mktemp("servers")).start()


@pytest.hookimpl(tryfirst=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """Stop the servers before the watch over secrets looks at what they leave behind."""
    config = session.config
    if is_worker(config):
        config.workeroutput[_OUTPUT] = config.stash[_used]  # type: ignore[attr-defined]  # made by pytest-xdist
    if servers := config.stash.get(_servers, None):
        servers.stop()


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: object) -> None:
    """Take over what a worker used."""
    config: pytest.Config = node.config  # type: ignore[attr-defined]  # a node of pytest-xdist
    config.stash[_used].update(getattr(node, "workeroutput", {}).get(_OUTPUT, {}))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Print which servers the run used."""
    for name, origin in sorted(config.stash[_used].items()):
        terminalreporter.write_line(f"backend: {name} = {origin}")


@pytest.fixture(scope="session")
def worker(request: pytest.FixtureRequest) -> str:
    """Provide the name of this process among those of the run."""
    config = request.config
    return str(config.workerinput["workerid"]) if is_worker(config) else "main"  # type: ignore[attr-defined]


@pytest.fixture(scope="session")
def thorough(pytestconfig: pytest.Config) -> bool:
    """Tell whether to draw as many random examples as `make test-all` does."""
    return bool(pytestconfig.getoption("thorough"))


@pytest.fixture(scope="session")
def postgres_server(request: pytest.FixtureRequest) -> Server:
    """Provide the run's PostgreSQL."""
    return _asked(request.config, "postgres", "PostgreSQL")


@pytest.fixture(scope="session")
def kafka_server(request: pytest.FixtureRequest) -> Server:
    """Provide the run's Kafka."""
    return _asked(request.config, "kafka", "Kafka")


def _asked(config: pytest.Config, name: Name, called: str) -> Server:
    server = ask(name)
    config.stash[_used][called] = server.origin
    return server
