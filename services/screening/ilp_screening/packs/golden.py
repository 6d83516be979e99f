"""Judges the golden cases of a pack: what a case states must come out, else the pack is damaged."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Any, Final

from ilp_screening.rules.case import Context, Earlier
from ilp_screening.rules.contents import Library, Pack
from ilp_screening.rules.engine import evaluate
from ilp_screening.rules.models import Evaluation, Result, Subject

_STATED: Final = frozenset(
    {"name", "source", "subject", "occurred_on", "observations", "context", "earlier", "results", "not_evaluated"}
    | {"colour", "schedule"}
)


def failures_of(library: Library, pack: Pack, cases: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """Yield what does not come out as the golden cases of a pack state."""
    if not cases:
        yield "no golden case"
    for case in cases:
        unknown = sorted(case.keys() - _STATED)
        wrong = [f"unknown {key}" for key in unknown] or list(_wrong(judged(library, pack, case), case))
        yield from (f"golden case {case['name']!r}: {each}" for each in wrong)


def judged(library: Library, pack: Pack, case: Mapping[str, Any]) -> Evaluation:
    """Return the evaluation of a golden case, by this version and the others that are in force with it."""
    on = case.get("occurred_on")
    day = None if on is None else date.fromisoformat(on)
    packs = library.with_version(pack, day or pack.form.effective_from)
    earlier = [
        Earlier(date.fromisoformat(each["occurred_on"]), _numbers(each["observations"]))
        for each in case.get("earlier", ())
    ]
    context = Context.model_validate(case.get("context", {}))
    return evaluate(packs, Subject.model_validate(case["subject"]), day, case["observations"], context, earlier)


def _numbers(observations: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return checked values: a whole number of YAML is a quantity too."""
    return {code: float(value) if type(value) is int else value for code, value in observations.items()}


def _wrong(evaluation: Evaluation, case: Mapping[str, Any]) -> Iterator[str]:
    results = {result.code: _stated(result) for result in evaluation.results}
    for code, expected in case.get("results", {}).items():
        actual = results.get(code, {})
        stated = {key: actual.get(key, "nothing") for key in expected}
        if stated != expected:
            yield f"{code} is {stated}, not {expected}"
    open_items = {item.code: list(item.missing) for item in evaluation.not_evaluated}
    for code, missing in case.get("not_evaluated", {}).items():
        if code in results or open_items.get(code) != missing:
            yield f"{code} is not open for {missing}"
    if case.get("colour", evaluation.summary.colour) != evaluation.summary.colour:
        yield f"the colour is {evaluation.summary.colour}"
    states = {due.code: due.status for due in evaluation.schedule}
    for code, status in case.get("schedule", {}).items():
        if states.get(code) != status:
            yield f"step {code} is {states.get(code)}, not {status}"


def _stated(result: Result) -> Mapping[str, Any]:
    actions = [action.code for action in result.actions]
    return {**result.model_dump(mode="json"), "class": result.result_class, "actions": actions}
