"""Kafka clients know who they are: one way to say where Kafka is and how to prove oneself."""

import ast
from collections.abc import Iterator

from tests.architecture.rules import SHARED, Rule, calls
from tests.architecture.sources import Source

_CLIENTS = {"AIOKafkaConsumer", "AIOKafkaProducer", "AIOKafkaAdminClient"}


def made_without_account(source: Source) -> Iterator[int]:
    """Find clients that are made without the options of `Cluster.client()`."""
    for call, name in calls(source):
        spread = [word.value for word in call.keywords if word.arg is None]
        if name in _CLIENTS and not any(_is_client_options(value) for value in spread):
            yield call.lineno


def _is_client_options(node: ast.expr) -> bool:
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "client"


RULES = (
    Rule(
        "Kafka accounts",
        "make clients with **cluster.client()",
        made_without_account,
        planted=(
            "client = AIOKafkaConsumer(bootstrap_servers=cluster.bootstrap)",
            "from aiokafka.admin import AIOKafkaAdminClient as A\na = A(bootstrap_servers=x, **options)",
        ),
        innocent=("client = AIOKafkaConsumer('topic', **self._cluster.client(), group_id=x)",),
        allowed={
            f"{SHARED}bus/contract/reader_recipe.py": "shown to readers as it is: it imports nothing of the platform",
            "deploy/dev/kafka_topics.py": "makes topics, as an operator does",
        },
    ),
)
