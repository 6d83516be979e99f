"""Connections to PostgreSQL: one place opens them, so that each follows the same address, certificates and password."""

from tests.architecture.rules import SHARED, Rule, call_of, either, import_of
from tests.architecture.sources import Source

_MADE_BY_HAND = either(call_of("create_pool", "create_async_engine", "create_engine"), import_of("psycopg", "psycopg2"))


def opened_by_hand(source: Source) -> "list[int]":
    """Find connections, pools and engines that are opened otherwise."""
    lines = [line for line, text in enumerate(source.text.splitlines(), 1) if "asyncpg.connect(" in text]
    return [*lines, *_MADE_BY_HAND(source)]


RULES = (
    Rule(
        "Database addresses",
        "use db.address: connect, make_pool, make_engine",
        lambda source: iter(opened_by_hand(source)),
        planted=(
            "conn = await asyncpg.connect(url)",
            "engine = create_async_engine(url)",
            "pool = asyncpg.create_pool(url)",
        ),
        innocent=("conn = await connect(url)", "pool = make_pool(url)"),
        allowed={
            f"{SHARED}db/address.py": "the one place",
            "services/monitoring/ilp_monitoring/recount/run.py": "independent: it imports nothing of the platform",
            "deploy/dev/databases.py": "makes databases and roles of `make run`, as superuser",
            "deploy/dev/postgres.py": "asks the server of `make run` whether it answers",
            "deploy/dev/present.py": "looks into the databases of `make run` from outside",
        },
    ),
)
