"""Dashboard reads per second of one API process (so of one core): situations of a city, its districts and villages."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from uuid import uuid4

from tests.load import city, population
from tests.load.figures import ROUNDS, Goal, Line, Run, Spread, cpu_note
from tests.load.load_client import measure_load, write_requests
from tests.load.load_generator import Spec
from tests.support.platform import Platform

SECONDS = 3.0
_RATE = 1_000


async def run(platform: Platform, places: Sequence[population.Posyandu]) -> list[Line]:
    """Measure reads while the platform is idle; returns the lines of the results."""
    pid, postgres = platform.pid_of("monitoring-api"), platform.deployment.postgres.pid
    assert pid is not None
    assert postgres is not None
    address = f"http://127.0.0.1:{platform.deployment.environments['monitoring']['ILP_MONITORING_PORT']}"
    month = f"{datetime.now(UTC) - timedelta(days=1):%Y-%m}"
    areas = sorted({city.CODE} | {place.village[:8] for place in places} | {place.village for place in places})
    headers = {"authorization": platform.headers("dinas", city.CODE)["Authorization"]}
    requests = write_requests(
        platform.data / "reads.jsonl",
        (
            {"method": "GET", "path": f"/v1/situations/{area}?period={month}", "headers": headers, "body": None}
            for area in areas
        ),
    )
    runs: list[Run] = []
    for _ in range(ROUNDS + 1):
        spec = Spec(address, str(requests), 32, SECONDS, None, uuid4().hex)
        runs.append(await measure_load(spec, {"API": pid, "PostgreSQL": postgres}, expected=200))
    runs.pop(0)
    rates = Spread.of([run.rate for run in runs])
    return [Line(f"dashboard reads, {len(areas)} areas in turn", "/s", rates, len(runs), Goal(_RATE), cpu_note(runs))]
