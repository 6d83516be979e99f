"""What a screening leaves unanswered: the reason why it cannot be called fine, however good its results are. Pure.

Unfinished is a question that was begun and lacks inputs, or that asks for an action. Unjudged is what was observed and
answered by no class: a value, a complaint, a question whose table ends before the measure, a z-score beyond the usual
range where no sourced limits exist. What was not observed at all is neither.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from ilp_screening.rules.contents import Packs
from ilp_screening.rules.forms import Bounds, ResultClass
from ilp_screening.rules.models import NotEvaluated, Result
from ilp_screening.rules.observations import Value
from ilp_screening.rules.tb import RESULT_CODE, items_of
from ilp_shared.text import Text

_FINE: Final[ResultClass] = "normal_no_risk"


@dataclass(frozen=True, slots=True)
class Unanswered:
    """Names of what is left, in the order of the questions."""

    unfinished: tuple[Text, ...]
    unjudged: tuple[Text, ...]


@dataclass(frozen=True, slots=True)
class Question:
    """A question of the packs: its name and the observation codes that it reads."""

    label: Text
    inputs: frozenset[str]
    by_parts: bool = False
    """Whether each of its inputs is useless without the others, so that one input begins it."""


def unanswered(
    packs: Packs,
    years: int,
    values: Mapping[str, Value],
    results: Sequence[Result],
    open_questions: Sequence[NotEvaluated],
) -> Unanswered:
    """Return what is left of checked observations at an age in completed years."""
    questions = _questions(packs, years)
    open_ones = [(each, questions[each.code]) for each in open_questions if each.code in questions]
    unfinished = [question for each, question in open_ones if _is_unfinished(each, question, values)]
    unjudged = [question for each, question in open_ones if each.reason == "outside_table"]
    usual = packs.summary.usual_z
    unjudged += [questions[result.code] for result in results if _is_unusual(result, usual)]
    # A measure is answered by any class; a complaint only by a finding, for "no suspicion" does not make it fine.
    open_codes = {code for question in (*unfinished, *unjudged) for code in question.inputs}
    measure_codes = open_codes | _inputs(questions, [each for each in results if each.result_class or each.flag])
    finding_codes = open_codes | _inputs(
        questions, [each for each in results if each.result_class not in (None, _FINE)]
    )
    catalog = packs.catalog.observations
    codes = (code for code, value in values.items() if is_finding(packs, code, value))
    rest = [code for code in codes if code not in (finding_codes if catalog[code].type == "boolean" else measure_codes)]
    incomplete = {code for each, one in open_ones if each.reason == "missing_input" for code in one.inputs}
    return Unanswered(
        unfinished=(*(one.label for one in unfinished), *(catalog[code].label for code in rest if code in incomplete)),
        unjudged=(*(one.label for one in unjudged), *(catalog[code].label for code in rest if code not in incomplete)),
    )


def is_finding(packs: Packs, code: str, value: Value) -> bool:
    """Tell whether an observation must be judged: a measure, or a complaint that was answered with yes."""
    return value is True or packs.catalog.observations[code].type == "quantity"


@lru_cache(maxsize=256)
def _questions(packs: Packs, years: int) -> Mapping[str, Question]:
    questions = {
        indicator.code: Question(indicator.label, indicator.reads) for indicator in packs.growth.pack.indicators
    }
    pressure, tb = packs.blood_pressure, packs.tb
    questions[pressure.code] = Question(pressure.label, frozenset(pressure.symbols), by_parts=True)
    questions[RESULT_CODE] = Question(tb.label, items_of(tb, years), by_parts=True)
    return questions


def _is_unfinished(open_question: NotEvaluated, question: Question, values: Mapping[str, Value]) -> bool:
    begun = question.by_parts and not question.inputs.isdisjoint(values)
    return open_question.reason == "missing_input" and (begun or bool(open_question.actions))


def _is_unusual(result: Result, usual: Bounds) -> bool:
    unclassed = result.result_class is None and result.flag is None
    return unclassed and result.z is not None and not usual.contains(result.z)


def _inputs(questions: Mapping[str, Question], results: Sequence[Result]) -> set[str]:
    return {code for result in results for code in questions[result.code].inputs}
