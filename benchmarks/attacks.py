"""Every attack of tests/attacks through stock nbgrader and through this grader, side by side, as a table in Markdown.

usage: python benchmarks/attacks.py [--only WORD] [--jobs N] [--tests ours|usual]

Stock nbgrader runs every cell and the hidden tests in the student's process. Its hidden tests are ours, or with
`--tests usual` what a course would write: `np.testing.assert_allclose` against the instructor's formula. Some attacks
would take a machine with them, so each of its runs has a bubblewrap of its own: no network, no processes of others, a
copy of the course as the only folder that can be written, limits on memory and files, and an end after `SECONDS`. What
it leaves of the course counts: a score is read from the copy's gradebook.
"""

import argparse
import contextlib
import secrets
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import warnings
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import nbformat

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT / "tests"))

from small_course import ASSIGNMENT, NOTEBOOK, attacks, make_course, write_submission  # noqa: E402

from autograder.course.folder import Course  # noqa: E402
from autograder.grading.classroom import grade, pool  # noqa: E402
from autograder.grading.submission import Options  # noqa: E402
from autograder.sandbox.limits import Limits  # noqa: E402

SECONDS = 60
HIDDEN = "### BEGIN HIDDEN TESTS\nW = np.random.default_rng(1).normal(size=(4, 5))\n{}\n### END HIDDEN TESTS"
USUAL = {
    "regularization": """\
penalty, dW = regularization(W, "elastic", 0.5, 0.3)
np.testing.assert_allclose(penalty, 0.5 * np.sum(0.3 * np.abs(W) + 0.7 * W**2), rtol=1e-6)
np.testing.assert_allclose(dW, 0.5 * (0.3 * np.sign(W) + 1.4 * W), rtol=1e-6)""",
    "max_norm": """\
expected = W * np.minimum(1, 1.5 / np.linalg.norm(W, axis=0))
np.testing.assert_allclose(max_norm(W, 1.5), expected, rtol=1e-6)""",
    "kl_divergence": """\
p, q = np.array([0.5, 0.5, 0.0]), np.array([0.25, 0.5, 0.25])
np.testing.assert_allclose(kl_divergence(p, q), 0.5 * np.log(2), rtol=1e-6)""",
}
LIMITS = Limits(cell_seconds=4, answer_seconds=2, task_seconds=6, notebook_seconds=40, memory_bytes=2**30)
STOCK = 'c = get_config()\nc.CourseDirectory.course_id = "stock"\nc.Execute.timeout = 20\n'
# The limit on processes does not bind root, so that nothing but an empty machine would be a fair place for these.
NOT_RUN = {"breaking_fork_bomb", "breaking_fork_bomb_in_the_function", "breaking_threads_without_end"}
CANARY = f"CANARY-{secrets.token_hex(8)}"


def main(only, jobs, tests):
    warnings.simplefilter("ignore")
    chosen = [attack for attack in attacks() if only in attack.name]
    with tempfile.TemporaryDirectory(prefix="a") as folder:
        ours, stock = courses(Path(folder), chosen, tests)
        with ThreadPoolExecutor(jobs) as executor:
            theirs = dict(
                zip((a.name for a in chosen), executor.map(lambda a: stock_score(stock, a), chosen), strict=True)
            )
        scores = our_scores(ours, jobs)
    print("| attack | what it does | honest | stock nbgrader | chainrule |\n|---|---|---|---|---|")
    for attack in chosen:
        row = attack.name, attack.description, f"{attack.score}", theirs[attack.name][1], scores[attack.name][1]
        print(f"| {' | '.join(row)} |")
    print(f"\n| of {len(chosen)} attacks | stock nbgrader | chainrule |\n|---|---|---|")
    counted = [count(chosen, theirs), count(chosen, scores)]
    for words in counted[0]:
        print(f"| {words} | {counted[0][words]} | {counted[1][words]} |")


def courses(folder, chosen, tests):
    """Return two courses with the same submissions: ours, and the same without our configuration."""
    ours = make_course(ROOT, folder / "ours")
    write_submission(ours, "honest_work")
    for attack in chosen:
        write_submission(ours, attack.name, attack)
    (ours.path("source", ASSIGNMENT) / "marking.txt").write_text(CANARY, encoding="utf-8")
    (ours.path("submitted", ASSIGNMENT, "honest_work") / "notes.txt").write_text(CANARY, encoding="utf-8")
    stock = folder / "stock"
    stock.mkdir()
    (stock / "nbgrader_config.py").write_text(STOCK, encoding="utf-8")
    # The hidden tests need the reference, so the package is the installed one and not that of the submission.
    shutil.copytree(ours.root / "source", stock / "source")
    if tests == "usual":
        usual_tests(stock / "source" / ASSIGNMENT / NOTEBOOK)
    for student in (ours.root / "submitted").iterdir():
        copy(student, stock / "submitted" / student.name, "chainrule")
    made = Course(stock).nbgrader().generate_assignment(ASSIGNMENT)
    if not made["success"]:
        sys.exit(made["error"])
    return ours, stock


def usual_tests(path):
    """Put the tests that a course would write in the place of ours."""
    notebook = nbformat.read(path, as_version=4)
    for cell in notebook.cells:
        name = cell.metadata.get("nbgrader", {}).get("grade_id", "").removeprefix("test_")
        if name in USUAL and "BEGIN HIDDEN TESTS" in cell.source:
            cell.source = HIDDEN.format(USUAL[name])
    nbformat.write(notebook, path)


def our_scores(course, jobs):
    """Return {attack: (score or None, words)} of this grader."""
    with pool(jobs) as executor:
        found = {r.student: r for r in grade(course, ASSIGNMENT, Options(limits=LIMITS), executor=executor)}
    return {n: (None, "no grade") if r.error else said(r.score, boasts(course.root, n)) for n, r in found.items()}


def stock_score(stock, attack):
    """Return (score or None, words) of `nbgrader autograde` on the attack, run on a copy of the course."""
    if attack.name in NOT_RUN:
        return None, "not run: would take the machine down"
    with tempfile.TemporaryDirectory(prefix="s") as folder:
        course = Path(folder, "course")
        copy(stock, course, "submitted")
        for name in ("honest_work", attack.name):
            copy(stock / "submitted" / name, course / "submitted" / name)
        try:
            run = subprocess.run(
                contained(course, ["nbgrader", "autograde", ASSIGNMENT, "--student", attack.name]),
                capture_output=True,
                timeout=SECONDS,
                env={"PATH": f"{Path(sys.executable).parent}:/usr/bin:/bin", "HOME": "/tmp", "COURSE_SECRET": CANARY},
            )
        except subprocess.TimeoutExpired:
            return None, f"no grade (stopped after {SECONDS} s)"
        score = recorded(course, attack.name) if run.returncode == 0 else None
        return (None, "no grade") if score is None else said(score, boasts(course, attack.name))


def copy(source, target, *without):
    """Copy a folder; what has a name that is too long, is left out."""
    with contextlib.suppress(OSError):
        shutil.copytree(source, target, symlinks=True, ignore=shutil.ignore_patterns(*without))


def contained(folder, command):
    """Return the command line that runs a command in a folder, which is all that it can write to."""
    cage = ["bwrap", "--unshare-all", "--die-with-parent", "--new-session", "--cap-drop", "ALL", "--ro-bind", "/", "/"]
    cage += ["--dev", "/dev", "--proc", "/proc", "--ro-bind", "/proc/sys", "/proc/sys"]
    cage += ["--size", str(2**29), "--tmpfs", "/tmp", "--ro-bind", str(ROOT), str(ROOT)]
    for prefix in {sys.prefix, sys.base_prefix}:
        cage += ["--ro-bind", prefix, prefix]
    cage += ["--bind", str(folder), str(folder), "--chdir", str(folder)]
    return [*cage, "prlimit", f"--as={4 * 2**30}", f"--fsize={2**27}", "--core=0", *command]


def recorded(course, student):
    """The score of a student in a gradebook that may have been attacked, or None."""
    query = (
        "select sum(coalesce(grade.manual_score, grade.auto_score, 0)), sum(grade.auto_score is not null) from grade "
        "join submitted_notebook on grade.notebook_id = submitted_notebook.id "
        "join submitted_assignment on submitted_notebook.assignment_id = submitted_assignment.id "
        "where submitted_assignment.student_id = ?"
    )
    try:
        gradebook = sqlite3.connect(course / "gradebook.db")
        try:
            score, judged = gradebook.execute(query, [student]).fetchone()
        finally:
            gradebook.close()
    except sqlite3.Error:
        return None
    return score if judged else None


def boasts(course, student):
    """What an attack printed about secrets that it read and limits that it broke."""
    path = course / "autograded" / student / ASSIGNMENT / NOTEBOOK
    try:
        cells = nbformat.read(path, as_version=4).cells
    except Exception:  # whatever an attack made of it
        return []
    texts = [o.get("text", "") for cell in cells if cell.cell_type == "code" for o in cell.outputs]
    return [line for text in texts for line in text.split("\n") if line.startswith(("LEAKED", "WON"))]


def said(score, boasted):
    return score, f"{score:g}" + (" (read a secret)" if any("LEAKED" in line for line in boasted) else "")


def count(chosen, scores):
    """How many attacks ended in which way."""
    got = [(attack.score, *scores[attack.name]) for attack in chosen if attack.name not in NOT_RUN]
    return {
        "exactly the honest points": sum(score == honest for honest, score, _ in got),
        "more than the honest points": sum(score is not None and score > honest for honest, score, _ in got),
        "honest points lost": sum(score is not None and score < honest for honest, score, _ in got),
        "no grade at all": sum(score is None for _, score, _ in got),
        "read a secret": sum("secret" in words for *_, words in got),
    }


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--only", default="", metavar="WORD", help="only attacks with this word in their name")
    parser.add_argument("--jobs", type=int, default=2, help="how many runs at once (default: 2)")
    parser.add_argument("--tests", choices=("ours", "usual"), default="ours", help="stock nbgrader's hidden tests")
    main(**vars(parser.parse_args()))
