"""timestamp.txt in the formats of nbgrader, editors and other systems, and in invalid ones."""

import os
import subprocess
import sys

import pytest

from autograder.submission.timestamp import submission_time

WINTER, SUMMER = "2026-01-02 03:04:05", "2026-07-02 03:04:05"


def read(data):
    return submission_time({"timestamp.txt": data if isinstance(data, bytes) else data.encode()})


@pytest.mark.parametrize(
    ("text", "time"),
    [
        (f"{WINTER}.600000 UTC", "03:04:05.600000"),
        (WINTER, "03:04:05.000000"),
        (f"{WINTER} utc", "03:04:05.000000"),
        (f"{WINTER}\n", "03:04:05.000000"),
        (f"\r\n{WINTER} UTC\r\n\r\n", "03:04:05.000000"),
        (f"{WINTER}\u00a0UTC", "03:04:05.000000"),
        ("2026-01-02T03:04:05Z", "03:04:05.000000"),
        ("2026-01-02t03:04:05z", "03:04:05.000000"),
        ("20260102T030405Z", "03:04:05.000000"),
        ("2026-01-02T03:04", "03:04:00.000000"),
        ("2026-01-02T03:04:05.123456789+02:00", "01:04:05.123456"),
        ("2026-01-02T03:04:05+0200", "01:04:05.000000"),
        ("2026-01-02T03:04:05+02:00[Europe/Berlin]", "01:04:05.000000"),
        (f"{WINTER} +0200", "01:04:05.000000"),
        (f"{WINTER} +02:00", "01:04:05.000000"),
        (f"{WINTER} -03", "06:04:05.000000"),
        (f"{WINTER} UTC+2", "01:04:05.000000"),
        (f"{WINTER} GMT+02:00", "01:04:05.000000"),
        (f"{WINTER} +0000 UTC", "03:04:05.000000"),
        (f"{WINTER} Europe/Berlin", "02:04:05.000000"),
        (f"{SUMMER} Europe/Berlin", "01:04:05.000000"),
        (f"{SUMMER} America/Argentina/Buenos_Aires", "06:04:05.000000"),
        (f"{WINTER} CET", "02:04:05.000000"),
        (f"{SUMMER} CEST", "01:04:05.000000"),
        (f"{SUMMER} PDT", "10:04:05.000000"),
        (f"{WINTER} EST", "08:04:05.000000"),
        (f"{WINTER} PM", "15:04:05.000000"),
        (f"{WINTER},6 UTC", "03:04:05.600000"),
        ("Fri Jan  2 03:04:05 CET 2026", "02:04:05.000000"),
        ("Fri Jan  2 03:04:05 PM CET 2026", "14:04:05.000000"),
        ("Fri, 02 Jan 2026 03:04:05 +0100", "02:04:05.000000"),
        ("Fri Jan 2 03:04:05 2026 +0100", "02:04:05.000000"),
        ("Friday, January 2, 2026 3:04:05 PM", "15:04:05.000000"),
    ],
)
def test_a_time_in_another_form_is_the_same_time(text, time):
    timestamp, note = read(text)
    assert (timestamp[11:], note) == (f"{time} UTC", "")
    assert timestamp[:10] in (WINTER[:10], SUMMER[:10])


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
def test_any_editor_may_have_saved_it(encoding):
    mark = "\ufeff" if encoding.endswith("e") else ""  # Python leaves it to us there, and a file has it
    for start in (mark, ""):
        assert read(f"{start}{WINTER} UTC\r\n".encode(encoding)) == (f"{WINTER}.000000 UTC", "")


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ("junk", "Unknown string format"),
        (b"\xff\xfe", "got String does not contain a date"),
        (b"\xc3\x28", "codec"),
        (b"1 " * 25_000_000, "50000000 bytes"),
        ("9999-12-31 23:59:59 -1000", "expected a time"),
        ("0001-01-01 00:00:00 UTC", "the year 1"),
        ("", "expected a time"),
        ("03:04:05", "no whole date"),
        ("Friday 03:04", "no whole date"),
        ("1767323045", "expected a time"),
        (f"{WINTER} /etc/passwd", "expected a time"),
        (f"{WINTER} ../../etc/passwd", "expected a time"),
    ],
)
def test_only_a_plausible_time_is_accepted(data, message):
    timestamp, note = read(data)
    assert timestamp is None
    assert message in note
    assert "counts neither as early nor as late" in note


def test_an_unknown_zone_is_named():
    timestamp, note = read(f"{WINTER} XYZ")
    assert (timestamp, note.count("'XYZ' is not known")) == (f"{WINTER}.000000 UTC", 1)


def test_the_zone_of_this_machine_does_not_matter():
    lines = [f"{WINTER} XYZ", f"{SUMMER} PDT", f"{SUMMER} CEST", WINTER, f"{WINTER} EST"]
    script = "import sys; from autograder.submission.timestamp import submission_time\n" + "".join(
        f"print(submission_time({{'timestamp.txt': {line.encode()!r}}}))\n" for line in lines
    )
    outputs = {
        subprocess.run(
            [sys.executable, "-c", script],
            env=os.environ | {"TZ": zone},
            capture_output=True,
            encoding="utf-8",
            check=True,
        ).stdout
        for zone in ("UTC", "Europe/Berlin", "XYZ-5PDT")
    }
    assert len(outputs) == 1
