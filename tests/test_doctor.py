"""The self-test of the sandbox: all is closed inside, and each probe detects an open sandbox."""

import json
import socket
import tempfile

import pytest

from autograder.__main__ import main
from autograder.sandbox import doctor
from autograder.sandbox.kernel import Kernel

pytestmark = pytest.mark.slow


def test_the_sandbox_of_this_machine_is_closed(bwrap, course):
    findings = list(doctor.examine(course))
    assert [f"{f.group}: {f.what} ({f.detail})" for f in findings if not f.closed] == []
    assert {f.group for f in findings} == {"sandbox", "network", "files", "processes", "memory", "time"}
    assert all(f.detail for f in findings)


# What a probe needs of this machine to succeed without a sandbox, and does no harm there.
OPEN = [
    ("network", "servers of this machine"),
    ("network", "abstract sockets of this machine"),
    ("files", "the course folder"),
    ("files", "temporary files of this machine"),
    ("files", "the task specs and the judge"),
    ("files", "writing to any disk"),
    ("processes", "seeing others"),
    ("processes", "environment variables of the grader"),
]


@pytest.fixture(scope="module")
def open_probe(tmp_path_factory):
    """Return a function that tries a probe in a kernel without a sandbox."""
    with doctor._targets("chainrule-open") as port, tempfile.NamedTemporaryFile() as secret:
        values = {"token": "chainrule-open", "port": port, "secret": secret.name, "course": __file__}
        with Kernel(tmp_path_factory.mktemp("open"), doctor.SMALL, "none") as kernel:
            yield lambda code: doctor._run_probe(kernel, code.format(SMALL=doctor.SMALL, **values))


@pytest.mark.parametrize(("group", "what"), OPEN)
def test_a_probe_detects_an_open_sandbox(open_probe, group, what):
    closed, _ = open_probe(doctor.PROBES[group][what])
    assert not closed


@pytest.mark.parametrize("code", ["nonsense", "1 +", "'a' + 1"])
def test_a_probe_with_a_mistake_proves_nothing(open_probe, code):
    assert open_probe(code)[0] is False


def test_the_targets_of_the_probes_exist_outside():
    with doctor._targets("chainrule-there") as port:
        socket.create_connection(("127.0.0.1", port), 2).close()
        assert doctor._running("chainrule-there")
    assert not doctor._running("chainrule-there")


@pytest.fixture
def report_findings(monkeypatch):
    """Make the command report these findings."""

    def use(*findings):
        monkeypatch.setattr("autograder.sandbox.bubblewrap.require_sandbox", lambda: None)
        monkeypatch.setattr(doctor, "examine", lambda course: iter(findings))

    return use


CLOSED = doctor.Finding("network", "the internet", True, "Network is unreachable")
WIDE_OPEN = doctor.Finding("files", "the course folder", False, "")


def test_the_command_lists_what_is_closed(report_findings, course, capsys):
    report_findings(CLOSED)
    assert main(["--course", str(course.root), "doctor"]) == 0
    assert capsys.readouterr().out == "closed  network: the internet  (Network is unreachable)\n"


def test_the_command_fails_if_something_is_open(report_findings, course, capsys):
    report_findings(CLOSED, WIDE_OPEN)
    assert main(["--course", str(course.root), "doctor"]) == 1
    assert "OPEN    files: the course folder" in capsys.readouterr().out


def test_the_command_prints_json(report_findings, course, capsys):
    report_findings(WIDE_OPEN)
    main(["--course", str(course.root), "doctor", "--json"])
    assert json.loads(capsys.readouterr().out)[0]["closed"] is False


@pytest.mark.parametrize("missing", ["bwrap", "prlimit", "setpriv"])
def test_without_a_sandbox_the_command_and_grading_stop_with_one_line(course, capsys, monkeypatch, missing):
    monkeypatch.setattr(
        "autograder.sandbox.bubblewrap.shutil.which", lambda name: None if name == missing else f"/usr/bin/{name}"
    )
    for command in (["doctor"], ["grade", "assignment1"]):
        (course.root / "submitted" / "ada" / "assignment1").mkdir(parents=True, exist_ok=True)
        assert main(["--course", str(course.root), *command]) == 1
        (line,) = capsys.readouterr().err.splitlines()
        assert f"expected the command {missing}, found none" in line
        assert "--sandbox none" in line
