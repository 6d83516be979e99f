"""The way from a measured value to a number on a page is seven files or fewer, and CONTRIBUTING names them in order."""

import re

from tests.architecture.imports import imported
from tests.architecture.sources import ROOT, Source, sources

MOST = 7
_HEADING = "## The way of a number"
_PATH = re.compile(r"^\d+\. `([^`]+\.py)`", re.MULTILINE)
_EVENT = re.compile(r"ilp_shared\.events\.\w+\.v\d+\.\w+")


def way(document: str) -> list[str]:
    """Return the files of the section, in their order."""
    section = document.partition(_HEADING)[2].partition("\n## ")[0]
    return _PATH.findall(section)


def module_of(path: str) -> str:
    """Return the dotted name of a service's module."""
    return path.split("/", 2)[2].removesuffix(".py").replace("/", ".")


def service_of(path: str) -> str:
    """Return the service of a file."""
    return path.split("/")[1]


def gaps(stations: list[Source]) -> list[str]:
    """Return the files that no earlier one leads to: by an import, or across the bus by a class of event."""
    unreached = []
    for number, station in enumerate(stations[1:], start=1):
        earlier = stations[:number]
        if service_of(station.path) == service_of(stations[number - 1].path):
            reached = any(module_of(station.path) in imported(each) for each in earlier)
        else:
            raised = {name for name in imported(stations[number - 1]) if _EVENT.fullmatch(name)}
            reached = bool(raised & imported(station))
        if not reached:
            unreached.append(station.path)
    return unreached


def test_the_way_is_short_and_has_no_gap() -> None:
    paths = way((ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8"))
    assert 2 <= len(paths) <= MOST
    known = {source.path: source for source in sources()}
    assert [path for path in paths if path not in known] == []
    assert {service_of(path) for path in paths} == {"screening", "monitoring"}
    assert gaps([known[path] for path in paths]) == []


def test_the_search_finds_a_gap() -> None:
    from tests.architecture.rules import planted

    texts = {
        "services/a/ilp_a/x/router.py": "from ilp_a.x.service import f",
        "services/a/ilp_a/x/service.py": "from ilp_shared.events.a.v1 import Done",
        "services/b/ilp_b/y/adapter.py": "from ilp_shared.events.a.v1 import Done\nfrom ilp_b.y import cells",
        "services/b/ilp_b/y/cells.py": "",
    }
    stations = [planted(text, path) for path, text in texts.items()]
    assert gaps(stations) == []
    assert gaps([stations[0], stations[2]]) == ["services/b/ilp_b/y/adapter.py"]
    assert gaps([stations[0], stations[1], stations[3]]) == ["services/b/ilp_b/y/cells.py"]
    assert gaps([stations[2], stations[3], stations[2]]) == ["services/b/ilp_b/y/adapter.py"]
    assert way("# x\n## The way of a number\n1. `services/a/b.py`: x\n2. `c.py`\n## y\n3. `d.py`\n") == [
        "services/a/b.py",
        "c.py",
    ]
