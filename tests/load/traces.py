"""What traces cost of a POST's CPU: an API that sends one trace in a hundred to a collector, beside one without.

Without a collector only a few calls are left that find nothing to do; they are timed by themselves.
"""

from timeit import repeat

from deploy.dev.vault import PortBook
from ilp_shared.tracing import batch_span, entered_span
from tests.load import population
from tests.load.figures import Goal, Line, Run, Spread, cpu_note, in_turns
from tests.load.load_client import measure_load
from tests.load.post import copy_people, screening_posts, spec_of
from tests.load.testbed import Testbed, wait_until_answered

PLACES = 400
_SENT = 1.03
"""Most CPU of an API with a collector, as a share of one without."""
_IDLE = 0.01
"""Most CPU of the calls without a collector, as a share of the POST's."""
_CALLS = 10_000


async def run(testbed: Testbed) -> list[Line]:
    """Measure both; returns the lines of the results."""
    places = population.posyandus(PLACES)
    await testbed.migrate("screening")
    await copy_people(testbed, places)
    quiet, quiet_pid = await testbed.serve("screening")
    traced, traced_pid = await _serve_traced(testbed)
    requests = screening_posts(testbed, places)

    async def with_traces() -> Run:
        return await measure_load(spec_of(traced, requests), {"API": traced_pid, **testbed.pids}, expected=201)

    async def without() -> Run:
        return await measure_load(spec_of(quiet, requests), {"API": quiet_pid, **testbed.pids}, expected=201)

    comparison = await in_turns(with_traces, without)
    pairs = zip(comparison.ours, comparison.raw, strict=True)
    shares = [ours.cpu_us["API"] / raw.cpu_us["API"] for ours, raw in pairs]
    alone = Spread.of([run.cpu_us["API"] for run in comparison.raw]).median
    idle = [1e6 * seconds / _CALLS / alone for seconds in repeat(_without_collector, number=_CALLS)]
    await testbed.end()
    return [
        *(
            Line(name, "/s", Spread.of([run.rate for run in runs]), len(runs), None, cpu_note(runs))
            for name, runs in (("POST with traces", comparison.ours), ("POST without", comparison.raw))
        ),
        *(
            Line(name, "", Spread.of(values), len(values), Goal(most, at_most=True))
            for name, values, most in (
                ("CPU of the API with traces, of that without", shares, _SENT),
                ("calls that find no collector, of a POST's CPU", idle, _IDLE),
            )
        ),
    ]


def _without_collector() -> None:
    """Do what tracing does for a command that is alone in its commit; the context is there without traces too."""
    with entered_span(None) as span:
        with batch_span("commit", list):
            pass
        span.answered("POST", "/v1/screenings", 201)


async def _serve_traced(testbed: Testbed) -> tuple[str, int]:
    book = PortBook(testbed.folder / "ports.json")
    collector, port = f"http://127.0.0.1:{book.take('collector')}", book.take("screening-traced")
    await testbed.start("collector", ("tests.load.collector", collector.rpartition(":")[2]))
    await wait_until_answered(collector)
    settings = {"ILP_SCREENING_PORT": str(port), "ILP_SCREENING_OTLP_ENDPOINT": collector}
    environment = testbed.environment("screening") | settings
    pid = await testbed.start("screening-api-traced", ("ilp_screening", "api"), environment)
    await wait_until_answered(f"http://127.0.0.1:{port}/health/ready")
    return f"http://127.0.0.1:{port}", pid
