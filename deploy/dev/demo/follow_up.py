"""What midwives do with the tasks that the morning's findings open: accept them, and finish some.

A person's tasks appear when cluster-services has consumed the screening; all tasks of one screening appear
together, so the outcome does not depend on timing. Used by simulate.py after the uploads.
"""

from __future__ import annotations

from deploy.dev.demo.client import PATIENCE_S, Client, Json, Patience
from deploy.dev.demo.morning import FollowUp
from deploy.dev.demo.seeded import demo_id
from deploy.dev.demo.steps import Sender, Step

TASKS = "/cluster-services/v1/tasks"
ATTENDED = {"outcome": "attended"}


async def follow_up(client: Client, plan: FollowUp) -> None:
    """Waits for the person's tasks and moves them on; UnreachableError when none appear."""
    midwife = Sender("midwife", plan.village)
    patience = Patience(str(plan.screening), PATIENCE_S)
    while not (tasks := await _tasks_of(client, midwife, plan)):
        await patience.wait()
    for task in tasks:
        await _move(client, midwife, task, complete=plan.complete)


async def _tasks_of(client: Client, midwife: Sender, plan: FollowUp) -> list[Json]:
    found = [row async for row in client.items(TASKS, midwife, person=str(plan.person))]
    return [row for row in found if row["screening_id"] == str(plan.screening)]


async def _move(client: Client, midwife: Sender, task: Json, *, complete: bool) -> None:
    path = f"{TASKS}/{task['id']}"
    if task["status"] == "requested":
        await client.send(Step(midwife, f"{path}/accept", {}, str(demo_id("accept", task["id"]))))
    if complete and task["status"] in ("requested", "accepted"):
        await client.send(Step(midwife, f"{path}/complete", ATTENDED, str(demo_id("complete", task["id"]))))
