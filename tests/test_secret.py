"""The seeds of hidden tests follow from a secret of the course, which only the instructor has."""

import json
import os
import stat

import pytest
from small_course import ASSIGNMENT, Attack, make_course, write_submission

from autograder.commands.command_line import main
from autograder.course.answer_key import VISIBLE_SEED
from autograder.course.folder import read_folder
from autograder.course.release import release
from autograder.course.secret import FIRST_HIDDEN_SEED, SECRET_FILE, course_secret, hidden_seed
from autograder.errors import GradingError
from autograder.grading.classroom import grade, pool
from autograder.grading.submission import Options
from autograder.plainfile.files import MAX_SEED
from autograder.replay.verdicts import replay_record

pytestmark = pytest.mark.filterwarnings("ignore")
WRONG = Attack("zoe", "", {}, {"answer": "def max_norm(W, c):\n    return 0 * W\n"})


@pytest.fixture(scope="module")
def small(root, tmp_path_factory):
    course = make_course(root, tmp_path_factory.mktemp("secret") / "course")
    write_submission(course, "zoe", WRONG)
    return course


def graded(course, sandbox):
    with pool(1) as executor:
        (result,) = grade(course, ASSIGNMENT, Options(sandbox), executor=executor)
    assert result.error == ""
    return {v["seed"] for verdicts in result.verdicts.values() for v in verdicts}


def test_a_release_makes_the_secret_and_does_not_contain_it(course):
    release(course, ASSIGNMENT)
    secret = course_secret(course)
    assert stat.S_IMODE(os.stat(course.root / SECRET_FILE).st_mode) == 0o600
    assert not any(secret in data for data in read_folder(course.path("release", ASSIGNMENT)).values())
    release(course, ASSIGNMENT)
    assert course_secret(course) == secret


def test_a_hidden_seed_hangs_on_secret_assignment_and_student_and_is_never_the_visible_one(small):
    def seeds():
        return [hidden_seed(small, a, s) for a in ("assignment1", "assignment2") for s in ("zoe", "nfxmxdla", "\udcff")]

    before = seeds()
    assert seeds() == before
    (small.root / SECRET_FILE).write_text("0" * 64, encoding="ascii")
    after = seeds()
    assert len({*before, *after}) == 12
    assert VISIBLE_SEED < FIRST_HIDDEN_SEED <= min(before + after)
    assert max(before + after) < min(2**53, MAX_SEED)
    assert all(json.loads(json.dumps(float(seed))) == seed for seed in before)


def test_a_verdict_is_replayed_from_its_record_whatever_became_of_the_secret(small, sandbox):
    before = graded(small, sandbox)
    assert before == {hidden_seed(small, ASSIGNMENT, "zoe")}
    (small.root / SECRET_FILE).unlink()
    (replayed,) = replay_record(small, ASSIGNMENT, "zoe", Options(sandbox))
    assert replayed.differences() == []
    assert {replayed.verdict.seed} == before
    after = graded(small, sandbox)
    assert len(after) == 1
    assert after.isdisjoint(before)


@pytest.mark.parametrize("text", ["", "0" * 63, "x" * 64])
def test_a_damaged_secret_is_one_line_and_nothing_is_graded_or_overwritten(small, capsys, text):
    (small.root / SECRET_FILE).write_text(text, encoding="ascii")
    try:
        with pytest.raises(GradingError, match="expected 64 hexadecimal digits"):
            course_secret(small)
        code = main(["--course", str(small.root), "grade", ASSIGNMENT, "--sandbox", "none", "--json"])
        assert code == 1
        assert "put the old file back" in json.loads(capsys.readouterr().out)[0]["error"]
        assert (small.root / SECRET_FILE).read_text(encoding="ascii") == text
    finally:
        (small.root / SECRET_FILE).unlink()
