"""The evaluation of one subject on one day: every pack in force over the same checked observations.

Pure: the same packs and input always give the same answer.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from ilp_screening.rules.again import Odd, again, odd_ones
from ilp_screening.rules.answers import Answer
from ilp_screening.rules.case import NO_CONTEXT, Case, Context, Earlier
from ilp_screening.rules.contents import Library, Packs
from ilp_screening.rules.errors import InputProblem, InvalidInputError
from ilp_screening.rules.models import Due, Evaluation, Judgement, NotEvaluated, Result, Subject
from ilp_screening.rules.not_evaluated import no_table_at_age
from ilp_screening.rules.observations import checked
from ilp_screening.rules.subject import age_of
from ilp_screening.rules.summary import summary_of, warnings_of
from ilp_screening.rules.unanswered import is_finding, unanswered
from ilp_shared.text import Text

CLOCK_TOLERANCE: Final = timedelta(minutes=10)
"""Devices' clocks may be ahead by as much."""
_FUTURE: Final = Text("Waktu skrining ada di masa depan.", "The time of the screening lies in the future.")
_TOO_OLD: Final = Text(
    "Skrining lebih dari {days} hari yang lalu tidak dapat dicatat lagi; catatan yang sudah ada masih dapat diperbaiki"
    " atau dibatalkan. Periksa tahunnya.",
    "A screening more than {days} days ago can no longer be entered; a record that exists can still be corrected or"
    " voided. Check the year.",
)
_UNBORN: Final = Text("Waktu skrining mendahului tanggal lahir.", "The time of the screening is before the birth date.")


def evaluate(
    packs: Packs,
    subject: Subject,
    occurred_on: date | None,
    observations: Mapping[str, object],
    context: Context = NO_CONTEXT,
    earlier: Sequence[Earlier] = (),
) -> Evaluation:
    """Return results with reasons for observations (catalog codes and units); raises InvalidInputError."""
    catalog = packs.catalog
    age = age_of(subject, occurred_on, catalog.ages, catalog.days_per_month)
    values, problems = checked(catalog.observations, observations)
    if isinstance(age, InputProblem):
        raise InvalidInputError([age, *problems])
    if problems:
        raise InvalidInputError(problems)
    case = Case(subject.sex, age, occurred_on, values, context, tuple(earlier))
    answers, odd = _answers(packs, case)
    outcomes = [answer.outcome for answer in answers]
    results = [outcome for outcome in outcomes if isinstance(outcome, Result)]
    read = {code for answer in answers for code in answer.asked.reads}
    open_questions = [outcome for outcome in outcomes if isinstance(outcome, NotEvaluated)]
    unread = (code for code, value in values.items() if code not in read and is_finding(packs, code, value))
    open_questions.extend(no_table_at_age(code) for code in unread)
    left = unanswered(packs, answers, values)
    return Evaluation(
        results=tuple(results),
        not_evaluated=tuple(open_questions),
        summary=summary_of(packs.summary, results, left),
        warnings=warnings_of(catalog.observations, results, open_questions, odd),
        schedule=tuple(outcome for outcome in outcomes if isinstance(outcome, Due)),
    )


def _answers(packs: Packs, case: Case) -> tuple[list[Answer], list[Odd]]:
    """Return the answers of all packs, "measure again" where something cannot be right, and what that is."""
    answers: list[Answer] = []
    oddities: list[Odd] = []
    for pack in packs.all:
        own = pack.judge(case)
        odd = odd_ones(pack.form.repeat, pack.material.observations, case) if own and pack.form.repeat else []
        answers.extend(again(pack.form, answer, odd) for answer in own)
        oddities.extend(each for each in odd if each not in oddities)
    return answers, oddities


@dataclass(frozen=True, slots=True)
class Setting:
    """Where and when a screening took place: zone and area of the facility, and the instant."""

    timezone: str
    area: str
    occurred_at: datetime
    context: Context = NO_CONTEXT
    earlier: Sequence[Earlier] = ()


def evaluate_at(
    library: Library,
    subject: Subject,
    setting: Setting,
    observations: Mapping[str, object],
    now: datetime,
    oldest: timedelta | None,
) -> Judgement:
    """Judge a person with a birth date at a facility, by the packs in force there on the local day.

    Raises InvalidInputError for instants ahead of `now`, longer ago than `oldest` (None: no limit) or before birth, and
    for impossible values.
    """
    if setting.occurred_at > now + CLOCK_TOLERANCE:
        raise InvalidInputError([InputProblem("/occurred_at", "in_the_future", _FUTURE)])
    if oldest is not None and setting.occurred_at < now - oldest:
        raise InvalidInputError([InputProblem("/occurred_at", "too_long_ago", _TOO_OLD.format(days=oldest.days))])
    day = setting.occurred_at.astimezone(ZoneInfo(setting.timezone)).date()
    if subject.birth_date is not None and day < subject.birth_date:
        raise InvalidInputError([InputProblem("/occurred_at", "before_birth", _UNBORN)])
    packs = library.in_force(day, setting.area)
    evaluation = evaluate(packs, subject, day, observations, setting.context, setting.earlier)
    decided = dict.fromkeys(f"{result.policy.pack}/{result.policy.version}" for result in evaluation.results)
    return Judgement(day, evaluation, "+".join(decided) or None)
