"""Mutants of what readers are given: the recount must find each, and must not be blind to any kind of number."""

from tests.mutants.mutant import Mutant

_FINDS = "tests/service/monitoring/test_recount_finds.py"
_AGREE = (f"{_FINDS}::test_projection_and_recount_agree",)
_NUMBERS = "ilp_monitoring.situations.numbers"
_TURNS = "tests/service/monitoring/test_recount_turns.py"


def _shown(name: str, safeguard: str, module: str, before: str, after: str) -> Mutant:
    """Return a mutant of a reading function."""
    return Mutant(f"shown-{name}", safeguard, module, ((before, after),), _AGREE)


def _blind(name: str, field: str, case: str) -> Mutant:
    """Return a mutant of the recount that does not compare one field."""
    return Mutant(
        f"recount-blind-{name.replace(' ', '-')}",
        f"the recount compares {name} as readers get them",
        "ilp_monitoring.recount.readers",
        (
            (
                '    else:\n        complain(Finding(f"shown_',
                f'    elif name != "{field}":\n        complain(Finding(f"shown_',
            ),
        ),
        (f"{_FINDS}::test_a_number_shown_wrongly_is_found[{case}]",),
    )


def _turn(name: str, safeguard: str, before: str, after: str, case: str) -> Mutant:
    """Return a mutant of the turns that regencies take."""
    edits = ((before, after),)
    return Mutant(f"recount-turn-{name}", safeguard, "ilp_monitoring.recount.parts", edits, (f"{_TURNS}::{case}",))


RECOUNTED = (
    _shown(
        "projected",
        "the projected denominator is that of the indicator's group",
        _NUMBERS,
        '"projected": self.projected.get((area, indicator.sasaran_group)),',
        '"projected": self.projected.get((area, POPULATION)),',
    ),
    _shown(
        "value",
        "percentages are rounded half up",
        "ilp_monitoring.rules.judgement",
        "(20_000 * numerator + denominator)",
        "(20_000 * numerator)",
    ),
    _shown(
        "state",
        "a number is whole only when every registered posyandu reported",
        "ilp_monitoring.rules.judgement",
        "max(registered, opened, 1)",
        "max(opened, 1)",
    ),
    _shown(
        "completeness",
        "completeness divides by the posyandu that opened",
        _NUMBERS,
        "expected=units.opened",
        "expected=units.registered",
    ),
    _shown(
        "year",
        "coverage of the year counts each person once",
        "ilp_monitoring.rules.contributions",
        "    for month in sorted(months):\n",
        "    for month in sorted(months, reverse=True):\n",
    ),
    _shown(
        "overdue",
        "tasks are overdue only past the day they were due",
        "ilp_monitoring.situations.repository",
        "FILTER (WHERE due_day < today.day)",
        "FILTER (WHERE due_day > today.day)",
    ),
    _shown(
        "units",
        "registered posyandu are counted apart from those that opened",
        _NUMBERS,
        "registered=self.posyandu.get(area, 0)",
        "registered=opened",
    ),
    _shown(
        "persons",
        "the persons of an area are registered by the end of the month, of every age",
        _NUMBERS,
        'f"{self.period} {POPULATION}"',
        'f"{self.period} adult"',
    ),
    _shown(
        "previous",
        "the month before is another month",
        _NUMBERS,
        "self._judge(area, self.previous, indicator, choice)",
        "self._judge(area, self.period, indicator, choice)",
    ),
    _shown(
        "comparable",
        "months are called comparable only when they are",
        _NUMBERS,
        "comparable=reason is None",
        "comparable=True",
    ),
    _shown(
        "export-completeness",
        "exported cells have the completeness of their area",
        "ilp_monitoring.exports.service",
        "expected=judged.completeness.expected",
        "expected=judged.completeness.reported",
    ),
    _shown(
        "export-denominators",
        "exported cells have every denominator",
        "ilp_monitoring.exports.service",
        "denominators=judged.denominators",
        "denominators={judged.denominator_kind: judged.denominator}",
    ),
    _shown(
        "participation",
        "a regency takes part when any of its posyandu reported",
        "ilp_monitoring.rules.participation",
        "for code, regency in own.items() if regency.reporting}",
        "for code in own}",
    ),
    _shown(
        "posyandu",
        "registered posyandu are counted, not every facility",
        "ilp_monitoring.projections.adapters.registry",
        "if state.kind == REPORTS:",
        "if state.kind:",
    ),
    _shown(
        "target-of-the-year",
        "a yearly target is that of the months so far",
        _NUMBERS,
        "month, previous = indicator.in_month(self.period), self._before(now, before)",
        "month, previous = indicator, self._before(now, before)",
    ),
    _shown(
        "facilities",
        "facilities of an area are those in it",
        "ilp_monitoring.situations.repository",
        "counts.setdefault(code or NATION, {})[kind] = n",
        "counts.setdefault(code or NATION, {})[kind] = n + 1",
    ),
    _shown(
        "awaited",
        "posyandu that opened and did not report are told apart from those that did not open",
        "ilp_monitoring.situations.service",
        "own.not_reported if row.opened else own.not_opened",
        "own.not_opened if row.opened else own.not_reported",
    ),
    _blind("facilities", "posyandu", "posyandu"),
    _blind("targets", "target", "target of the year"),
    _blind("awaited posyandu", "not_opened", "not_opened"),
    _shown(
        "arrivals",
        "a screening comes in once, as it was recorded, and not again as a correction",
        "ilp_monitoring.projections.adapters.screening",
        "if isinstance(data, ScreeningRecorded) and data.screening_id in new:",
        "if isinstance(data, (ScreeningRecorded, ScreeningCorrected)):",
    ),
    _blind("arrivals", "weighings", "weighings"),
    _blind("percentages", "value", "value"),
    _blind("states", "state", "state"),
    _blind("registered denominators", "real", "real"),
    _blind("projected denominators", "projected", "projected"),
    _blind("completeness", "expected", "expected"),
    _blind("posyandu that opened", "opened", "opened"),
    _blind("registered persons", "registered", "registered"),
    _blind("participation", "taking_part", "taking_part"),
    _blind("regencies taking part", "participants", "participants"),
    _shown(
        "few-participants",
        "regencies taking part are named only while they are fewer than half",
        "ilp_monitoring.situations.service",
        "if share.reporting and are_few(len(share.reporting), share.regencies)",
        "if share.reporting",
    ),
    _turn(
        "alarm-ends",
        "a regency that differed is an alarm until it was compared again",
        "            if comparisons[code].differences:\n",
        "            if False:\n",
        "test_a_difference_is_an_alarm_until_its_regency_is_equal_again",
    ),
    _turn(
        "nation-left-out",
        "what readers are given of the nation and of provinces is compared in each run",
        "return self._whole or part_of(area) in self.regencies_compared or part_of(area) == NATION",
        "return self._whole or part_of(area) in self.regencies_compared",
        "test_tables_nation_and_provinces_are_in_every_run",
    ),
    _turn(
        "kept-by-one",
        "a difference that stays does not keep other regencies from their turn",
        "    return turn + _first(",
        "    return turn or _first(",
        "test_a_difference_that_stays_does_not_keep_the_others_from_their_turn",
    ),
    _turn(
        "same-again",
        "regencies that were not compared for the longest time come first",
        "        return (comparisons[code].at if code in comparisons else _NEVER), code\n",
        "        return _NEVER, code\n",
        "test_regencies_take_turns",
    ),
    _turn(
        "unknown-unseen",
        "a regency of which monitoring stores nothing is missing, whose turn it ever is",
        "        self.regencies_compared |= unknown\n",
        "",
        "test_a_regency_that_monitoring_does_not_know_needs_no_turn",
    ),
)
