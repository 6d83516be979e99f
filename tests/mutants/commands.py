"""Mutants of what a command and a reader are promised: commit, idempotency, access, silence of the logs."""

from tests.mutants.mutant import Mutant

_GROUP = "tests/bus/test_group_commit.py"
_SCREENING = "tests/service/screening"

COMMANDS = (
    Mutant(
        "group-answers-early",
        "a command of a group is answered after the commit",
        "ilp_shared.write.group_commit",
        (
            ("self._transact([command for command, _ in group])", "self._transact(group)"),
            ("self, commands: Sequence[C]) ->", "self, group) ->"),
            (
                "        scope = sorted(",
                "        commands = [command for command, _ in group]\n        scope = sorted(",
            ),
            (
                "            return await self._execute(unit, commands)",
                "            results = await self._execute(unit, commands)\n"
                "            for (_, done), result in zip(group, results, strict=True):\n"
                "                if not isinstance(result, Problem):\n"
                "                    done.set_result(result)\n"
                "            return results",
            ),
        ),
        (f"{_GROUP}::test_a_commit_that_fails_is_not_answered_as_done",),
    ),
    Mutant(
        "command-answers-early",
        "an ordinary command is answered after the commit",
        "ilp_shared.http.submissions",
        (('Depends(CommandGuard(permission), scope="function")', "Depends(CommandGuard(permission))"),),
        (f"{_SCREENING}/test_open_days.py::test_a_commit_that_fails_is_not_answered_as_done",),
    ),
    Mutant(
        "key-without-hash",
        "a key that comes with another body is refused",
        "ilp_shared.write.keys",
        (("    if _digests(stored_hash).isdisjoint(_digests(request_hash)):\n", "    if False:\n"),),
        (f"{_SCREENING}/test_idempotency.py::test_a_key_holds_for_one_body_and_one_account",),
    ),
    Mutant(
        "refused-key-used-up",
        "a refused item of a batch frees its key",
        "ilp_shared.http.submissions",
        (("    await release(uow.conn, client, route, outcomes.keys() - stored.keys())\n", ""),),
        ("tests/service/shared/test_batches.py::test_a_refused_item_frees_its_key",),
    ),
    Mutant(
        "key-apart",
        "the key's row lives and dies with the command's transaction",
        "ilp_shared.http.submissions",
        (
            (
                "            for earlier in (await claim(uow.conn, principal, route, {key: request_hash})).values():\n",
                "            async with open_uow(resources.database, principal.areas) as apart:\n"
                "                used = await claim(apart.conn, principal, route, {key: request_hash})\n"
                "            for earlier in used.values():\n",
            ),
        ),
        (f"{_SCREENING}/test_open_days.py::test_a_refused_command_leaves_its_key_free",),
    ),
    Mutant(
        "batch-of-the-nation",
        "an item of a batch may name no more than the account that sends it",
        "ilp_screening.recording.batch",
        (
            ("import structlog\n", "import dataclasses\n\nimport structlog\n"),
            (
                "    content = item.form\n",
                "    principal = dataclasses.replace(principal, areas=('id',))\n    content = item.form\n",
            ),
        ),
        ("tests/hostile/test_foreign_objects.py::test_what_queries_and_bodies_name_does_not_exist[screening]",),
    ),
    Mutant(
        "token-for-ever",
        "a remembered token holds until it expires, and no longer",
        "ilp_shared.auth.tokens",
        (("if verified is not None and verified.expires_at > time.time():", "if verified is not None:"),),
        ("tests/unit/shared/test_tokens.py::test_a_remembered_token_holds_no_longer_than_it_says",),
    ),
    Mutant(
        "row-security-open",
        "row-level security shows only rows inside the transaction's areas (second wall)",
        "ilp_shared.db.scope",
        (
            (
                "USING (in_scope({area_column})) WITH CHECK (in_scope({area_column}))",
                "USING (true) WITH CHECK (true)",
            ),
        ),
        (f"{_SCREENING}/test_reading.py::test_row_level_security_is_a_second_wall",),
    ),
    Mutant(
        "areas-by-prefix",
        "an account's area covers codes below it, not every code that begins alike (first wall, both ways to ask)",
        "ilp_shared.db.scoped",
        (
            ('func.starts_with(column, f"{area}.") for', "func.starts_with(column, area) for"),
            ('for value in (area, f"{area}.")]', "for value in (area, area)]"),
        ),
        ("tests/service/shared/test_area_filter.py::test_every_wall_lets_through_exactly_what_the_areas_cover",),
    ),
    Mutant(
        "first-wall-open",
        "a command reaches only persons of its own account's areas, also in a shared transaction (first wall)",
        "ilp_screening.recording.recorder",
        (("if person is None or not principal.covers(person.home_area):", "if person is None:"),),
        (f"{_SCREENING}/test_recording.py::test_a_shared_commit_shares_no_areas",),
    ),
    Mutant(
        "permission-unasked",
        "a route asks whether the role holds its permission",
        "ilp_shared.http.guard",
        (("        if not principal.may(self.permission):\n", "        if False:\n"),),
        ("tests/access/test_roles.py::test_a_role_reaches_exactly_what_the_table_grants[screening-kader]",),
    ),
    Mutant(
        "audience-unasked",
        "a token made for somebody else is refused",
        "ilp_shared.auth.tokens",
        (('            aud={"essential": True, "value": audience},\n', ""),),
        ("tests/unit/shared/test_tokens.py::test_claims_that_do_not_hold",),
    ),
    Mutant(
        "masking-off",
        "logs mask personal keys and anything that looks like a NIK",
        "ilp_shared.logging",
        (
            ("            event[key] = MASK\n", "            continue\n"),
            ("            event[key] = _LONG_DIGITS.sub(MASK, value)\n", "            continue\n"),
            ("            event[key] = _LONG_DIGITS.sub(MASK, repr(value))\n", "            continue\n"),
        ),
        (
            "tests/unit/shared/test_masking.py::test_personal_keys_are_masked",
            "tests/unit/shared/test_masking.py::test_sixteen_digits_never_pass",
        ),
    ),
)
