"""The document of permissions, roles and routes is what the routes say."""

from dataclasses import replace

import pytest

from deploy.dev import access_table
from deploy.dev.access_table import Access, render
from ilp_shared.auth.permissions import CARE, PUBLIC, Permission, Role

TASKS = Permission("tasks:read", CARE)
PLANTED = [
    Access(TASKS, "/a", "GET /v1/tasks"),
    Access(PUBLIC, "/a", "GET /docs"),
    Access(PUBLIC, "/b", "GET /docs"),
    Access(PUBLIC, "/c", "GET /docs"),
    Access(PUBLIC, "/d", "GET /docs"),
]


def test_the_committed_document_is_that_of_the_routes() -> None:
    assert access_table.DOCUMENT.read_text(encoding="utf-8") == render(access_table.collect()), "run `make schemas`"


def test_roles_and_routes_of_a_permission_are_shown() -> None:
    lines = render(PLANTED).splitlines()
    marks = ["●" if role in CARE else "" for role in Role]
    assert f"| `tasks:read` | {' | '.join(marks)} |" in lines
    assert "| `tasks:read` | `GET /a/v1/tasks` |" in lines
    assert "| `public` | `GET /<service>/docs` |" in lines


def test_a_name_with_two_sets_of_roles_is_refused() -> None:
    other = replace(PLANTED[0], permission=Permission("tasks:read", frozenset({Role.DINAS})))
    with pytest.raises(ValueError, match="two sets of roles"):
        render([*PLANTED, other])


@pytest.mark.parametrize("call", [[], ["show"], ["check", "x"]])
def test_a_wrong_call_is_refused(call: list[str]) -> None:
    assert access_table.main(call) == 2
