"""The rules of one way for everything: how each of these things is done, in all services and in what starts them.

A rule resolves names before it compares them (`names.py`), so that another spelling of the same call is found too.
"""

from tests.architecture.ways import areas, clients, databases, kafka, models, routes, writes

RULES = (
    *areas.RULES,
    *databases.RULES,
    *kafka.RULES,
    *clients.RULES,
    *writes.RULES,
    *models.RULES,
    *routes.RULES,
)
