"""What the Python engine says of a case, and the lines of text in which cases and answers travel."""

import gzip
import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Any, Final, get_args

from ilp_screening.packs.loader import load_library
from ilp_screening.rules.case import Context, Earlier
from ilp_screening.rules.contents import Library, Packs
from ilp_screening.rules.engine import evaluate
from ilp_screening.rules.errors import InputProblem, InvalidInputError
from ilp_screening.rules.forms import Colour
from ilp_screening.rules.models import Due, NotEvaluated, Subject
from ilp_screening.rules.observations import checked
from tests.browser.conformance.drawing import DAY, Drawing

FOLDER: Final = Path(__file__).parent
COMMITTED: Final = FOLDER / "cases.jsonl.gz"
"""A case and the Python engine's answer in each line."""
REFUSALS: Final = (
    *("unknown_observation", "not_a_boolean", "not_a_listed_code", "not_a_number", "not_finite", "impossible_value"),
    *("not_below", "one_age_expected", "required", "before_birth"),
)
REASONS: Final = (
    *("limits", "escalation", "one_value", "z", "no_sourced_limits", "implausible", "contradiction"),
    *("posture_corrected", "posture_ignored"),
)
_WRITTEN: Final = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))


def library() -> Library:
    """Return the packs of the platform, and those made up for the kinds that none of them uses."""
    return load_library(FOLDER / "packs")


def packs() -> Packs:
    """Return those in force on the days of the cases."""
    return library().in_force(DAY)


Asked = tuple[Subject, date | None, Mapping[str, object], Context, list[Earlier]]
"""What the Python engine is asked with a case."""


def asked(packs: Packs, case: Mapping[str, Any]) -> Asked:
    """Return a case as the Python engine takes it; raises InvalidInputError for what was observed earlier."""
    on = case["occurred_on"]
    return (
        Subject.model_validate(case["subject"]),
        None if on is None else date.fromisoformat(on),
        case["observations"],
        Context.model_validate(case.get("context", {})),
        _earlier(packs, case),
    )


def answer(packs: Packs, case: Mapping[str, Any]) -> str:
    """Return the evaluation of a case as JSON, or its refusal."""
    try:
        return evaluate(packs, *asked(packs, case)).model_dump_json()
    except InvalidInputError as refusal:
        faults = [{"pointer": each.pointer, "code": each.code} for each in refusal.problems]
        return _WRITTEN.encode({"problems": sorted(faults, key=lambda fault: (fault["pointer"], fault["code"]))})


def _earlier(packs: Packs, case: Mapping[str, Any]) -> list[Earlier]:
    earlier, problems = [], []
    for index, each in enumerate(case.get("earlier", ())):
        values, faults = checked(packs.catalog.observations, each["observations"])
        earlier.append(Earlier(date.fromisoformat(each["occurred_on"]), values))
        problems += [InputProblem(f"/earlier/{index}{fault.pointer}", fault.code, fault.message) for fault in faults]
    if problems:
        raise InvalidInputError(problems)
    return earlier


def line(packs: Packs, case: Mapping[str, Any]) -> str:
    """Return a case and its answer in one line of JSON; an infinite number is written as one that is too large."""
    return f'{{"input":{_WRITTEN.encode(case).replace("Infinity", "1e999")},"output":{answer(packs, case)}}}'


def committed() -> list[str]:
    """Return the committed lines."""
    return gzip.decompress(COMMITTED.read_bytes()).decode().splitlines()


def drawn(packs: Packs, seed: int, number: int) -> Iterator[str]:
    """Yield the lines of cases by seed."""
    return (line(packs, case) for case in Drawing(packs, seed).cases(number))


def occurring(lines: Iterable[str]) -> dict[str, set[str]]:
    """Return what occurs in answers, by kind: refusals, reasons, verdicts of packs, open questions, and so on."""
    codes: defaultdict[str, set[str]] = defaultdict(set)
    for text in lines:
        output = json.loads(text)["output"]
        codes["refusals"] |= {each["code"] for each in output.get("problems", ())}
        codes["colours"] |= {output["summary"]["colour"]} if "summary" in output else set()
        codes["open"] |= {each["reason"] for each in output.get("not_evaluated", ())}
        codes["warnings"] |= {each["code"] for each in output.get("warnings", ())}
        codes["states"] |= {each["status"] for each in output.get("schedule", ())}
        for each in output.get("results", ()):
            reasons = {reason["code"] for reason in each["reasons"]}
            codes["reasons"] |= reasons
            codes["verdicts"] |= {f"{each['policy']['pack']}/{code}" for code in (each["category"], *reasons)}
    return codes


def expected(packs: Packs) -> dict[str, set[str]]:
    """Return what must occur: every verdict of every pack, and every code that the rules know."""
    forms = [pack.form.model_dump(mode="json", exclude_defaults=True) for pack in packs.all]
    stated = {each["code"] for form in forms for each in _nodes(form) if each.keys() == {"code", "text"}}
    return {
        "refusals": set(REFUSALS),
        "colours": set(get_args(Colour)),
        "open": set(get_args(NotEvaluated.model_fields["reason"].annotation)),
        "warnings": {"implausible", "contradiction", "not_judged"},
        "states": set(get_args(Due.model_fields["status"].annotation)),
        "reasons": {*REASONS, *stated},
        "verdicts": {f"{form['code']}/{each['code']}" for form in forms for each in _nodes(form) if "class" in each},
    }


def _nodes(node: object) -> Iterator[Mapping[str, Any]]:
    """Yield every object of a document."""
    if isinstance(node, dict):
        yield node
    for child in node.values() if isinstance(node, dict) else node if isinstance(node, list) else ():
        yield from _nodes(child)
