"""`python -m deploy.observability write|check`: every document that is made from `slo.yaml`, or from what it names."""

import sys
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path

from deploy.dev.generated import write_or_check
from deploy.observability import dashboards, rule_tests, rules


def documents() -> Mapping[Path, Callable[[], str]]:
    """Return each document and what renders it."""
    tests = {rule_tests.document_of(every): partial(rule_tests.render, every) for every in rule_tests.EVERY}
    drawn = {each.document: partial(dashboards.render, each) for each in dashboards.panels().dashboards}
    return {rules.DOCUMENT: rules.render, **tests, **drawn}


def main(arguments: list[str]) -> int:
    """Write or check the documents; return 1 if one differs, 2 for a wrong call."""
    return max(write_or_check(arguments, "deploy.observability", path, render) for path, render in documents().items())


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
