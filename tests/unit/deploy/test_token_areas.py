"""`make token`: an area that is not in the public list gives a token and a warning."""

from pathlib import Path

import pytest

from deploy.dev import issue_token


@pytest.mark.parametrize(
    ("area", "strange"),
    [
        ("14.72.01.1001", ["14.72.01.1001"]),
        ("13.76.01.1002,99", ["99"]),
        ("13.76.01.1002", []),
        ("13.76.01.1002.RW01", []),
        ("13.76", []),
        ("id", []),
    ],
)
def test_a_strange_area_is_said_on_stderr_beside_the_token(
    area: str, strange: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.setenv("ILP_DATA_DIR", str(tmp_path))
    assert issue_token.main(["--role", "kader", "--area", area]) == 0
    out, err = capsys.readouterr()
    assert out.count(".") == 2, "a token and nothing else"
    lines = err.splitlines()
    assert len(lines) == len(strange)
    assert all(code in line and "peringatan" in line for code, line in zip(strange, lines, strict=True))
