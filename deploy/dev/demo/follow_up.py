"""The work of midwives on the tasks that the morning's findings open: they accept all, and finish some.

A person's tasks appear when cluster-services has consumed the screening; all tasks of one screening appear
together, so the outcome does not depend on timing.
"""

from __future__ import annotations

from deploy.dev.demo.client import PATIENCE_S, Client, Json, Patience, RefusedError
from deploy.dev.demo.morning import FollowUp
from deploy.dev.demo.seeded import demo_id
from deploy.dev.demo.steps import Sender, Step

TASKS = "/cluster-services/v1/tasks"
ATTENDED = {"outcome": "attended"}


async def follow_up(client: Client, plan: FollowUp) -> None:
    """Wait for the person's tasks and carry them out; raises UnreachableError if none appear."""
    midwife = Sender("midwife", plan.village)
    patience = Patience(str(plan.screening), PATIENCE_S)
    while not await _moved(client, midwife, plan):
        await patience.wait()


async def _moved(client: Client, midwife: Sender, plan: FollowUp) -> bool:
    """Carry out the present tasks; return False if there are none yet, or one has changed meanwhile."""
    rows = [row async for row in client.items(TASKS, midwife, person=str(plan.person))]
    tasks = [row for row in rows if row["screening_id"] == str(plan.screening)]
    try:
        for task in tasks:
            await _move(client, midwife, task, complete=plan.complete)
    except RefusedError as refusal:
        if refusal.problem != "stale-version":
            raise
        return False
    return bool(tasks)


async def _move(client: Client, midwife: Sender, task: Json, *, complete: bool) -> None:
    path, version = f"{TASKS}/{task['id']}", task["version"]
    if task["status"] == "requested":
        key = str(demo_id("accept", task["id"], version))
        await client.send(Step(midwife, f"{path}/accept", {"base_version": version}, key))
    if complete and task["status"] in ("requested", "accepted"):
        await client.send(Step(midwife, f"{path}/complete", ATTENDED, str(demo_id("complete", task["id"]))))
