"""The pages of the development issuer: a choice of accounts, and what is wrong with a request. No script; relative."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from typing import Final

from deploy.dev.issuer.accounts import ACCOUNTS
from ilp_shared.text import Text

STYLE: Final = "style.css"
_TITLE: Final = Text("Pilih akun contoh", "Choose a demonstration account")
_WARNING: Final = Text(
    "Penerbit akun ini hanya untuk pengembangan: siapa pun dapat memilih akun mana pun, tanpa kata sandi.",
    "This issuer is for development only: anyone may choose any account, without a password.",
)
_BROKEN: Final = Text("Permintaan masuk tidak sah", "Invalid request to sign in")
_ENDED: Final = Text("Anda sudah keluar", "You are signed out")
_BACK: Final = Text("Kembali ke halaman situasi", "Back to the situation page")


def chooser(query: Mapping[str, str]) -> str:
    """Return the page on which a visitor chooses an account; what was asked for travels in the form."""
    hidden = "".join(
        f'<input type="hidden" name="{escape(name)}" value="{escape(value)}">' for name, value in query.items()
    )
    buttons = "".join(
        f'<li><button name="account" value="{escape(account.id)}"><b>{escape(account.label.id)}</b>'
        f'<span lang="en">{escape(account.label.en)}</span></button></li>'
        for account in ACCOUNTS
    )
    return _page(_TITLE, f'{_said(_WARNING)}<form method="post" action="authorize">{hidden}<ul>{buttons}</ul></form>')


def broken(why: str) -> str:
    """Return the page for a request that leads back nowhere: its client or its address to return to is unknown."""
    return _page(_BROKEN, f"<p><code>{escape(why)}</code></p>")


def ended() -> str:
    """Return the page after the end of a session that leads nowhere."""
    return _page(_ENDED, f'<p><a href="/">{escape(_BACK.id)}</a></p><p class="en" lang="en">{escape(_BACK.en)}</p>')


def _said(text: Text) -> str:
    return f'<p>{escape(text.id)}</p><p class="en" lang="en">{escape(text.en)}</p>'


def _page(title: Text, content: str) -> str:
    return (
        '<!doctype html>\n<html lang="id"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f'<title>{escape(title.id)}</title><link rel="stylesheet" href="{STYLE}">'
        f'<link rel="icon" href="/monitoring/static/mark.svg"></head><body><main><h1>{escape(title.id)}</h1>'
        f'<p class="en" lang="en">{escape(title.en)}</p>{content}</main></body></html>\n'
    )


STYLESHEET: Final = """\
:root { color-scheme: light dark; font: 100%/1.5 "Noto Sans", system-ui, sans-serif; }
main { margin: 0 auto; max-width: 32rem; padding: 1.5rem 1rem; }
h1 { font-size: 1.5rem; margin: 0; }
.en, span { font-size: 0.875rem; opacity: 0.75; }
.en { margin-top: 0; }
p { margin-bottom: 0.25rem; }
ul { list-style: none; padding: 0; display: grid; gap: 0.5rem; }
button { font: inherit; text-align: left; width: 100%; min-height: 3.25rem; padding: 0.5rem 1rem; cursor: pointer;
  border: 1px solid; border-radius: 0.5rem; background: none; color: inherit; display: grid; overflow-wrap: anywhere; }
button:hover, button:focus-visible { outline: 2px solid; }
"""
