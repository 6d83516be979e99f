"""The words that people read, to the letter: `words.yaml` holds cases and their text in both languages."""

from collections.abc import Mapping
from dataclasses import asdict
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml

from ilp_screening.rules.errors import InvalidInputError
from ilp_screening.rules.models import Evaluation, NotEvaluated, Result
from tests.unit.screening.conftest import Evaluate

WORDS = yaml.safe_load(Path(__file__).with_name("words.yaml").read_text(encoding="utf-8"))
Case = Mapping[str, Any]


def answer(judge: Evaluate, case: Case) -> Evaluation:
    on = case.get("occurred_on")
    return judge(case.get("observations", {}), on and date.fromisoformat(on), **case["subject"])


def text_of(item: Result | NotEvaluated) -> dict[str, Any]:
    """Return what a reader sees of one question, in the form of the file."""
    if isinstance(item, NotEvaluated):
        actions = {"actions": [action.code for action in item.actions]} if item.actions else {}
        return {"code": item.code, item.reason: list(item.missing), **actions, "text": asdict(item.text)}
    text: dict[str, Any] = {"code": item.code}
    if item.label is not None:
        text["label"] = asdict(item.label)
    if item.actions:
        text["actions"] = [action.code for action in item.actions]
    return text | {"reasons": [{"code": reason.code, "text": asdict(reason.text)} for reason in item.reasons]}


@pytest.mark.parametrize("case", WORDS["judged"], ids=lambda case: case["case"])
def test_what_is_said_of_a_screening(judge: Evaluate, case: Case) -> None:
    evaluation = answer(judge, case)
    asked = {item["code"] for item in case["said"]}
    items: list[Result | NotEvaluated] = [*evaluation.results, *evaluation.not_evaluated]
    said = [text_of(item) for item in items if item.code in asked]
    assert said == case["said"]


@pytest.mark.parametrize("case", WORDS["refused"], ids=lambda case: case["problems"][0]["pointer"])
def test_what_is_said_of_input_that_cannot_be_judged(judge: Evaluate, case: Case) -> None:
    with pytest.raises(InvalidInputError) as refusal:
        answer(judge, case)
    problems = [asdict(problem) for problem in refusal.value.problems]
    assert problems == case["problems"]
    assert str(refusal.value) == "; ".join(f"{problem['pointer']}: {problem['code']}" for problem in problems)
