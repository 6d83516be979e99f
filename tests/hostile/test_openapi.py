"""What the four OpenAPI documents promise, by Schemathesis: no 5xx, only documented answers, problems with a place.

Cases are drawn from the documents, sound and unsound, the same in every run; ids of the document's paths are those of
real objects every other time. The services run in this process behind real servers, the cases in a thread of their own.
"""

import asyncio
from collections import Counter
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.config import SchemathesisConfig
from schemathesis.core.result import Ok
from schemathesis.core.transport import Response
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    negative_data_rejection,
    response_schema_conformance,
    status_code_conformance,
)

from tests.access.objects import OPENERS
from tests.hostile.conftest import Target
from tests.support.waiting import PATIENCE_S

EXAMPLES, ALL_EXAMPLES = 8, 25
"""Of each kind for each operation, in `make test` and in `make test-all`."""
WITHOUT_TOKENS = SchemathesisConfig.from_dict({"generation": {"with-security-parameters": False}})
"""Tokens are of test_tokens.py."""
CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]


def problem_names_its_place(_context: object, response: Response, _case: Any) -> None:
    """Fail unless a refusal is a problem, and one of the input says where."""
    if response.status_code < 400:
        return
    problem = response.json()
    assert response.headers["content-type"] == ["application/problem+json"], response.status_code
    assert problem["status"] == response.status_code
    assert problem["type"].startswith("urn:ilp:problem:")
    if response.status_code == 422 and not problem["type"].endswith("key-reused"):
        assert problem["errors"], problem
        assert all(error["pointer"] == "" or error["pointer"].startswith("/") for error in problem["errors"])
        assert all(error["message"]["id"] and error["message"]["en"] for error in problem["errors"])


def try_operation(
    target: Target, operation: Any, mode: GenerationMode, known: dict[str, str], examples: int
) -> Counter[int]:
    """Send drawn cases to one operation; returns how often each status was answered."""
    role = target.role_for(operation.method, operation.path)
    checks: list[Any] = [*CHECKS, problem_names_its_place]
    if mode is GenerationMode.NEGATIVE and not operation.path.endswith(":batch"):  # there, items are refused one by one
        checks.append(negative_data_rejection)
    answered: Counter[int] = Counter()

    @settings(max_examples=examples, phases=[Phase.generate], suppress_health_check=list(HealthCheck), database=None)
    @given(case=operation.as_strategy(generation_mode=mode, path_parameters=known or None))
    def send(case: Any) -> None:
        answer = case.call_and_validate(
            base_url=target.url, headers=target.authorization(role), checks=checks, timeout=PATIENCE_S
        )
        answered[answer.status_code] += 1

    send()
    return answered


def try_service(target: Target, examples: int) -> tuple[Counter[int], list[Exception]]:
    """Send cases to every operation of a service; returns how often each status was answered, and what was wrong."""
    answered: Counter[int] = Counter()
    wrong = []
    document = schemathesis.openapi.from_dict(target.reach.app.openapi(), config=WITHOUT_TOKENS)
    for result in document.get_all_operations():
        assert isinstance(result, Ok), result
        operation = result.ok()
        if operation.path.endswith("/stream"):
            continue  # never ends: test_streams.py
        real = {name: value for name, value in target.reach.ids.items() if f"{{{name}}}" in operation.path}
        tries = [(GenerationMode.POSITIVE, real)]
        if operation.body or operation.query or operation.path_parameters or operation.headers:
            tries.append((GenerationMode.NEGATIVE, {}))
        for mode, known in tries:
            try:
                answered += try_operation(target, operation, mode, known, examples)
            except Exception as error:
                error.add_note(f"{target.name} {operation.method} {operation.path} {mode.value}")
                wrong.append(error)
    return answered, wrong


@pytest.mark.parametrize("name", OPENERS)
async def test_every_answer_is_one_the_document_promises(targets: dict[str, Target], name: str, thorough: bool) -> None:
    examples = ALL_EXAMPLES if thorough else EXAMPLES
    answered, wrong = await asyncio.to_thread(try_service, targets[name], examples)
    if wrong:
        raise ExceptionGroup(f"{len(wrong)} operations of {name}", wrong)
    assert answered[200] >= examples
    assert answered[422] >= 2 * examples
