"""Mutants of the sign-in: whose answer opens a session, what a session is worth, who may end it, who a client is."""

from tests.mutants.mutant import Mutant

_PAGES = "tests/service/monitoring/test_sign_in.py"
_ISSUER = "tests/hostile/test_sign_in.py"
_RENEWAL = "tests/hostile/test_sign_in_renewal.py"
_RULES = "tests/unit/monitoring/test_sign_in_rules.py"
_PROVIDER = "tests/unit/deploy/test_issuer.py"
_CLAIMS = "tests/unit/shared/test_claims.py"
_DISCOVERY = "tests/unit/shared/test_discovery.py"
_SERVICE = "ilp_monitoring.sign_in.service"
_TOKENS = "ilp_monitoring.sign_in.rules.tokens"
_SESSIONS = "ilp_monitoring.sign_in.sessions"
_SQL = "ilp_monitoring.sign_in.repository"

SIGN_IN = (
    Mutant(
        "any-state",
        "an answer opens a session only in the browser that began the sign-in",
        _SERVICE,
        (
            (
                "if attempt is None or not hmac.compare_digest(attempt.state.encode(), answer.state.encode()):",
                "if attempt is None:",
            ),
        ),
        (f"{_PAGES}::test_what_is_kept_of_one_sign_in_is_not_taken_for_another",),
    ),
    Mutant(
        "issuers-mixed-up",
        "an answer of another issuer is refused",
        _SERVICE,
        (("        if is_named and answer.iss != metadata.issuer:\n", "        if False:\n"),),
        (f"{_ISSUER}::test_an_answer_must_name_its_issuer_where_the_issuer_says_so",),
    ),
    Mutant(
        "any-nonce",
        "an ID token is for the sign-in that was begun",
        _TOKENS,
        (('nonce={"essential": True, "value": nonce}, ', ""),),
        (f"{_RULES}::test_id_tokens_that_do_not_hold",),
    ),
    Mutant(
        "two-accounts-in-one",
        "ID token and access token are of one account",
        _SERVICE,
        (("        if principal.subject != id_token.subject:\n", "        if False:\n"),),
        (f"{_ISSUER}::test_an_id_token_that_does_not_hold_opens_no_session",),
    ),
    Mutant(
        "leads-anywhere",
        "a sign-in leads to pages of this service only",
        "ilp_monitoring.sign_in.rules.targets",
        (("return asked if _PAGE.fullmatch(asked) else HOME", "return asked or HOME"),),
        (f"{_PAGES}::test_a_sign_in_leads_to_pages_of_this_service_only",),
    ),
    Mutant(
        "session-taken-over",
        "the session before a sign-in is over",
        _SERVICE,
        (("        if former is not None:\n", "        if False:\n"),),
        (f"{_PAGES}::test_an_earlier_session_is_never_taken_over",),
    ),
    Mutant(
        "cookie-for-ever",
        "a cookie is exchanged, and the former one holds a moment only",
        _SQL,
        (("rotated_at > {_NOW} - {_FORMER_S} * interval '1 second'", "true"),),
        (f"{_PAGES}::test_a_cookie_is_exchanged_and_the_former_holds_a_moment",),
    ),
    Mutant(
        "idle-for-ever",
        "a session that opens no page is over",
        _SQL,
        (("AND used_at > {_NOW} - $2 * interval '1 second'", "AND $2::float8 > 0"),),
        (f"{_PAGES}::test_a_session_is_over",),
    ),
    Mutant(
        "session-for-ever",
        "a session is over a fixed time after its sign-in",
        _SQL,
        (('f"ends_at > {_NOW} AND', 'f"true AND'),),
        (f"{_PAGES}::test_a_session_is_over",),
    ),
    Mutant(
        "cookie-of-any-host",
        "behind TLS a cookie is of this host alone",
        "ilp_monitoring.sign_in.guard",
        (("return _STRICT + name if _is_over_tls(request) else name", "return name"),),
        (f"{_ISSUER}::test_behind_tls_cookies_are_of_this_host_alone",),
    ),
    Mutant(
        "cookie-without-tls",
        "a cookie is sent over TLS only, where there is TLS",
        "ilp_monitoring.sign_in.guard",
        (("    secure = _is_over_tls(request)\n", "    secure = False\n"),),
        (f"{_ISSUER}::test_behind_tls_cookies_are_of_this_host_alone",),
    ),
    Mutant(
        "signed-out-by-others",
        "only the reader's own page signs them out",
        "ilp_monitoring.web.sign_in_pages",
        (("    if not hmac.compare_digest(await _form_key(request), session.form_key.hex()):\n", "    if False:\n"),),
        (f"{_PAGES}::test_another_site_signs_nobody_out",),
    ),
    Mutant(
        "cookie-forgotten-only",
        "a sign-out ends the session, not only the cookie",
        _SESSIONS,
        (
            (
                "            await repository.delete_session(conn, session.form_key)\n        refresh",
                "            pass\n        refresh",
            ),
        ),
        (f"{_PAGES}::test_signing_out_ends_the_session_here_and_at_the_issuer",),
    ),
    Mutant(
        "logout-token-again",
        "a logout token counts once",
        _SESSIONS,
        (
            (
                "            is_new = await repository.use_logout_token(conn, token)\n",
                "            is_new = True\n",
            ),
        ),
        (f"{_ISSUER}::test_a_logout_token_counts_once",),
    ),
    Mutant(
        "any-token-logs-out",
        "only a logout token ends sessions",
        _TOKENS,
        (('    if "nonce" in claims:\n', "    if False:\n"),),
        (f"{_RULES}::test_logout_tokens_that_do_not_hold",),
    ),
    Mutant(
        "withdrawn-account-stays",
        "a session ends where the issuer renews its claims no longer",
        _SESSIONS,
        (
            (
                "            if asked is None:\n",
                "            if asked is None:\n                return session\n            if asked is None:\n",
            ),
        ),
        (f"{_ISSUER}::test_an_account_that_was_withdrawn_is_out_with_its_claims",),
    ),
    Mutant(
        "refresh-token-in-clear",
        "the database knows no token of the issuer",
        _SESSIONS,
        (("            sealed = self._seal.close(refresh_token, _REFRESH)\n", "            sealed = refresh_token\n"),),
        (f"{_ISSUER}::test_a_refresh_token_is_stored_sealed",),
    ),
    Mutant(
        "refresh-token-twice",
        "a refresh token is sent to the issuer once",
        _SQL,
        (("AND refresh_token = $2 AND (", "AND $2::text IS NOT NULL AND ("),),
        (f"{_RENEWAL}::test_a_refresh_token_is_sent_once",),
    ),
    Mutant(
        "renewal-given-up",
        "a renewal goes on when its request is given up",
        _SESSIONS,
        (("        return await asyncio.shield(task)\n", "        return await task\n"),),
        (f"{_RENEWAL}::test_a_renewal_goes_on_when_its_request_is_given_up",),
    ),
    Mutant(
        "client-refused-account-out",
        "a session ends where the issuer refuses the account, not the client",
        _SESSIONS,
        (
            (
                "        except (GrantRefused, Unauthenticated):\n",
                "        except (RefusedByIssuer, Unauthenticated):\n",
            ),
        ),
        (f"{_RENEWAL}::test_claims_hold_a_while_without_an_answer_to_them",),
    ),
    Mutant(
        "issuer-away-for-one-request",
        "while the issuer is away, claims hold for every request",
        _SESSIONS,
        (("(_GRACE_S if self._ask_at is None else _LOST_S)", "_GRACE_S"),),
        (f"{_RENEWAL}::test_claims_hold_a_while_without_an_answer_to_them",),
    ),
    Mutant(
        "any-verifier",
        "a code is redeemed by who asked for it",
        "deploy.dev.issuer.grants",
        (("or not hmac.compare_digest(challenge, code.challenge):", "or not challenge:"),),
        (f"{_PROVIDER}::test_a_code_with_what_does_not_fit_is_refused_and_spent",),
    ),
    Mutant(
        "code-again",
        "a code counts once",
        "deploy.dev.issuer.grants",
        (('self._codes.pop(form.get("code", ""), None)', 'self._codes.get(form.get("code", ""))'),),
        (f"{_PROVIDER}::test_a_code_is_used_once",),
    ),
    Mutant(
        "proof-again",
        "a machine's proof counts once",
        "deploy.dev.issuer.clients",
        (('        if (client, claims["jti"]) in self._used:\n', "        if False:\n"),),
        (f"{_PROVIDER}::test_a_machine_proves_itself_by_its_key_and_each_proof_counts_once",),
    ),
    Mutant(
        "proof-for-others",
        "a machine's proof is for this issuer",
        "deploy.dev.issuer.clients",
        (('            aud={"essential": True, "value": self._issuer},\n', ""),),
        (f"{_PROVIDER}::test_proofs_that_do_not_hold",),
    ),
    Mutant(
        "metadata-of-others",
        "an issuer's metadata are its own",
        "ilp_shared.auth.discovery",
        (("    if metadata.issuer != issuer:\n", "    if False:\n"),),
        (f"{_DISCOVERY}::test_metadata_of_another_issuer_or_without_tls",),
    ),
    Mutant(
        "endpoints-without-tls",
        "endpoints of a https issuer are https",
        "ilp_shared.auth.discovery",
        (("    if not all(endpoint.startswith(schemes) for endpoint in metadata.endpoints):\n", "    if False:\n"),),
        (f"{_DISCOVERY}::test_metadata_of_another_issuer_or_without_tls",),
    ),
    Mutant(
        "roles-of-any-claim",
        "roles come from the claim that the settings name",
        "ilp_shared.auth.claims",
        (
            (
                "            roles=self._roles(_claim(claims, self.roles)),\n",
                '            roles=self._roles(_claim(claims, "roles")),\n',
            ),
        ),
        (f"{_CLAIMS}::test_claims_are_found_by_their_way_or_by_their_whole_name",),
    ),
)
