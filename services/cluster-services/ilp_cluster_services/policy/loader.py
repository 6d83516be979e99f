"""Routing tables from package data, read once per process: the only I/O of this service's policy."""

from functools import lru_cache
from importlib.resources import files

import yaml

from ilp_cluster_services.rules.forms import RoutingTable, RoutingTables


@lru_cache(maxsize=1)
def load_routing() -> RoutingTables:
    """Return all packaged versions, oldest first; raises pydantic's ValidationError for a damaged file."""
    folder = files("ilp_cluster_services.policy") / "routing"
    tables = [
        RoutingTable.model_validate(yaml.safe_load(entry.read_text(encoding="utf-8")))
        for entry in folder.iterdir()
        if entry.name.endswith(".yaml")
    ]
    return RoutingTables(tuple(sorted(tables, key=lambda table: table.effective_from)))
