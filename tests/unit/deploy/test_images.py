"""Images by name and content, as far as files and metadata tell: pins, licences, bill of materials, Containerfile."""

import json
import re
from collections.abc import Mapping
from email.message import Message
from importlib.metadata import distribution
from pathlib import Path

import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

from deploy.dev.failure import StartError
from deploy.images.build import LOCAL_BASE, Buildah
from deploy.images.licences import is_allowed, licence_of, licences_of_debian, refused, refused_of_debian
from deploy.images.pins import USES, catalogue, note, pin_others, read_pins, unpinned, variable_of
from deploy.images.sbom import bill_of, debian_components, python_components
from deploy.k8s.render import IMAGES, RenderError
from deploy.k8s.render import read_pins as manifest_pins
from tests.architecture.sources import ROOT

DIGEST = f"sha256:{'0a1b2c3d' * 8}"
REQUIREMENTS = ROOT / "deploy" / "requirements"
SERVICES = ("registry", "screening", "cluster-services", "monitoring")


@pytest.mark.parametrize("reference", [f"ilp@{DIGEST}", f"registry.example:5000/a/b@{DIGEST}", DIGEST])
def test_what_can_mean_one_image_only_is_pinned(reference: str) -> None:
    assert unpinned([{"spec": {"containers": [{"image": reference}]}}]) == []


@pytest.mark.parametrize(
    "reference",
    [
        "ilp",
        "ilp:latest",
        "postgres:17-bookworm",
        "ilp@sha256:abc",
        f"ilp@sha256:{'0' * 64}",
        f"{DIGEST}0",
        f"${{X}}@{DIGEST}",
        "",
    ],
)
def test_everything_else_is_refused_wherever_it_is(reference: str) -> None:
    in_pod = {"spec": {"template": {"spec": {"initContainers": [{"image": reference}]}}}}
    in_operator = {"spec": {"imageName": reference}}
    in_project = {"services": {"a": {"image": reference}, "b": {"image": f"b@{DIGEST}"}}}
    for document in (in_pod, in_operator, in_project):
        assert unpinned([document]) == [reference]


def test_only_pinned_references_are_noted(tmp_path: Path) -> None:
    with pytest.raises(StartError):
        note("ilp", "ilp:latest", tmp_path / "pins.json")
    assert not (tmp_path / "pins.json").exists()


def test_an_installer_may_say_each_digest_without_an_engine(tmp_path: Path) -> None:
    pins = tmp_path / "pins.json"
    others = set(catalogue()) - {"ilp"}
    pin_others({"ENGINE": "none", **{variable_of(name): f"{name}@{DIGEST}" for name in others}}, pins)
    for use in USES:
        with pytest.raises(StartError, match="ilp"):
            read_pins(use, pins)
    note("ilp", DIGEST, pins)
    expected = {name: f"{name}@{DIGEST}" for name in others} | {"ilp": DIGEST}
    assert read_pins("compose", pins) == {name: expected[name] for name in catalogue("compose")}
    with pytest.raises(StartError, match=r"^ilp: "):
        read_pins("kubernetes", pins)  # another machine does not know this one's ids
    note("ilp", f"registry.example/ilp@{DIGEST}", pins)
    assert set(read_pins("kubernetes", pins)) == set(catalogue("kubernetes")) == set(IMAGES)


def test_a_damaged_file_of_pins_says_how_to_mend_it(tmp_path: Path) -> None:
    pins = tmp_path / "pins.json"
    pins.write_text("{")
    with pytest.raises(StartError, match=r"rusak / is damaged: .*remove it, then `make images`, `make pin`$"):
        read_pins("compose", pins)


def test_an_image_of_an_operator_is_left_until_the_installer_names_it(tmp_path: Path) -> None:
    pins = tmp_path / "pins.json"
    named = {name for name, entry in catalogue().items() if "upstream" in entry}
    pin_others({"ENGINE": "none", **{variable_of(name): f"{name}@{DIGEST}" for name in named}}, pins)
    assert set(json.loads(pins.read_text())) == named
    assert variable_of("strimzi-kafka") == "PIN_STRIMZI_KAFKA"
    pin_others(
        {"ENGINE": "none", **{variable_of(name): f"{name}@{DIGEST}" for name in {*named, "strimzi-kafka"}}}, pins
    )
    assert set(json.loads(pins.read_text())) == {*named, "strimzi-kafka"}


ENGINE = """#!/bin/sh
printf '%s\\n' "$*" >> "$0.asked"
case "$1 $2" in
"image inspect")
    [ -e "$0.pulled" ] || exit 1
    echo '["a.example/other@{digest}", "mirror.example/lib/postgres@{digest}"]' ;;
"pull --quiet")
    case "$3" in
    mirror.example/*) touch "$0.pulled" ;;
    gone.example/*) echo "manifest unknown" >&2; exit 125 ;;
    *) echo 'Error: short-name "x" did not resolve to an alias and no unqualified-search registries are defined' >&2
       exit 125 ;;
    esac ;;
esac
"""
"""An engine with one image; it completes no name, and says so in the words of Podman 4.3."""


@pytest.fixture
def program(tmp_path: Path) -> Path:
    """Write a program that answers as an engine does, and notes what it was asked."""
    program = tmp_path / "engine"
    program.write_text(ENGINE.replace("{digest}", DIGEST), encoding="utf-8")
    program.chmod(0o755)
    return program


def asked(program: Path) -> list[str]:
    notes = program.with_name("engine.asked")
    return notes.read_text(encoding="utf-8").splitlines() if notes.exists() else []


def test_what_is_given_is_noted_before_anything_is_pulled(program: Path, tmp_path: Path) -> None:
    pins = tmp_path / "pins.json"
    given = {"PIN_PROMETHEUS": f"x/prometheus@{DIGEST}", "PIN_ILP": f"x/ilp@{DIGEST}"}
    with pytest.raises(StartError, match=r"cannot be fetched .*: manifest unknown$"):
        pin_others({"ENGINE": str(program), "PIN_KAFKA": "gone.example/kafka:4", **given}, pins)
    assert json.loads(pins.read_text()) == {"prometheus": f"x/prometheus@{DIGEST}", "ilp": f"x/ilp@{DIGEST}"}
    assert {line.split()[-1] for line in asked(program)} == {"gone.example/kafka:4"}


def test_an_engine_that_completes_no_name_is_one_line(program: Path, tmp_path: Path) -> None:
    with pytest.raises(StartError) as refused:
        pin_others({"ENGINE": str(program)}, tmp_path / "pins.json")
    (line,) = str(refused.value).splitlines()
    assert line.startswith("gateway: ")
    assert "make pin MIRROR=registry/path" in line
    assert "PIN_GATEWAY=registry/path/caddy:2" in line


def test_a_mirror_gives_every_image_the_name_of_its_registry(program: Path, tmp_path: Path) -> None:
    pins = tmp_path / "pins.json"
    pin_others({"ENGINE": str(program), "MIRROR": "mirror.example/lib/", "FOR": "compose"}, pins)
    pulled = [line.split()[-1] for line in asked(program) if line.startswith("pull")]
    assert pulled == ["mirror.example/lib/caddy:2"]  # then it has them all
    inspected = {line.split()[-1] for line in asked(program)}
    assert inspected == {
        f"mirror.example/lib/{entry['upstream']}" for entry in catalogue("compose").values() if "upstream" in entry
    }
    assert json.loads(pins.read_text())["postgres"] == f"mirror.example/lib/postgres@{DIGEST}"  # as it was asked for


def test_only_the_images_of_the_use_are_asked_for(program: Path, tmp_path: Path) -> None:
    pins = tmp_path / "pins.json"
    given = {"PIN_STRIMZI_KAFKA": "mirror.example/strimzi:1", "PIN_POSTGRES": f"x/postgres@{DIGEST}"}
    pin_others({"ENGINE": str(program), "FOR": "kubernetes", **given}, pins)
    assert set(json.loads(pins.read_text())) == {"strimzi-kafka", "postgres"}
    assert {line.split()[-1] for line in asked(program)} == {"mirror.example/strimzi:1"}
    with pytest.raises(StartError, match=r"FOR .*compose kubernetes"):
        pin_others({"ENGINE": str(program), "FOR": "podman"}, pins)


@pytest.mark.parametrize("content", ['{"ilp": "x', "[]", '{"ilp": 1}', "\x00"])
def test_damaged_pins_are_one_line_that_names_the_file(tmp_path: Path, content: str) -> None:
    pins = tmp_path / "pins.json"
    pins.write_text(content, encoding="utf-8")
    for work in (lambda: read_pins("compose", pins), lambda: note("ilp", DIGEST, pins)):
        with pytest.raises(StartError, match=rf"^{pins} .* is damaged: .*`make pin`$") as refused:
            work()
        assert "\n" not in str(refused.value)
    with pytest.raises(RenderError, match=rf"^{pins} .* is damaged: .*`make pin`$"):
        manifest_pins(pins)
    assert pins.read_text(encoding="utf-8") == content


@pytest.mark.parametrize(("variable", "hint"), [("PIN_KAFFKA", "PIN_KAFKA"), ("PIN_X", "PIN_GATEWAY")])
def test_a_name_of_no_image_is_not_ignored(program: Path, tmp_path: Path, variable: str, hint: str) -> None:
    with pytest.raises(StartError, match=rf"^{variable}: .*{hint}"):
        pin_others({"ENGINE": str(program), variable: f"x/kafka@{DIGEST}"}, tmp_path / "pins.json")
    assert asked(program) == []


def test_an_engine_that_is_not_here_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(StartError, match=r"^ENGINE=nosuch: .*no such program is here$"):
        pin_others({"ENGINE": "nosuch"}, tmp_path / "pins.json")


def test_no_name_of_an_image_has_a_registry() -> None:
    names = [entry["upstream"] for entry in catalogue().values() if "upstream" in entry]
    assert len(names) >= 4
    assert [name for name in names if "." in name.partition("/")[0] and "/" in name] == []


def _metadata(**values: str) -> Message:
    message = Message()
    for name, value in values.items():
        for line in value.split("|"):
            message[name.replace("_", "-")] = line
    return message


@pytest.mark.parametrize(
    ("metadata", "licence"),
    [
        ({"License_Expression": "Apache-2.0 OR BSD-3-Clause"}, "Apache-2.0 OR BSD-3-Clause"),
        ({"License": "MIT"}, "MIT"),
        ({"License": "Apache 2"}, "Apache-2.0"),
        ({"Classifier": "Programming Language :: Python|License :: OSI Approved :: MIT License"}, "MIT"),
        ({"License": "see LICENSE", "Classifier": "License :: OSI Approved :: BSD License"}, "BSD-3-Clause"),
        ({"Classifier": "License :: OSI Approved :: GNU General Public License v3 (GPLv3)"}, ""),
        ({}, ""),
    ],
)
def test_a_package_says_its_licence_in_several_ways(metadata: Mapping[str, str], licence: str) -> None:
    assert licence_of(_metadata(**metadata)) == licence


@pytest.mark.parametrize(
    ("expression", "allowed"),
    [
        ("MIT", True),
        ("MPL-2.0 AND (Apache-2.0 OR MIT)", True),
        ("MIT OR GPL-2.0-only", False),
        ("GPL-3.0-or-later WITH GCC-exception-3.1", False),
        ("AGPL-3.0-only", False),
        ("", False),
    ],
)
def test_permissive_licences_and_the_mpl_are_allowed(expression: str, *, allowed: bool) -> None:
    assert is_allowed(expression) is allowed


def test_every_locked_package_of_the_image_has_an_allowed_licence() -> None:
    locked = re.findall(r"^([a-z0-9][^=\s]*)==", (REQUIREMENTS / "monitoring.txt").read_text(), re.MULTILINE)
    assert len(locked) > 40
    licences = {name: licence_of(message) for name in locked if isinstance(message := _installed(name), Message)}
    assert licences.keys() == set(locked)
    assert refused(licences) == []


def _installed(name: str) -> object:
    return distribution(name).metadata


def test_the_four_services_have_the_same_packages() -> None:
    """One image for all of them."""
    assert len({(REQUIREMENTS / f"{service}.txt").read_text() for service in SERVICES}) == 1


def test_debian_says_licences_in_two_ways() -> None:
    machine_readable = "Format: x\n\nFiles: *\nLicense: GPL-2+\n text\n\nFiles: a\nLicense: BSD-3-clause\n"
    in_words = "It is under the GPL, see /usr/share/common-licenses/GPL-3."
    assert licences_of_debian(machine_readable) == ["BSD-3-clause", "GPL-2+"]
    assert licences_of_debian(in_words) == ["GPL-3"]
    assert licences_of_debian("This is in the public domain.") == ["public-domain"]
    assert licences_of_debian("All rights reserved.") == []
    assert refused_of_debian({"a": ["GPL-3"], "b": [], "c": ["AGPL-3"], "d": ["non-free"]}) == ["b", "c", "d"]


def test_a_bill_of_the_locked_packages_is_valid_cyclonedx(tmp_path: Path) -> None:
    site = tmp_path / "site" / "anyio-4.0.dist-info"
    site.mkdir(parents=True)
    (site / "METADATA").write_text("Metadata-Version: 2.4\nName: AnyIO\nVersion: 4.0\nLicense-Expression: MIT\n\nText")
    (tmp_path / "status").write_text(
        "Package: bash\nStatus: install ok installed\nVersion: 5.2-1\nArchitecture: amd64\nDescription: a\n b: c\n\n"
        "Package: gone\nStatus: deinstall ok config-files\nVersion: 1\nArchitecture: all\n"
    )
    (tmp_path / "known").write_text(f"Package: bash\nVersion: 5.2-1\nSHA256: {'a' * 64}\n")
    (tmp_path / "bash").mkdir()
    (tmp_path / "bash" / "copyright").write_text("License: GPL-3+\n")
    python = python_components(tmp_path / "site", {"anyio": "b" * 64})
    debian = debian_components(tmp_path / "status", tmp_path / "known", tmp_path)
    bill = bill_of([*python, *debian])
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(json.dumps(bill)) is None
    assert [(each["name"], each["version"], each["hashes"][0]["content"][0]) for each in bill["components"]] == [
        ("anyio", "4.0", "b"),
        ("bash", "5.2-1", "a"),
    ]


def test_the_containerfile_begins_with_any_base_and_ends_without_rights() -> None:
    lines = (ROOT / "deploy" / "images" / "Containerfile").read_text(encoding="utf-8").splitlines()
    instructions = [line for line in lines if line and not line.startswith("#")]
    assert instructions[0] == "ARG BASE=debian:12-slim"
    last = "\n".join(instructions[instructions.index("FROM scratch") :])
    assert "USER 10001:10001" in last
    assert "RUN" not in last
    assert all("--require-hashes" in line or "--no-index" in line for line in _installs(instructions))


@pytest.mark.parametrize(("base", "pull"), [("", "--pull"), ("debian:12-slim", "--pull"), (LOCAL_BASE, "--pull-never")])
def test_a_base_is_fetched_unless_it_was_made_here(base: str, pull: str) -> None:
    assert [word for word in Buildah("buildah").command(base) if word.startswith("--pull")] == [pull]


def _installs(instructions: list[str]) -> list[str]:
    joined = re.sub(r"\\\n\s*", " ", "\n".join(instructions))
    return [
        part
        for part in re.split(r"\n|&&", joined)
        if re.search(r"\bpip .*\b(install|wheel)\b", part) and "apt" not in part
    ]
