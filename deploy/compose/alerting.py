"""The configuration of Alertmanager, made from the receivers that a site names in `.env`.

`ALERT_PAGE` receives what cannot wait, `ALERT_TICKET` what can (without it the first receives both); each is a webhook
or a mail address. The second needs the first. Mail needs `ALERT_SMTP` (host:port) and `ALERT_SMTP_FROM`, and with an
account `ALERT_SMTP_USER` and `ALERT_SMTP_PASSWORD`. Without any of them alerts are only listed at Alertmanager's own
page.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping

from deploy.dev.failure import StartError
from deploy.site import SPACED, is_bare

NAMES = ("ALERT_PAGE", "ALERT_TICKET", "ALERT_SMTP", "ALERT_SMTP_FROM", "ALERT_SMTP_USER", "ALERT_SMTP_PASSWORD")
REPEATED = {"page": ("30s", "1h"), "ticket": ("5m", "24h")}
"""By the severity in rules.yaml: how long alerts are collected into one message, and after how long it is repeated."""
_WEBHOOK, _MAIL = re.compile(r"https?://[^\s/]+\S*"), re.compile(r"[^\s@,]+@[^\s@,]+")
_SMTP = re.compile(r"[A-Za-z0-9.-]+:\d{1,5}")


def configuration(site: Mapping[str, str]) -> str:
    """Return the content of `alertmanager.yml`, as JSON.

    Raises StartError for an address that is none, and where what cannot wait would reach no receiver.
    """
    if spaced := [name for name in NAMES if (value := site.get(name)) and not is_bare(value)]:
        raise StartError(f"{', '.join(spaced)}: {SPACED.both}")
    if site.get("ALERT_TICKET") and not site.get("ALERT_PAGE"):
        raise StartError(
            "ALERT_PAGE: isi juga, ALERT_TICKET hanya menerima yang dapat menunggu"
            " / set it too, ALERT_TICKET receives only what can wait"
        )
    addresses = {
        "page": site.get("ALERT_PAGE", ""),
        "ticket": site.get("ALERT_TICKET", "") or site.get("ALERT_PAGE", ""),
    }
    receivers = [
        {"name": severity, **_receiver(f"ALERT_{severity.upper()}", addresses[severity])} for severity in REPEATED
    ]
    mails = any("email_configs" in receiver for receiver in receivers)
    routes = [
        {
            "receiver": severity,
            "matchers": [f'severity="{severity}"'],
            "group_wait": wait,
            "repeat_interval": repeat,
        }
        for severity, (wait, repeat) in REPEATED.items()
    ]
    content = {
        "global": _mail_server(site) if mails else {},
        "route": {"receiver": "page", "group_by": ["alertname"], "routes": routes},
        "receivers": receivers,
    }
    return json.dumps(content, indent=1) + "\n"


def _receiver(name: str, address: str) -> Mapping[str, object]:
    """Return how alerts are sent to an address; nothing for an empty one."""
    if not address:
        return {}
    if _WEBHOOK.fullmatch(address):
        return {"webhook_configs": [{"url": address}]}
    if _MAIL.fullmatch(address):
        return {"email_configs": [{"to": address, "send_resolved": True}]}
    raise StartError(f"{name}: alamat http(s) atau surel / an http(s) or a mail address, which its value is not")


def _mail_server(site: Mapping[str, str]) -> Mapping[str, object]:
    """Return through whom mail is sent; TLS is required."""
    host, sender = site.get("ALERT_SMTP", ""), site.get("ALERT_SMTP_FROM", "")
    if not _SMTP.fullmatch(host):
        raise StartError("ALERT_SMTP: host:port, mis. / e.g. smtp.example.go.id:587")
    if not _MAIL.fullmatch(sender):
        raise StartError("ALERT_SMTP_FROM: alamat surel pengirim / the sender's mail address")
    account = {
        "smtp_auth_username": site.get("ALERT_SMTP_USER", ""),
        "smtp_auth_password": site.get("ALERT_SMTP_PASSWORD", ""),
    }
    return {"smtp_smarthost": host, "smtp_from": sender, **{name: value for name, value in account.items() if value}}
