"""What the processes of a test run share, seen from pytest: its servers, and whether it is a thorough one.

Only a thorough run has the tests that are marked so: a second proof of a promise, too long for every change.

A pytest plugin. The runner (`python -m tests`) starts the servers itself; without it the controller of pytest-xdist or
the one pytest process does. Which servers a run used is in its summary.
"""

import os
from pathlib import Path

import pytest

from tests.support.servers import SOCKET, Name, Server, Servers, ask

_servers = pytest.StashKey[Servers]()
_used = pytest.StashKey[dict[str, str]]()
_left_out = pytest.StashKey[list[str]]()
_OUTPUT, _OMITTED = "servers", "left out"
"""Under which workers tell the controller which servers they used, and which tests they left out."""


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
    """Know a thorough run: `make test-all` has more tests, and draws more examples at random, than `make test`."""
    parser.addoption("--thorough", action="store_true", help="all tests, with as many random examples as make test-all")


def pytest_configure(config: pytest.Config) -> None:
    """Begin to note the servers used and the tests left out."""
    config.stash[_used] = {}
    config.stash[_left_out] = []


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave the tests marked `thorough` to `make test-all`."""
    if not config.getoption("thorough"):
        left_out = [item for item in items if item.get_closest_marker("thorough")]
        config.stash[_left_out] += [item.nodeid for item in left_out]
        items[:] = [item for item in items if item not in left_out]


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
        output = config.workeroutput  # type: ignore[attr-defined]  # made by pytest-xdist
        output |= {_OUTPUT: config.stash[_used], _OMITTED: config.stash[_left_out]}
    if servers := config.stash.get(_servers, None):
        servers.stop()


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: object) -> None:
    """Take over what a worker used and left out."""
    config: pytest.Config = node.config  # type: ignore[attr-defined]  # a node of pytest-xdist
    output = getattr(node, "workeroutput", {})
    config.stash[_used].update(output.get(_OUTPUT, {}))
    config.stash[_left_out].extend(output.get(_OMITTED, []))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Print which servers the run used, and which tests it left to `make test-all`."""
    for name, origin in sorted(config.stash[_used].items()):
        terminalreporter.write_line(f"backend: {name} = {origin}")
    omitted: list[str] = config.stash[_left_out]
    for nodeid in sorted(set(omitted)):
        terminalreporter.write_line(f"left to make test-all: {nodeid}")


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
