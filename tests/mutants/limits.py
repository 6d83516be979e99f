"""Mutants of limits: how long, how large, how deep, how many. Without them the platform stops, or lies."""

from tests.mutants.mutant import Mutant

_BODIES, _MEMORY = "tests/hostile/test_bodies.py", "tests/hostile/test_memory.py"
_STREAMS = "tests/hostile/test_streams.py::test_a_thousand_idle_screens"
_FORGED = "tests/unit/shared/test_paging.py::test_a_forged_cursor_is_refused"
_UNREADABLE = f"{_BODIES}::test_unreadable_bodies_are_refused_with_their_place"

LIMITS = (
    Mutant(
        "request-without-deadline",
        "an answer that does not begin in time is 503",
        "ilp_shared.http.deadline",
        (("call_later(self._seconds, give_up)", "call_later(3600, give_up)"),),
        ("tests/service/shared/test_deadline.py::test_a_request_that_waits_for_something_is_answered_and_given_up",),
    ),
    Mutant(
        "body-without-deadline",
        "a body that does not arrive in time is 408",
        "ilp_shared.http.bodies",
        (("asyncio.timeout(within_s)", "asyncio.timeout(None)"),),
        (f"{_MEMORY}::test_bodies_that_never_end_hold_nobody_up_and_are_ended",),
    ),
    Mutant(
        "large-body-of-anybody",
        "a large body is read from bearers of a sound token only",
        "ilp_shared.http.bodies",
        (("refused, most = not await trusted(), MAX_BODY", "refused, most = False, MAX_BODY"),),
        (f"{_MEMORY}::test_a_large_body_is_read_from_bearers_of_a_sound_token_only",),
    ),
    Mutant(
        "names-twice",
        "a body in which a name stands twice is refused",
        "ilp_shared.http.bodies",
        (("    if len(value) != len(pairs):\n", "    if False:\n"),),
        (f"{_UNREADABLE}[screening-a name twice]",),
    ),
    Mutant(
        "any-depth",
        "a body nested deeper than any form of ours is refused",
        "ilp_shared.http.bodies",
        (("> MAX_DEPTH and _is_deep(value)", "> MAX_DEPTH and False"),),
        (f"{_UNREADABLE}[screening-just too deep]",),
    ),
    Mutant(
        "cursors-of-any-time",
        "a cursor holds only instants that the database holds",
        "ilp_shared.http.paging",
        (("instant.tzinfo is None or not is_storable_instant(instant)", "instant.tzinfo is None"),),
        (_FORGED,),
    ),
    Mutant(
        "cursors-nobody-gave",
        "a cursor is refused unless a page writes it so",
        "ilp_shared.http.paging",
        (("if _encode(key) != cursor:", "if False:"),),
        (_FORGED,),
    ),
    Mutant(
        "numbers-as-dates",
        "a number is no date",
        "ilp_shared.scalars",
        (("type(value) is date or (isinstance(value, str) and _WRITTEN_DAY.fullmatch(value))", "True"),),
        ("tests/unit/shared/test_scalars.py::test_what_is_no_day_is_refused",),
    ),
    Mutant(
        "names-of-nothing",
        "a name has a letter that is seen",
        "ilp_shared.scalars",
        (('_UNSEEN.sub("", unicodedata.normalize("NFKC", name))', "name"),),
        ("tests/unit/shared/test_scalars.py::test_what_shows_no_letter_is_no_name",),
    ),
    Mutant(
        "formulas-in-files",
        "no text of a file becomes a formula",
        "ilp_shared.tables.writing",
        (("cell.startswith(_FORMULA)", "False"),),
        ("tests/unit/shared/test_tables.py::test_no_text_becomes_a_formula_and_the_guard_is_taken_off_again",),
    ),
    Mutant(
        "any-number-of-screens",
        "a process serves no more live streams than it may",
        "ilp_monitoring.live.connection_slots",
        (("if self._open >= self._most:", "if False:"),),
        (_STREAMS,),
    ),
    Mutant(
        "every-place-for-one",
        "no account takes every live stream",
        "ilp_monitoring.live.connection_slots",
        (("if self._taken[account] >= self._most_of_one:", "if False:"),),
        (_STREAMS,),
    ),
    Mutant(
        "number-kept-too-long",
        "a kept situation counts only in the state it was read in",
        "ilp_monitoring.situations.kept",
        (
            (
                "        if entry is None or entry.version != now.version:\n            async with",
                "        if entry is None:\n            async with",
            ),
        ),
        (
            "tests/service/monitoring/test_kept.py"
            "::test_the_same_state_gives_the_same_answer_and_a_new_number_a_new_one",
        ),
    ),
    Mutant(
        "sequence-of-any-size",
        "an event whose numbers are out of range is unreadable, and moves no position",
        "ilp_shared.bus.contract.envelope",
        (("    if not 0 <= value <= most:\n", "    if False:\n"),),
        ("tests/hostile/test_envelope.py::test_an_event_out_of_range_is_nobody_s",),
    ),
)
