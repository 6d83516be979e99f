"""What starts the platform knows the services by their description only: `ilp_<service>.service`."""

import ast
import re

from tests.architecture.imports import imported
from tests.architecture.sources import Source, sources

_SERVICE = re.compile(r"ilp_(registry|screening|cluster_services|monitoring)\b(?!\.service\b)")


def insides(source: Source) -> list[str]:
    """Return the modules of services that a source imports, other than their descriptions."""
    return sorted(name for name in imported(source) if _SERVICE.match(name))


def test_deploy_imports_no_inside_of_a_service() -> None:
    judged = [source for source in sources() if source.path.startswith("deploy/")]
    assert len(judged) > 20
    assert {source.path: names for source in judged if (names := insides(source))} == {}


def test_the_search_finds_what_is_planted() -> None:
    planted = {
        "from ilp_registry.reference.files import edition": True,
        "import ilp_monitoring.recount.run": True,
        "from ilp_screening import rules": True,
        "from ilp_screening.service import SERVICE": False,
        "from ilp_shared.service import Service": False,
    }
    assert {text: bool(insides(Source("deploy/x.py", text, ast.parse(text)))) for text in planted} == planted
