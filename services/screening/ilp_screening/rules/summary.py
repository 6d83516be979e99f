"""What a screening comes to for the family, and what the kader should look at again. Pure.

The texts of summaries are data (`packs/summary.yaml`); no summary is a diagnosis.
"""

from collections.abc import Mapping, Sequence
from typing import Final

from ilp_screening.rules.again import Odd
from ilp_screening.rules.forms import Observation, SummaryPolicy
from ilp_screening.rules.models import IMPLAUSIBLE, NotEvaluated, Result, Summary
from ilp_screening.rules.unanswered import Unanswered
from ilp_shared.problems import FieldWarning
from ilp_shared.text import Text

_IMPLAUSIBLE: Final = Text(
    "Nilai ini tidak wajar untuk umur ini; ukur ulang.", "This value is implausible at this age; measure again."
)


def summary_of(policy: SummaryPolicy, results: Sequence[Result], left: Unanswered) -> Summary:
    """Return colour and sentence of the first rule that fits; the last rule fits when none does.

    The rules that fit after it add their short sentence, where they have one: nothing is kept back.
    """
    labels: dict[str, Sequence[Text]] = {"unfinished": left.unfinished, "unjudged": left.unjudged}
    for result in results:
        kind = result.flag if result.flag == IMPLAUSIBLE else result.result_class
        if kind is not None and result.label is not None:
            labels[kind] = (*labels.get(kind, ()), result.label)
    fitting = [rule for rule in policy.rules if labels.get(rule.kind)] or [policy.rules[-1]]
    texts = [(fitting[0].sentence, fitting[0]), *((rule.also, rule) for rule in fitting[1:] if rule.also is not None)]
    sentences = [filled(text, labels.get(rule.kind, ())) for text, rule in texts]
    sentence = Text(" ".join(text.id for text in sentences), " ".join(text.en for text in sentences))
    return Summary(colour=fitting[0].colour, sentence=sentence)


def warnings_of(
    catalog: Mapping[str, Observation],
    results: Sequence[Result],
    not_evaluated: Sequence[NotEvaluated],
    odd: Sequence[Odd],
) -> tuple[FieldWarning, ...]:
    """Return a warning for each observation that cannot be right, or that no rule reads at this age."""
    named = {code for each in odd for code in each.codes}
    flagged = [_quantities(catalog, result) for result in results if result.flag == IMPLAUSIBLE]
    inputs = [codes for codes in flagged if named.isdisjoint(codes)]
    alone = {codes[0] for codes in inputs if len(codes) == 1}
    # Of two inputs, the one that is implausible by itself explains the result of both.
    implausible = alone.union(*(codes for codes in inputs if not alone.intersection(codes)))
    return (
        *(_warning(code, "implausible", _IMPLAUSIBLE) for code in sorted(implausible)),
        *(_warning(code, each.reason.code, each.reason.text) for each in odd for code in each.codes),
        *(_warning(each.code, "not_judged", each.text) for each in not_evaluated if each.reason == "no_table_at_age"),
    )


def _quantities(catalog: Mapping[str, Observation], result: Result) -> tuple[str, ...]:
    return tuple(code for code in result.inputs if catalog[code].type == "quantity")


def filled(text: Text, labels: Sequence[Text]) -> Text:
    """Return a sentence with its `{labels}` named, each once."""
    names = Text(_joined([label.id for label in labels]), _joined([label.en for label in labels]))
    return Text(text.id.format(labels=names.id), text.en.format(labels=names.en))


def _joined(labels: Sequence[str]) -> str:
    return ", ".join(dict.fromkeys(labels))


def _warning(code: str, kind: str, message: Text) -> FieldWarning:
    return FieldWarning(pointer=f"/observations/{code}", code=kind, message=message)
