"""Judges TB symptoms: suspect, close contact or not suspect; an unanswered item is never taken as "no".

Source: the TB pack (KMK HK.01.07/MENKES/2015/2023). The rule decides as soon as the answers suffice whatever
the open ones would be; else it names the items that could still change the outcome.
"""

from collections.abc import Mapping

from ilp_screening.rules.bands import policy_of
from ilp_screening.rules.forms import Observation, Verdict
from ilp_screening.rules.models import NotEvaluated, Reason, Result
from ilp_screening.rules.not_evaluated import missing_input
from ilp_screening.rules.observations import Value
from ilp_screening.rules.pack_forms import Alternative, TbPack, TbRule
from ilp_shared.text import Text

RESULT_CODE = "tb_symptoms"
Answers = Mapping[str, bool | None]
_NO_SYMPTOM = Reason(
    code="no_symptom",
    text=Text("tidak memenuhi aturan terduga, bukan kontak erat", "suspect rule not met, no close contact"),
)


def evaluate_tb(
    pack: TbPack, catalog: Mapping[str, Observation], years: int, observations: Mapping[str, Value]
) -> Result | NotEvaluated | None:
    """Return the result of the symptom rule for an age in completed years; None when no rule fits the age."""
    rule = _rule_for(pack, years)
    if rule is None:
        return None
    answers = _answers(pack, rule, observations)
    suspect = [_holds(way, answers) for way in rule.suspect_if]
    if True in suspect:
        return _result(pack, rule, rule.outcomes.suspect, _positive(rule, suspect, answers, catalog))
    contact = answers[rule.contact]
    if None in suspect:
        missing = [
            code
            for way, held in zip(rule.suspect_if, suspect, strict=True)
            if held is None
            for code in _open(way, answers)
        ]
        asked = [*missing, rule.contact] if contact is None else missing
        return missing_input(RESULT_CODE, tuple(dict.fromkeys(asked)))
    if contact is None:
        return missing_input(RESULT_CODE, (rule.contact,))
    if contact:
        return _result(pack, rule, rule.outcomes.close_contact, (_yes(rule.contact, catalog),))
    return _result(pack, rule, rule.outcomes.not_suspect, (_NO_SYMPTOM,))


def items_of(pack: TbPack, years: int) -> frozenset[str]:
    """Return the observation codes that the rule for an age in completed years reads, general questions included."""
    rule = _rule_for(pack, years)
    if rule is None:
        return frozenset()
    items = _items(rule)
    return frozenset((*items, *(key for key, implied in pack.no_implies_no.items() if not items.isdisjoint(implied))))


def _rule_for(pack: TbPack, years: int) -> TbRule | None:
    return next((rule for rule in pack.rules if rule.years.contains(years)), None)


def _items(rule: TbRule) -> frozenset[str]:
    return frozenset((*(code for way in rule.suspect_if for code in (*way.all_of, *way.any_of)), rule.contact))


def _answers(pack: TbPack, rule: TbRule, observations: Mapping[str, Value]) -> dict[str, bool | None]:
    answers: dict[str, bool | None] = {}
    for code in _items(rule):
        value = observations.get(code)
        answers[code] = value if isinstance(value, bool) else None
    for general, implied in pack.no_implies_no.items():
        if observations.get(general) is False:
            answers.update({code: False for code in implied if code in answers and answers[code] is None})
    return answers


def _holds(way: Alternative, answers: Answers) -> bool | None:
    """Decide by three values: True or False when decided whatever the open items would be, None otherwise."""
    parts = [answers[code] for code in way.all_of]
    if way.any_of:
        some = [answers[code] for code in way.any_of]
        parts.append(True if True in some else None if None in some else False)
    return False if False in parts else None if None in parts else True


def _open(way: Alternative, answers: Answers) -> list[str]:
    items = list(way.all_of)
    if not any(answers[code] for code in way.any_of):
        items.extend(way.any_of)
    return [code for code in items if answers[code] is None]


def _positive(
    rule: TbRule, suspect: list[bool | None], answers: Answers, catalog: Mapping[str, Observation]
) -> tuple[Reason, ...]:
    met = (way for way, held in zip(rule.suspect_if, suspect, strict=True) if held)
    codes = dict.fromkeys(code for way in met for code in (*way.all_of, *way.any_of) if answers[code])
    return tuple(_yes(code, catalog) for code in codes)


def _yes(code: str, catalog: Mapping[str, Observation]) -> Reason:
    label = catalog[code].label
    return Reason(code=code, text=Text(f"{label.id}: ya", f"{label.en}: yes"))


def _result(pack: TbPack, rule: TbRule, verdict: Verdict, reasons: tuple[Reason, ...]) -> Result:
    verified = pack.verified if rule.verified is None else rule.verified
    return Result(
        code=RESULT_CODE,
        category=verdict.code,
        label=verdict.label,
        result_class=verdict.result_class,
        reasons=reasons,
        actions=verdict.actions,
        policy=policy_of(pack, rule.source or pack.source, verified, verdict),
    )
