"""Show reports: one line per task and per assignment, survivors with their diffs, and whether the goals are met."""

from collections import defaultdict

__all__ = ["broken_goals", "totals", "write_details", "write_table"]

COLUMNS = ("variants", "mistakes", "caught", "own_sentence", "mutants", "hidden", "visible", "diagnosed")
LISTS = ("refused", "missed", "wrong_sentences", "unsteady", "survivors", "equivalents", "stale")
HEADS = (
    *("variants", "named mistakes: caught", "in their own sentence", "in another's"),
    *("mutants killed: hidden", "visible", "named", "by chance", "equivalent"),
)


def totals(reports):
    """Return {assignment: summed numbers} in the order of the reports."""
    by_assignment = defaultdict(lambda: dict.fromkeys((*COLUMNS, *LISTS), 0))
    for report in reports:
        sums = by_assignment[report.assignment]
        for name in COLUMNS:
            sums[name] += getattr(report, name)
        for name in LISTS:
            sums[name] += len(getattr(report, name))
    return dict(by_assignment)


def broken_goals(reports):
    """Return one line for each goal that is not met."""
    goals = []
    for who, t in totals(reports).items():
        goals += [f"{who}: {t['refused']} right answers lose points"] * (t["refused"] > 0)
        goals += [f"{who}: {t['missed']} named mistakes keep all points"] * (t["missed"] > 0)
        goals += [f"{who}: {t['wrong_sentences']} wrong sentences"] * (t["wrong_sentences"] > 0)
        goals += [f"{who}: {t['stale']} records of equivalent mutants are out of date"] * (t["stale"] > 0)
        for name, of, least in (
            ("own_sentence", "mistakes", 90),
            ("hidden", "mutants", 99),
            ("visible", "mutants", 95),
        ):
            share = 100 * t[name] / t[of] if t[of] else 100.0
            goals += [f"{who}: {name} {share:.1f} %, expected at least {least} %"] * (share < least)
    return goals


def write_table(reports, by_task=True):
    """Return the table in Markdown."""
    lines = [f"| task | {' | '.join(HEADS)} |", "|---" * (len(HEADS) + 1) + "|"]
    if by_task:
        lines += [_row(report.task, vars(report) | {n: len(getattr(report, n)) for n in LISTS}) for report in reports]
    sums = totals(reports)
    lines += [_row(f"**{name}**", t) for name, t in sums.items()]
    if len(sums) > 1:
        lines.append(_row("**all**", {name: sum(t[name] for t in sums.values()) for name in (*COLUMNS, *LISTS)}))
    return "\n".join(lines)


def write_details(reports):
    """Return the findings, task by task: survivors with their diffs."""
    lines = []
    for report in reports:
        details = [f"correct, but refused: {text}" for text in report.refused]
        details += [f"named mistake not caught: {text}" for text in report.missed]
        details += [f"wrong message: {text}" for text in report.wrong_sentences]
        details += [f"named with some seeds only:\n{diff}" for diff in report.unsteady]
        details += report.stale
        for s in report.survivors:
            seeds = f" (seeds {', '.join(map(str, s.seeds))})" if s.seeds else ""
            details.append(f"survives the {s.where} tests{seeds}, {s.kind}:\n{s.diff}")
        if details:
            lines += [f"\n{report.task}", *(f"  {text}".replace("\n", "\n      ") for text in details)]
    return "\n".join(lines)


def _row(name, t):
    cells = (
        *(f"{t['variants']} of {t['variants'] + t['refused']}", f"{t['caught']} of {t['mistakes']}"),
        *(t["own_sentence"], t["wrong_sentences"]),
        f"{t['hidden']} of {t['mutants']}{_share(t['hidden'], t['mutants'])}",
        f"{t['visible']}{_share(t['visible'], t['mutants'])}",
        *(t["diagnosed"], t["unsteady"], t["equivalents"]),
    )
    return f"| {name} | {' | '.join(map(str, cells))} |"


def _share(part, total):
    return f" ({100 * part / total:.1f} %)" if total else ""
