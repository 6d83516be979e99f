"""The document of a benchmark run has a chapter for each benchmark: without a title a whole run was lost at its end."""

from tests.load.__main__ import NAMES
from tests.load.figures import Line, Spread
from tests.load.report import TITLES, document


def test_every_benchmark_has_its_chapter() -> None:
    results = {name: [Line(f"figure of {name}", "s", Spread(1.5, 1.0, 2.0), 3)] for name in NAMES}
    text = document(results, "a server", 60.0, 0.1)
    for name in NAMES:
        assert f"## {TITLES[name]}\n" in text
        assert f"| figure of {name} | 1.50 s | 1.00–2.00 | 3 |" in text
    assert set(TITLES) == set(NAMES)
