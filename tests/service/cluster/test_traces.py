"""The event of a moved task carries the trace of the request that moved it (of a consumed event: its cause's)."""

from tests.service.cluster.builders import Running
from tests.service.cluster.test_task_routes import open_task

TRACE = "0af7651916cd43dd8448eb211c80319c"


async def test_a_move_carries_the_trace_of_its_request(cluster: Running) -> None:
    task = await open_task(cluster)
    headers = cluster.issuer.headers("nurse") | {"traceparent": f"00-{TRACE}-b7ad6b7169203331-01"}
    path = f"/v1/tasks/{task['id']}/accept"
    moved = await cluster.client.post(path, json={"base_version": 1}, headers=headers)
    assert moved.status_code == 200, moved.text
    async with cluster.database.pool.acquire() as conn:
        statement = "SELECT traceparent FROM event_log WHERE aggregate_id = $1::uuid ORDER BY id"
        traces = [row["traceparent"] for row in await conn.fetch(statement, task["id"])]
    assert [trace and trace.split("-")[1] for trace in traces] == [None, TRACE]
