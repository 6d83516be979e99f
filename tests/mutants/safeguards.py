"""Mutants of doors, secrets and running: strict values, keys, look-ups, audit, rates, and what an operator is shown."""

from tests.mutants.mutant import Mutant

_LOOKUPS = "tests/service/registry/test_lookups.py"
_TOKENS = "tests/unit/shared/test_tokens.py"
_DOORS = "tests/hostile/test_doors.py"
_OBSERVED = "tests/service/shared/test_observed.py"
_OPERATORS = "tests/unit/deploy/test_door_observation.py"

DOORS = (
    Mutant(
        "integers-of-any-kind",
        "a float, a truth value or a digit of another script is no integer",
        "ilp_shared.scalars",
        (("type(value) is int or (isinstance(value, str) and _WRITTEN_INTEGER.fullmatch(value))", "True"),),
        ("tests/unit/shared/test_scalars.py::test_what_is_no_integer_is_refused",),
    ),
    Mutant(
        "instants-of-any-time",
        "an instant lies between 1900 and 2200",
        "ilp_shared.scalars",
        (("    if not is_storable_instant(instant):\n", "    if False:\n"),),
        ("tests/unit/shared/test_scalars.py::test_what_is_no_instant_is_refused",),
    ),
    Mutant(
        "nik-uncompared",
        "a NIK that contradicts birth date or sex is a warning",
        "ilp_registry.rules.nik",
        (("(SEX, same_sex)) if not same]", "(SEX, same_sex)) if False]"),),
        ("tests/unit/registry/test_rules.py::test_what_a_nik_contradicts",),
    ),
    Mutant(
        "implausible-unsaid",
        "an implausible value is stored with a warning",
        "ilp_screening.rules.summary",
        (('        *(_warning(code, "implausible", _IMPLAUSIBLE) for code in sorted(implausible)),\n', ""),),
        (
            "tests/service/screening/test_recording.py"
            "::test_the_answer_says_what_to_tell_the_family_and_what_to_measure_again",
        ),
    ),
    Mutant(
        "header-twice",
        "a header that means one thing comes once",
        "ilp_shared.http.boundary",
        (("        if len(request.headers.getlist(name)) > 1:\n", "        if False:\n"),),
        (f"{_DOORS}::test_two_of_a_header_are_none",),
    ),
    Mutant(
        "redirect-elsewhere",
        "a redirect never leaves the address that was asked",
        "ilp_shared.http.boundary",
        (('headers["location"] = _relative(headers["location"])', "pass"),),
        (f"{_DOORS}::test_a_redirect_stays_where_it_is",),
    ),
    Mutant(
        "half-requests-for-ever",
        "the headers of a request come within a deadline",
        "deploy.dev.connections",
        (("call_later(self._bounds.header_s, transport.close)", "call_later(3600, transport.close)"),),
        ("tests/unit/deploy/test_connections.py::test_half_a_request_is_hung_up_on",),
    ),
    Mutant(
        "rates-unlimited",
        "an account that asks too fast waits",
        "ilp_shared.http.rates",
        (("is_enough = content >= number", "is_enough = True"),),
        (
            "tests/unit/shared/test_rates.py::test_a_burst_then_the_rate",
            "tests/unit/shared/test_rates.py::test_a_refusal_says_when_and_costs_nothing",
        ),
    ),
)
SECRETS = (
    Mutant(
        "nik-serial-shown",
        "no digit of the serial of a NIK is shown",
        "ilp_registry.persons.service",
        (
            (
                'return Person(**row, nik=MASKED if row["nik_cipher"] else None)',
                "return Person(**row, nik=MASKED[:-4] + f\"{row['nik_cipher'][0]:04d}\""
                ' if row["nik_cipher"] else None)',
            ),
        ),
        ("tests/access/test_nik_serial.py::test_no_answer_depends_on_the_serial",),
    ),
    Mutant(
        "keys-for-ever",
        "a signing key that left the JWKS verifies nothing after a minute",
        "ilp_shared.auth.tokens",
        (("        if age_s >= _EXPIRED_S:\n", "        if self._keys is None:\n"),),
        (f"{_TOKENS}::test_a_key_that_left_verifies_nothing_within_a_minute",),
    ),
    Mutant(
        "tokens-of-any-life",
        "a token that lives longer than allowed is refused",
        "ilp_shared.auth.claims",
        (("    if not end - issued <= longest_s:\n", "    if False:\n"),),
        (f"{_TOKENS}::test_claims_that_do_not_hold",),
    ),
    Mutant(
        "any-subject",
        "the subject of a token can be recorded",
        "ilp_shared.auth.claims",
        (("or not 0 < len(claim) <= MAX_SUBJECT or not claim.isprintable():", "or not claim:"),),
        (f"{_TOKENS}::test_claims_that_do_not_hold",),
    ),
    Mutant(
        "taken-told-apart",
        "a conflict names the person only to an account that may search",
        "ilp_registry.registration.service",
        (("if registrar.may_search and conflicts:", "if conflicts:"),),
        (
            f"{_LOOKUPS}::test_everything_taken_is_refused_alike",
            f"{_LOOKUPS}::test_only_an_account_that_may_search_is_shown_who",
        ),
    ),
    Mutant(
        "lookups-free",
        "look-ups of an account are counted",
        "ilp_registry.lookups.service",
        (('self._left = per_hour - sum(row["number"] for row in spent)', "self._left = per_hour"),),
        (
            f"{_LOOKUPS}::test_rows_of_a_batch_spend_the_hour_of_an_account",
            f"{_LOOKUPS}::test_searches_and_matches_spend_too_and_all_processes_count_together",
        ),
    ),
    Mutant(
        "conflicts-unrecorded",
        "a conflict about a number leaves a row in the audit",
        "ilp_registry.lookups.service",
        (
            (
                "        self._refused += asked\n        if question.content not in self._known:\n",
                "        if question.content not in self._known:\n",
            ),
        ),
        (f"{_LOOKUPS}::test_refusals_and_empty_searches_leave_rows",),
    ),
    Mutant(
        "refusal-unrecorded",
        "a refused access to records of persons leaves a row in the audit",
        "ilp_shared.http.accesses",
        (("_REFUSALS: Final = frozenset({403, 404})", "_REFUSALS: Final = frozenset[int]()"),),
        ("tests/service/screening/test_bounds.py::test_refused_reads_and_writes_leave_rows",),
    ),
    Mutant(
        "text-of-errors",
        "a process that dies writes kinds of errors, never their text",
        "ilp_shared.logging",
        (('chain.append(f"{type(error).__name__} {state} at {where}")', 'chain.append(f"{error!r} at {where}")'),),
        ("tests/unit/shared/test_dying.py::test_the_text_of_an_error_is_not_written",),
    ),
    Mutant(
        "death-in-frames",
        "a process that dies writes one line of JSON",
        "ilp_shared.logging",
        (("    sys.excepthook = log_death\n", ""),),
        ("tests/unit/shared/test_dying.py::test_without_its_database_a_process_ends_with_lines_of_json",),
    ),
    Mutant(
        "performer-of-any-role",
        "an account names no performer of a role that it does not have",
        "ilp_screening.recording.performer",
        (("    if performer.role not in principal.roles and", "    if False and"),),
        ("tests/service/screening/test_bounds.py::test_an_account_speaks_for_its_own_role",),
    ),
    Mutant(
        "receipt-of-lost-areas",
        "a stored answer is given again only while the account covers the areas that it had",
        "ilp_shared.write.keys",
        (("    if not reached:\n", "    if False:\n"),),
        (f"{_DOORS}::test_an_answer_is_given_again_only_where_the_account_still_is",),
    ),
    Mutant(
        "nik-as-key",
        "a NIK is no idempotency key",
        "ilp_shared.write.keys",
        ((" and not _NIK.search(key) else None", " else None"),),
        ("tests/unit/shared/test_keys.py::test_a_nik_is_no_key",),
    ),
    Mutant(
        "lost-keys-made-again",
        "a key of NIK that a site has lost is not made again",
        "deploy.compose.prepare",
        (("    if not is_new and (lost :=", "    if False and (lost :="),),
        ("tests/unit/deploy/test_compose_prepare.py::test_a_key_that_is_lost_is_not_made_again",),
    ),
    Mutant(
        "secrets-beside-data",
        "no secrets are made beside the data of lost ones",
        "deploy.dev.vault",
        (("        if not content and self._has_data():\n", "        if False:\n"),),
        ("tests/unit/deploy/test_run_folder.py::test_no_secrets_are_made_beside_the_data_of_lost_ones",),
    ),
)
RUNNING = (
    Mutant(
        "one-failed-start-ends-all",
        "a server that fails to start again is tried again, and ends nothing",
        "deploy.dev.keeper",
        (
            ("    except StartError as error:\n        return str(error)\n", "    except StartError:\n        raise\n"),
            ("    except OSError as error:\n        return str(explain(error))\n", ""),
        ),
        ("tests/unit/deploy/test_keeper.py::test_a_server_whose_start_fails_is_started_until_it_runs",),
    ),
    Mutant(
        "error-without-trace",
        "every line that a request causes bears its trace id",
        "ilp_shared.http.boundary",
        (
            (
                "structlog.contextvars.bound_contextvars(trace_id=entered.trace_id)",
                "structlog.contextvars.bound_contextvars()",
            ),
        ),
        (
            f"{_OBSERVED}::test_an_error_and_its_cause_bear_the_trace",
            f"{_OBSERVED}::test_a_refusal_is_one_line_with_the_trace_that_its_reader_was_shown",
        ),
    ),
    Mutant(
        "difference-unheard",
        "a difference of the scheduled recount is an alarm",
        "ilp_monitoring.recount_runs.schedule",
        (
            ("    metrics.RECOUNT_DIFFERENCES.set(last.differences)\n", ""),
            ("    if last.id != newest_id and last.differences:\n", "    if False:\n"),
        ),
        ("tests/service/monitoring/test_recount_schedule.py::test_a_difference_is_an_alarm_until_it_is_repaired",),
    ),
    Mutant(
        "metrics-for-everybody",
        "the front door shows metrics to operators only",
        "deploy.dev.front_door",
        (("    return None if principal.may(METRICS_READ) else (403, FORBIDDEN)\n", "    return None\n"),),
        (f"{_OPERATORS}::test_metrics_are_for_operators",),
    ),
    Mutant(
        "metrics-past-the-door",
        "metrics of a service need an operator's token too, through the front door",
        "deploy.dev.front_door",
        (('if request.path.removeprefix(prefix).rstrip("/") == METRICS and', "if False and"),),
        (f"{_OPERATORS}::test_metrics_are_for_operators",),
    ),
    Mutant(
        "door-without-trace",
        "the front door passes on the trace that it logs",
        "deploy.dev.front_door",
        (('    headers["traceparent"] = request[TRACEPARENT]\n', ""),),
        (f"{_OPERATORS}::test_a_refusal_is_one_line_with_the_trace_of_its_sender",),
    ),
)
