"""The outcome "measure again": values that are implausible at this age or together, and answers that contradict.

Such input is accepted and kept, but no category follows from it and no person is referred because of it.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from ilp_screening.rules.answers import Answer
from ilp_screening.rules.bands import comma, number, policy_of
from ilp_screening.rules.case import Case
from ilp_screening.rules.forms import Observation
from ilp_screening.rules.models import IMPLAUSIBLE, Reason, Result
from ilp_screening.rules.packs import PackHeader, Plausible, Repeat
from ilp_screening.rules.quantities import quantities
from ilp_shared.text import Text


class Odd(NamedTuple):
    """What cannot be right: the observations concerned, and why."""

    codes: tuple[str, ...]
    reason: Reason


def odd_ones(repeat: Repeat, catalog: Mapping[str, Observation], case: Case) -> list[Odd]:
    """Return what is implausible or contradicts itself; a pair says nothing where one value alone explains it."""
    odd = [*_implausible(repeat, case, alone=True)]
    known = {code for each in odd for code in each.codes}
    odd.extend(each for each in _implausible(repeat, case, alone=False) if known.isdisjoint(each.codes))
    odd.extend(_contradictions(repeat, catalog, case))
    return odd


def again(pack: PackHeader, answer: Answer, odd: Sequence[Odd]) -> Answer:
    """Return the answer, or "measure again" where its question reads something odd."""
    concerned = [each for each in odd if not answer.asked.reads.isdisjoint(each.codes)]
    repeat = pack.repeat
    if not concerned or repeat is None:
        return answer
    codes = dict.fromkeys(code for each in concerned for code in each.codes)
    result = Result(
        code=answer.asked.code,
        label=repeat.label,
        flag=IMPLAUSIBLE,
        reasons=tuple(each.reason for each in concerned),
        actions=repeat.actions,
        inputs=tuple(codes),
        policy=policy_of(pack, repeat.source, repeat.verified),
    )
    return Answer(answer.asked, result)


def _implausible(repeat: Repeat, case: Case, *, alone: bool) -> Iterator[Odd]:
    for check in repeat.plausible:
        derived = repeat.by_code.get(check.quantity)
        if (derived is None) is not alone or not check.applies.to(case):
            continue
        codes = (check.quantity,) if derived is None else derived.reads
        values = quantities(case.values, codes)
        if values is None:
            continue
        value = values[check.quantity] if derived is None else derived.of(values)
        if not check.range.contains(value):
            yield Odd(codes, _outside(check, value))


def _contradictions(repeat: Repeat, catalog: Mapping[str, Observation], case: Case) -> Iterator[Odd]:
    for general, implied in repeat.contradictions.items():
        for code in implied:
            if case.values.get(general) is False and case.values.get(code) is True:
                no, yes = catalog[general].label, catalog[code].label
                text = Text(
                    f"{no.id}: tidak, tetapi {yes.id}: ya; tanyakan lagi", f"{no.en}: no, but {yes.en}: yes; ask again"
                )
                yield Odd((general, code), Reason(code="contradiction", text=text))


def _outside(check: Plausible, value: float) -> Reason:
    low, high = check.range.ge, check.range.le
    limits = f"{number(low)}–{number(high)}" if low is not None and high is not None else number(low or high or 0)
    amount = number(float(f"{value:.1f}"))
    text = Text(
        comma(f"{check.label.id} {amount} {check.unit} di luar rentang wajar ({limits}): ukur ulang"),
        f"{check.label.en} {amount} {check.unit} outside the plausible range ({limits}): measure again",
    )
    return Reason(code=IMPLAUSIBLE, text=text)
