"""What a screening comes to for the family, and what the kader should look at again. Pure.

The texts of summaries are data (`packs/summary.yaml`); no summary is a diagnosis.
"""

from collections.abc import Sequence
from typing import Final

from ilp_screening.rules.forms import SummaryRule
from ilp_screening.rules.models import NotEvaluated, Result, Summary
from ilp_screening.rules.pack_forms import GrowthPack
from ilp_shared.problems import FieldWarning
from ilp_shared.text import Text

_IMPLAUSIBLE: Final = Text(
    "Nilai ini tidak wajar untuk umur ini; ukur ulang.", "This value is implausible at this age; measure again."
)


def summary_of(rules: Sequence[SummaryRule], results: Sequence[Result]) -> Summary:
    """Return colour and sentence of the first rule that fits a result; the last rule fits when none does."""
    for rule in rules:
        labels = [result.label for result in results if result.label is not None and _fits(rule, result)]
        if labels:
            texts = Text(_joined([label.id for label in labels]), _joined([label.en for label in labels]))
            sentence = Text(rule.sentence.id.format(labels=texts.id), rule.sentence.en.format(labels=texts.en))
            return Summary(colour=rule.colour, sentence=sentence)
    return Summary(colour=rules[-1].colour, sentence=rules[-1].sentence)


def warnings_of(
    pack: GrowthPack, results: Sequence[Result], not_evaluated: Sequence[NotEvaluated]
) -> tuple[FieldWarning, ...]:
    """Return a warning for each observation that is implausible, or that no rule reads at this age."""
    flagged = {result.code for result in results if result.flag == "implausible"}
    inputs = [indicator.inputs for indicator in pack.indicators if indicator.code in flagged]
    alone = {codes[0] for codes in inputs if len(codes) == 1}
    # Of two inputs, the one that is implausible by itself explains the result of both.
    implausible = alone.union(*(codes for codes in inputs if not alone.intersection(codes)))
    return (
        *(_warning(code, "implausible", _IMPLAUSIBLE) for code in sorted(implausible)),
        *(_warning(each.code, "not_judged", each.text) for each in not_evaluated if each.reason == "no_table_at_age"),
    )


def _fits(rule: SummaryRule, result: Result) -> bool:
    return rule.kind == (result.flag if result.flag == "implausible" else result.result_class)


def _joined(labels: Sequence[str]) -> str:
    return ", ".join(dict.fromkeys(labels))


def _warning(code: str, kind: str, message: Text) -> FieldWarning:
    return FieldWarning(pointer=f"/observations/{code}", code=kind, message=message)
