"""What a screening leaves unanswered: the reason why it cannot be called fine, however good its results are. Pure.

Unfinished is a question that was begun and lacks inputs, or that asks for an action. Unjudged is what was observed and
answered by no class: a value, a complaint, a question whose table ends before the measure, a z-score beyond the usual
range where no sourced limits exist. What was not observed at all is neither.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from ilp_screening.rules.answers import Answer, Asked
from ilp_screening.rules.case import Value
from ilp_screening.rules.contents import Packs
from ilp_screening.rules.forms import Bounds, ResultClass
from ilp_screening.rules.models import IMPLAUSIBLE, NotEvaluated, Result
from ilp_shared.text import Text

_FINE: Final[ResultClass] = "normal_no_risk"


@dataclass(frozen=True, slots=True)
class Unanswered:
    """Names of what is left, in the order of the questions."""

    unfinished: tuple[Text, ...]
    unjudged: tuple[Text, ...]


def unanswered(packs: Packs, answers: Sequence[Answer], values: Mapping[str, Value]) -> Unanswered:
    """Return what the answers leave of checked observations."""
    open_ones = [(each.outcome, each.asked) for each in answers if isinstance(each.outcome, NotEvaluated)]
    judged = [(each.outcome, each.asked) for each in answers if isinstance(each.outcome, Result)]
    unfinished = [asked for outcome, asked in open_ones if _is_unfinished(outcome, asked, values)]
    unjudged = [asked for outcome, asked in open_ones if outcome.reason == "outside_table"]
    usual = packs.summary.usual_z
    unjudged += [asked for result, asked in judged if _is_unusual(result, usual)]
    # A measure is answered by any class; a complaint only by a finding, for "no suspicion" does not make it fine.
    open_codes = _reads((*unfinished, *unjudged))
    measure_codes = open_codes | _reads(asked for result, asked in judged if result.result_class or result.flag)
    finding_codes = open_codes | _reads(asked for result, asked in judged if _is_a_finding(result))
    catalog = packs.catalog.observations
    codes = (code for code, value in values.items() if is_finding(packs, code, value))
    rest = [code for code in codes if code not in (finding_codes if catalog[code].type == "boolean" else measure_codes)]
    incomplete = _reads(asked for outcome, asked in open_ones if outcome.reason == "missing_input")
    return Unanswered(
        unfinished=(*(one.label for one in unfinished), *(catalog[code].label for code in rest if code in incomplete)),
        unjudged=(*(one.label for one in unjudged), *(catalog[code].label for code in rest if code not in incomplete)),
    )


def is_finding(packs: Packs, code: str, value: Value) -> bool:
    """Tell whether an observation must be judged: a measure, or a complaint that was answered with yes."""
    return value is True or packs.catalog.observations[code].type == "quantity"


def _is_unfinished(open_question: NotEvaluated, asked: Asked, values: Mapping[str, Value]) -> bool:
    begun = asked.by_parts and not asked.reads.isdisjoint(values)
    return open_question.reason == "missing_input" and (begun or bool(open_question.actions))


def _is_unusual(result: Result, usual: Bounds) -> bool:
    unclassed = result.result_class is None and result.flag is None
    return unclassed and result.z is not None and not usual.contains(result.z)


def _is_a_finding(result: Result) -> bool:
    """Tell whether a result answers a complaint; one that is to be asked again is answered by that."""
    return result.result_class not in (None, _FINE) or result.flag == IMPLAUSIBLE


def _reads(questions: Iterable[Asked]) -> set[str]:
    return {code for asked in questions for code in asked.reads}
