"""Kind `checklist`: answers decide between outcomes, tried in order; an unanswered item is never taken as "no".

A rule decides as soon as the answers suffice whatever the open ones would be; else it names the items that could still
change the outcome.
"""

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Literal

from pydantic import Field

from ilp_screening.rules.answers import Answer, Asked
from ilp_screening.rules.bands import limits_reason, number, policy_of
from ilp_screening.rules.case import Case, Value
from ilp_screening.rules.conditions import Applies, Test, Way, one_holds
from ilp_screening.rules.forms import Bounds, Observation, Symbol, Verdict
from ilp_screening.rules.material import Material
from ilp_screening.rules.models import NotEvaluated, Reason, Result
from ilp_screening.rules.not_evaluated import missing_input
from ilp_screening.rules.packs import PackHeader, Question
from ilp_shared.models import Frozen
from ilp_shared.text import Text


class Finding(Verdict):
    """Hasil yang berlaku bila salah satu cara di `if` terpenuhi; tanpa `if` berlaku bila tidak ada yang lain.

    An outcome that holds when one of the ways in `if` does; without `if` it is what is left.
    """

    ways: tuple[Way, ...] = Field(default=(), alias="if")
    """Cara-cara yang cukup / ways of which one is enough"""
    reason: Reason | None = None
    """Alasan bila tanpa `if` / reason shown where there is no `if`"""


class Rule(Frozen):
    """Aturan untuk sebagian orang; hasil dicoba berurutan.

    The rule for some people; its outcomes are tried in order.
    """

    code: str
    """Sandi aturan / stable name, for programs"""
    applies: Applies = Applies()
    """Untuk siapa / whom it is for"""
    outcomes: tuple[Finding, ...] = Field(min_length=2)
    """Hasil yang mungkin, berurutan / possible outcomes, in order"""
    verified: bool | None = None
    """Sudah diperiksa pada sumbernya / whether it was checked against its text"""
    source: str | None = None
    """Asal aturan, bila berbeda / where it comes from, if different"""

    @cached_property
    def items(self) -> tuple[str, ...]:
        """Observations that its conditions ask for, in order, each once."""
        tests = (test for outcome in self.outcomes for way in outcome.ways for test in way.tests)
        return tuple(dict.fromkeys(test.observation for test in tests))


class Checklist(PackHeader):
    """Jawaban yang menentukan; `no_implies_no`: "tidak" pada kuncinya menjawab "tidak" pada isinya.

    Answers that decide; `no_implies_no`: a "no" to the key answers "no" to the listed items.
    """

    kind: Literal["checklist"]
    """Jenis aturan / kind of rules"""
    question: Question
    """Pertanyaan yang dijawab / question that it answers"""
    no_implies_no: Mapping[str, tuple[str, ...]] = {}
    """Jawaban yang ikut "tidak" / answers that a "no" gives to others"""
    rules: tuple[Rule, ...] = Field(min_length=1)
    """Aturan; yang pertama sesuai berlaku / rules, of which the first that fits holds"""

    @property
    def reads(self) -> frozenset[str]:
        """Every observation code that it reads."""
        return frozenset((*(code for rule in self.rules for code in rule.items), *self.no_implies_no))

    @cached_property
    def asked(self) -> Mapping[str, Asked]:
        """The question at each rule, with the general questions that answer items of it; by the rule's code."""
        return {rule.code: self._asked(set(rule.items)) for rule in self.rules}

    def _asked(self, items: set[str]) -> Asked:
        general = (key for key, implied in self.no_implies_no.items() if not items.isdisjoint(implied))
        return Asked(self.question.code, self.question.label, frozenset((*items, *general)), by_parts=True)


def judge(pack: Checklist, material: Material, case: Case) -> list[Answer]:
    """Return the one answer; none where no rule is for this case."""
    rule = next((rule for rule in pack.rules if rule.applies.to(case)), None)
    return [] if rule is None else [Answer(pack.asked[rule.code], _decided(pack, rule, material, case.values))]


def _decided(pack: Checklist, rule: Rule, material: Material, given: Mapping[str, Value]) -> Result | NotEvaluated:
    values = _with_implied(pack, rule, given)
    held = [True if not outcome.ways else one_holds(outcome.ways, values) for outcome in rule.outcomes]
    first = next(index for index, truth in enumerate(held) if truth is not False)
    if held[first] is True:
        return _result(pack, rule, rule.outcomes[first], material.observations, values)
    undecided = (outcome for outcome, truth in zip(rule.outcomes, held, strict=True) if truth is None)
    ways = (way for outcome in undecided for way in outcome.ways if way.holds(values) is None)
    return missing_input(
        pack.question.code, tuple(dict.fromkeys(code for way in ways for code in way.open_codes(values)))
    )


def _with_implied(pack: Checklist, rule: Rule, given: Mapping[str, Value]) -> Mapping[str, Value]:
    """Return the answers, with the "no" that a general "no" gives to items without an answer."""
    implied = {
        code: False
        for general, codes in pack.no_implies_no.items()
        if given.get(general) is False
        for code in codes
        if code in rule.items
    }
    return {**implied, **given} if implied else given


def _result(
    pack: Checklist, rule: Rule, outcome: Finding, catalog: Mapping[str, Observation], values: Mapping[str, Value]
) -> Result:
    verified = pack.verified if rule.verified is None else rule.verified
    answered = tuple(code for code in rule.items if code in values)
    return Result(
        code=pack.question.code,
        category=outcome.code,
        label=outcome.label,
        result_class=outcome.result_class,
        reasons=tuple(_reasons(outcome, catalog, values)),
        actions=outcome.actions,
        inputs=answered,
        missing=tuple(code for code in rule.items if code not in values),
        policy=policy_of(pack, rule.source or pack.source, verified, outcome),
    )


def _reasons(outcome: Finding, catalog: Mapping[str, Observation], values: Mapping[str, Value]) -> Sequence[Reason]:
    """Return what holds of the ways that hold, each observation once; the outcome's own reason where it has none."""
    tests = [test for way in outcome.ways if way.holds(values) for test in way.tests if test.holds(values)]
    first = {test.observation: test for test in reversed(tests)}
    codes = dict.fromkeys(test.observation for test in tests)
    reasons = [_said(catalog[code], first[code], values[code]) for code in codes]
    return reasons or ([] if outcome.reason is None else [outcome.reason])


def _said(observation: Observation, test: Test, value: Value) -> Reason:
    label = observation.label
    if isinstance(value, bool):
        answer = Text("ya", "yes") if value else Text("tidak", "no")
    elif isinstance(value, str):
        answer = Text(value, value)
    else:
        return limits_reason(
            Symbol(name=label, unit=observation.unit or "1"),
            number(value),
            test.within or Bounds(),
            code=observation.code,
        )
    return Reason(code=observation.code, text=Text(f"{label.id}: {answer.id}", f"{label.en}: {answer.en}"))
