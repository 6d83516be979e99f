"""TB symptom screening against an oracle that tries every completion of the open answers."""

from collections.abc import Iterator, Sequence
from itertools import product

import pytest

from ilp_screening.rules.contents import Packs
from ilp_screening.rules.engine import evaluate
from ilp_screening.rules.models import NotEvaluated, Result, Subject
from tests.unit.screening.conftest import Evaluate
from tests.unit.screening.judging import form_of, judged_alone, pack_of

CHILD = ("cough_ge_2w", "fever_gt_2w", "weight_loss_or_no_gain_2mo", "listless", "close_contact_tb", "cough", "fever")
WITH_COUGH = (
    "weight_loss_or_appetite",
    "fever",
    "malaise",
    "night_sweats",
    "dyspnoea_without_chest_pain",
    "lymph_nodes",
)
ADULT = ("cough_ge_2w", "cough", *WITH_COUGH, "close_contact_tb")
Answer = bool | None


def completions(items: Sequence[str], answers: Sequence[Answer]) -> Iterator[dict[str, bool]]:
    """Yield every way to fill the open answers in which a long symptom is also a symptom."""
    for filled in product(*[(True, False) if answer is None else (answer,) for answer in answers]):
        case = dict(zip(items, filled, strict=True))
        if case["cough_ge_2w"] and not case["cough"]:
            continue
        if case.get("fever_gt_2w") and not case["fever"]:
            continue
        yield case


def child_outcome(case: dict[str, bool]) -> str:
    if any(case[item] for item in CHILD[:4]):
        return "suspect"
    return "close_contact" if case["close_contact_tb"] else "not_suspect"


def adult_outcome(case: dict[str, bool]) -> str:
    if case["cough_ge_2w"] or (case["cough"] and any(case[item] for item in WITH_COUGH)):
        return "suspect"
    return "close_contact" if case["close_contact_tb"] else "not_suspect"


def judged(packs: Packs, years: int, items: Sequence[str], answers: Sequence[Answer]) -> Result | NotEvaluated:
    given = {item: answer for item, answer in zip(items, answers, strict=True) if answer is not None}
    return judged_alone(pack_of(packs, "tb"), years, given)


@pytest.mark.parametrize(("items", "years"), [(CHILD, 4), (ADULT, 40)])
def test_truth_table(packs: Packs, items: tuple[str, ...], years: int) -> None:
    oracle = child_outcome if years < 18 else adult_outcome
    decided = 0
    for answers in product((True, False, None), repeat=len(items)):
        possible = {oracle(case) for case in completions(items, answers)}
        if not possible:  # a long cough without a cough: contradictory answers are taken on the safe side
            continue
        outcome = judged(packs, years, items, answers)
        if len(possible) == 1:
            decided += 1
            assert isinstance(outcome, Result)
            assert {outcome.category} == possible
        else:
            assert isinstance(outcome, NotEvaluated)
            assert outcome.missing
            assert all(answers[items.index(code)] is None for code in outcome.missing)
    assert decided > 500


@pytest.mark.parametrize(("items", "years"), [(CHILD, 4), (ADULT, 40)])
def test_answering_no_to_what_is_missing_decides(packs: Packs, items: tuple[str, ...], years: int) -> None:
    for answers in product((True, False, None), repeat=len(items)):
        outcome = judged(packs, years, items, answers)
        if isinstance(outcome, NotEvaluated):
            filled = [False if item in outcome.missing else answer for item, answer in zip(items, answers, strict=True)]
            assert isinstance(judged(packs, years, items, filled), Result)


@pytest.mark.parametrize(("months", "first_missing"), [(12 * 18 - 0.1, "fever_gt_2w"), (12 * 18, "cough")])
def test_the_adult_rule_starts_at_eighteen_years(packs: Packs, months: float, first_missing: str) -> None:
    subject = Subject(sex="female", age_months=months)
    evaluation = evaluate(packs, subject, None, {"cough_ge_2w": False})
    open_item = next(n for n in evaluation.not_evaluated if n.code == "tb_symptoms")
    assert open_item.missing[0] == first_missing


def test_reasons_name_the_symptoms(judge: Evaluate) -> None:
    evaluation = judge({"cough": True, "night_sweats": True, "fever": False}, sex="male", age_months=480)
    result = evaluation.results[0]
    assert [reason.code for reason in result.reasons] == ["cough", "night_sweats"]
    assert result.reasons[1].text.id == "Berkeringat malam tanpa kegiatan: ya"


def test_the_policy_is_that_of_the_rule_and_the_verdicts_own_goes_before_it(packs: Packs) -> None:
    child, adult = judged(packs, 4, CHILD, [True] * 7), judged(packs, 40, ADULT, [True] * 9)
    assert isinstance(child, Result)
    assert isinstance(adult, Result)
    assert (child.policy.source, child.policy.verified) == (form_of(packs, "tb").source, True)
    assert (adult.policy.source, adult.policy.verified) == (form_of(packs, "tb").rules[1].source, False)

    rule = form_of(packs, "tb").rules[0]
    own = rule.outcomes[0].model_copy(update={"source": "another source", "verified": False})
    changed = rule.model_copy(update={"outcomes": (own, *rule.outcomes[1:])})
    form = form_of(packs, "tb").model_copy(update={"rules": (changed,)})
    outcome = judged_alone(pack_of(packs, "tb"), 4, {"listless": True}, form)
    assert isinstance(outcome, Result)
    assert (outcome.policy.source, outcome.policy.verified) == ("another source", False)
