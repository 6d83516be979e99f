"""Plain words: what is said in docstrings, comments and documents is understood at the first reading."""

import ast
import re
from collections.abc import Iterator

import pytest
import yaml

from tests.architecture.prose import documents, prose_of, without_code
from tests.architecture.sources import ROOT, Source, sources

BETTER: dict[str, str] = yaml.safe_load((ROOT / "tests/architecture/words.yaml").read_text(encoding="utf-8"))
ALLOWED = ("foreign key",)
_CALLERS = re.compile(r"(?:(?:^|\. |# |\n)(?:Called|Used|Run|Started)|[;.] (?:called|used)) by\b")
_WORDS = re.compile(rf"\b({'|'.join(map(re.escape, BETTER))})\b", re.IGNORECASE)


def words_in(text: str, first_line: int = 1) -> Iterator[tuple[int, str]]:
    """Yield line and word of everything that has a better word."""
    for phrase in ALLOWED:
        text = re.sub(phrase, "", text, flags=re.IGNORECASE)
    text = re.sub(r"[ \t]*\n[ \t#]*", "\n", text)
    for match in _WORDS.finditer(text.replace("\n", " ")):
        yield first_line + text[: match.start()].count("\n"), match[1].lower()


@pytest.mark.parametrize("folder", ["shared/", "services/", "deploy/", "tests/"])
def test_docstrings_and_comments_say_it_plainly(folder: str) -> None:
    findings = [
        f"{source.path}:{line}: {word} → {BETTER[word]}"
        for source in sources()
        if source.path.startswith(folder)
        for first_line, text in prose_of(source)
        for line, word in words_in(text, first_line)
    ]
    assert findings == []


def callers_in(source: Source) -> list[int]:
    """Return the lines of docstrings that name the callers of a module: an editor finds them, and they change."""
    return [line for line, text in prose_of(source) if _CALLERS.search(text)]


def test_no_docstring_names_its_callers() -> None:
    assert [f"{source.path}:{line}" for source in sources() for line in callers_in(source)] == []


def test_the_search_finds_named_callers() -> None:
    texts = [
        '"""Pure; used by x."""',
        '"""Sends it.\n\nCalled by the router."""',
        '"""Used by all."""',
        "A = 1  # Run by up.py",
    ]
    assert [callers_in(Source("x.py", text, ast.parse(text))) for text in texts] == [[1]] * 4
    innocent = '"""Return figures, run by run; the key is used by one client."""'
    assert callers_in(Source("x.py", innocent, ast.parse(innocent))) == []


def test_documents_say_it_plainly() -> None:
    findings = [
        f"{path.relative_to(ROOT).as_posix()}:{line}: {word} → {BETTER[word]}"
        for path in documents()
        for line, word in words_in(without_code(path.read_text(encoding="utf-8")))
    ]
    assert findings == []


def test_the_search_finds_what_is_planted() -> None:
    text = '''
def f():
    """Tell whoever asks.

    An event of
    ours is made anew.
    """
    a = "Nobody is told"  # it stands here
    #: a foreign key, `nobody`
A = 1
"""Mended."""
'''
    source = Source("x.py", text, ast.parse(text))
    findings = sorted(each for line, prose in prose_of(source) for each in words_in(prose, line))
    assert findings == [(3, "whoever"), (5, "of ours"), (6, "anew"), (8, "stands"), (11, "mended")]
    assert list(words_in(without_code("a\n```\nnobody\n```\n[told](told.md) `anew`"))) == [(5, "told")]


def test_words_are_sorted_out_only_with_something_better() -> None:
    assert all(isinstance(better, str) and better for better in BETTER.values())
