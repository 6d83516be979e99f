"""Kafka clients: one way to start and stop them."""

import ast
from collections.abc import Iterator

from tests.architecture.names import names_of
from tests.architecture.rules import SHARED, Rule, calls
from tests.architecture.sources import Source

_CLIENTS = {"AIOKafkaConsumer", "AIOKafkaProducer", "AIOKafkaAdminClient"}
_MAKERS = _CLIENTS | {"make_producer"}


def started_by_hand(source: Source) -> Iterator[int]:
    """Find starts of Kafka clients, by a call or as a context, where a module makes some."""
    if not any(name in _MAKERS for _, name in calls(source)):
        return
    asynchronous = [*source.walk(ast.AsyncFunctionDef)]
    for node in {each for function in asynchronous for each in ast.walk(function)}:
        if isinstance(node, ast.AsyncWith) and any(_is_client(source, item.context_expr) for item in node.items):
            yield node.lineno
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            entered = node.func.attr == "enter_async_context" and any(_is_client(source, each) for each in node.args)
            if entered or node.func.attr in ("start", "__aenter__"):
                yield node.lineno


def _is_client(source: Source, node: ast.expr) -> bool:
    return isinstance(node, ast.Call) and names_of(source).path(node.func).rpartition(".")[2] in _MAKERS


RULES = (
    Rule(
        "Kafka clients",
        "use bus.clients.started",
        started_by_hand,
        planted=(
            "client = AIOKafkaConsumer(bootstrap_servers=x)\nasync def f():\n    await client.start()",
            "import aiokafka\nasync def f():\n    client = aiokafka.AIOKafkaProducer()\n    await client.start()",
            "from aiokafka.admin import AIOKafkaAdminClient as A\nasync def f():\n    a = A()\n    await a.start()",
            "async def f():\n    producer = make_producer(cluster)\n    await producer.start()",
            "async def f():\n    async with AIOKafkaConsumer('t') as client: ...",
            "c = AIOKafkaConsumer('t')\nasync def f():\n    await wait_for(c.start(), 5)",
            "a = make_producer(c)\nasync def f():\n    await gather(a.start(), b.start())",
            "async def f():\n    await stack.enter_async_context(AIOKafkaConsumer('t'))",
        ),
        innocent=(
            "async def f():\n    await broker.start()",
            "async def f():\n    client = AIOKafkaConsumer('t')\n    async with started(client): ...",
        ),
        allowed={
            f"{SHARED}bus/contract/reader_recipe.py": "shown to readers as it is: it imports nothing of the platform",
        },
    ),
)
