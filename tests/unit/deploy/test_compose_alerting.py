"""Whom Alertmanager tells, as its configuration is made of what a site says."""

import json
from typing import Any

import pytest

from deploy.compose.alerting import NAMES, REPEATED, configuration
from deploy.dev.failure import StartError
from deploy.observability.rules import groups
from deploy.observability.slo import catalogue

HOOK, MAIL = "https://hooks.example.test/a?token=b", "jaga@dinas.example.test"
SMTP = {"ALERT_SMTP": "smtp.example.test:587", "ALERT_SMTP_FROM": "ilp@dinas.example.test"}


def made(**site: str) -> dict[str, Any]:
    """Return the configuration."""
    content = json.loads(configuration(site))
    assert isinstance(content, dict)
    return content


def told(content: dict[str, Any]) -> dict[str, Any]:
    """Return the ways of each receiver, without its name."""
    return {each["name"]: {way: each[way] for way in each if way != "name"} for each in content["receivers"]}


def test_each_severity_of_the_rules_has_its_route() -> None:
    severities = {
        rule["labels"]["severity"] for group in groups(catalogue()) for rule in group["rules"] if "alert" in rule
    }
    routes = made()["route"]["routes"]
    assert {route["matchers"][0] for route in routes} == {f'severity="{name}"' for name in severities}
    assert [route["receiver"] for route in routes] == list(REPEATED)


def test_without_an_address_alerts_are_only_listed() -> None:
    assert told(made()) == {"page": {}, "ticket": {}}
    assert made()["global"] == {}


def test_a_webhook_and_a_mail_address_are_told_apart() -> None:
    content = made(ALERT_PAGE=HOOK, ALERT_TICKET=MAIL, **SMTP)
    hook, mail = {"webhook_configs": [{"url": HOOK}]}, {"email_configs": [{"to": MAIL, "send_resolved": True}]}
    assert told(content) == {"page": hook, "ticket": mail}
    assert content["global"] == {"smtp_smarthost": SMTP["ALERT_SMTP"], "smtp_from": SMTP["ALERT_SMTP_FROM"]}
    assert told(made(ALERT_PAGE=HOOK)) == {"page": hook, "ticket": hook}


def test_an_account_of_mail_is_only_there_where_mail_is_sent() -> None:
    account = {"ALERT_SMTP_USER": "ilp", "ALERT_SMTP_PASSWORD": "p"}
    mail_server = made(ALERT_PAGE=MAIL, **SMTP, **account)["global"]
    assert (mail_server["smtp_auth_username"], mail_server["smtp_auth_password"]) == ("ilp", "p")
    assert made(ALERT_PAGE=HOOK, **SMTP, **account)["global"] == {}
    assert set(NAMES) >= {*SMTP, *account}


@pytest.mark.parametrize(
    ("site", "said"),
    [
        ({"ALERT_PAGE": "ftp://a"}, "ALERT_PAGE"),
        ({"ALERT_TICKET": "a, b"}, "ALERT_TICKET"),
        ({"ALERT_PAGE": MAIL}, "ALERT_SMTP: host:port"),
        ({"ALERT_PAGE": MAIL, "ALERT_SMTP": "smtp.example.test"}, "ALERT_SMTP: host:port"),
        ({"ALERT_PAGE": MAIL, "ALERT_SMTP": "smtp.example.test:25"}, "ALERT_SMTP_FROM"),
        ({"ALERT_TICKET": HOOK}, "^ALERT_PAGE: .*set it too"),
        ({"ALERT_PAGE": f'"{HOOK}"'}, "^ALERT_PAGE: .*a space or a quote"),
        ({"ALERT_PAGE": MAIL, **SMTP, "ALERT_SMTP_PASSWORD": "'p q'"}, "^ALERT_SMTP_PASSWORD: .*a space or a quote"),
    ],
)
def test_what_is_no_address_is_refused_without_its_value(site: dict[str, str], said: str) -> None:
    with pytest.raises(StartError, match=said) as refused:
        configuration(site)
    assert not [value for value in site.values() if value in str(refused.value)]
