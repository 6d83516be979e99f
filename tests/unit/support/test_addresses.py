"""A test whose server does not answer fails without showing where the server is, or its password."""

import asyncio
import os
import sys
from pathlib import Path

import pytest

from deploy.dev.config import ROOT
from tests.support.addresses import Address, Unreachable, connected, opened_pool, unnamed

PASSWORD = "never-shown"
PORT = 1
GONE = Address(f"postgresql://someone:{PASSWORD}@127.0.0.1:{PORT}/nothing")
FAILING = f"""
from types import SimpleNamespace

import pytest
import pytest_asyncio

from ilp_shared.bus.cluster import Cluster
from tests.support.addresses import Address, connected, opened_pool
from tests.support.bus_pair import open_bus_pair
from tests.support.databases import Databases, DatabaseUrls

PORT = {PORT}
GONE = f"postgresql://someone:{{'-'.join(('never', 'shown'))}}@127.0.0.1:{{PORT}}/nothing"


@pytest.fixture(scope="session")
def server() -> Address:
    return Address(GONE)


@pytest_asyncio.fixture(loop_scope="session")
async def conn(server):
    return await connected(server.of("other"))


async def test_fixture(conn):
    pass


async def test_connection(server):
    await connected(server)


async def test_pool(server):
    await opened_pool(server, min_size=1)


async def test_databases(server):
    await Databases(server).create(SimpleNamespace(schema="some"))


async def test_bus(server):
    async with open_bus_pair(server, Cluster(Address(f"127.0.0.1:{{PORT}}"))):
        pass


async def test_urls(server):
    urls = DatabaseUrls(server, server)
    assert urls == 1
"""


def test_an_address_shows_only_where_it_is_used() -> None:
    assert PASSWORD not in repr([GONE, GONE.of("other")])
    assert GONE.of("other") == f"postgresql://someone:{PASSWORD}@127.0.0.1:{PORT}/other"


@pytest.mark.parametrize("connect", [connected, opened_pool])
async def test_the_error_names_the_server_and_no_place(connect: object) -> None:
    with pytest.raises(Unreachable, match=r"^PostgreSQL does not answer: \w+$") as caught:
        await connect(GONE)  # type: ignore[operator]
    assert caught.value.__suppress_context__


def test_errors_of_content_pass() -> None:
    with pytest.raises(ValueError, match="content"), unnamed("PostgreSQL"):
        raise ValueError("content")


async def test_no_failure_shows_where_a_server_is(tmp_path: Path) -> None:
    """As pytest prints it: long tracebacks, the arguments of every function, and the locals too."""
    (tmp_path / "test_gone.py").write_text(FAILING)
    child = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "--tb=long", "--showlocals", "-vv"),
        *("-o", "asyncio_mode=auto", "--rootdir", str(tmp_path), str(tmp_path)),
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    output = (await child.communicate())[0].decode()
    assert child.returncode == 1, output
    summary = output.splitlines()[-1]
    assert "5 failed" in summary, output
    assert "1 error" in summary
    assert output.count("- tests.support.addresses.Unreachable: PostgreSQL does not answer") == 4, output
    assert output.count("- tests.support.addresses.Unreachable: Kafka does not answer") == 1
    assert PASSWORD not in output
    assert f"127.0.0.1:{PORT}" not in output
