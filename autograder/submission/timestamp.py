"""The time of a submission: `submission_time` reads timestamp.txt as nbgrader, an editor or another system wrote it.

Nothing here depends on the zone of this machine or on today's date.
"""

import codecs
import re
from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

from dateutil import parser
from dateutil.tz import tzoffset
from nbgrader.utils import parse_utc

__all__ = ["submission_time"]

PLAUSIBLE_YEARS = range(2000, 2100)
LONGEST_TIMESTAMP = 200
# Hours of abbreviations that zoneinfo does not list: those of RFC 5322, and the summer times of Europe.
ABBREVIATIONS = {"EDT": -4, "CDT": -5, "CST": -6, "MDT": -6, "PDT": -7, "PST": -8, "WEST": 1, "CEST": 2, "EEST": 3}
ENCODINGS = {codecs.BOM_UTF8: "utf-8-sig", codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}
# The parser takes what a text leaves out from a default. If two defaults give two times, the text is not complete.
DEFAULTS = datetime(2000, 1, 1), datetime(2004, 2, 2)


def submission_time(submitted):
    """Return (time, note): the time in timestamp.txt in UTC, as text, or None, and a message on what is wrong or "".

    submitted: {relative path: bytes}. A time without a zone is read as UTC, as nbgrader does.
    """
    data = submitted.get("timestamp.txt")
    if data is None:
        return None, ""
    try:
        if len(data) > LONGEST_TIMESTAMP:
            raise ValueError(f"{len(data)} bytes")
        time, unknown = _time(_text(data))
        if time.year not in PLAUSIBLE_YEARS:
            raise ValueError(f"the year {time.year}")
    except Exception as error:  # a student can write anything here, and a parser of dates can raise anything
        message = " ".join(str(error).split())[:100]
        return None, (
            f"timestamp.txt: expected a time such as 2026-01-02 03:04:05 UTC, got {message}; "
            "it was left out, so that it counts neither as early nor as late"
        )
    note = f"timestamp.txt: the zone {ascii(unknown)} is not known, so that the time was read as UTC" if unknown else ""
    return f"{time:%Y-%m-%d %H:%M:%S.%f} UTC", note


def _text(data):
    """Return the text of a file on one line, without a byte order mark."""
    for mark, encoding in ENCODINGS.items():
        if data.startswith(mark):
            return " ".join(data.decode(encoding).split())
    return " ".join(data.replace(b"\0", b"").decode().split())  # UTF-16 without a mark


def _time(text):
    """Return (the time in UTC without a zone, the name of an unknown zone or "")."""
    unknown = []
    words = text.replace("[", " ").replace("]", " ").split()
    # The parser would read UTC+3 as POSIX does, with the opposite sign.
    words = [re.sub(r"^(?:UTC|GMT)(?=[+-]\d)", "", word) for word in words]
    last_zone = _zone(words[-1]) if len(words) > 1 else None

    def zone(name, offset):
        if offset is not None:
            return tzoffset(None, offset)
        named_zone = name and _zone(name)
        if name and named_zone is None:
            unknown.append(name)
        return named_zone

    # By itself the parser would read abbreviations of this machine's zone, and ignore all others.
    dates = " ".join(words[:-1] if last_zone else words)
    first, second = (parser.parse(dates, default=default, tzinfos=zone) for default in DEFAULTS)
    if first != second:
        raise ValueError(f"{ascii(text)}, which is no whole date")
    if first.tzinfo is None and last_zone:
        first = first.replace(tzinfo=last_zone)
    return parse_utc(first), unknown[0] if unknown else ""


def _zone(name):
    """Return the zone of a name, or None."""
    if name.upper() in ("UTC", "GMT", "Z"):
        return UTC
    try:
        return ZoneInfo(name)
    except (OSError, ValueError, KeyError):  # the last one is zoneinfo's
        return timezone(timedelta(hours=ABBREVIATIONS[name])) if name in ABBREVIATIONS else None
