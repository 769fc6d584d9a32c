"""The round through nbgrader's exchange, by three users of the system: an instructor and two students."""

import json
import os
import pwd
import re
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

import pytest
from machine import makes_user_namespaces
from small_course import ASSIGNMENT, NOTEBOOK, make_course

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore")]
BESIDE = Path(sys.executable).parent
# A Python in a folder that is root's alone is shown to all, in a namespace of mounts of its own.
SHOW = """
    mount --bind "$2" "$3" && mount -t tmpfs -o mode=755 none "$1" && mkdir -p "$2" && mount --bind "$3" "$2" || exit 99
    shift 3; exec "$@"
"""
PAGE = f"feedback/*/{NOTEBOOK.removesuffix('.ipynb')}.html"


@dataclass
class User:
    """A user of the system with a home folder."""

    account: pwd.struct_passwd
    home: Path
    before: tuple = ()

    @property
    def name(self):
        return self.account.pw_name

    def run(self, *arguments, code=0):
        """Run a command in the user's home as the user; return what it prints on standard output."""
        completed = subprocess.run(
            [*self.before, *map(str, arguments)],
            cwd=self.home,
            env={"HOME": str(self.home), "PATH": f"{BESIDE}{os.pathsep}{os.environ['PATH']}", "OMP_NUM_THREADS": "1"},
            capture_output=True,
            encoding="utf-8",
            check=False,
        )
        assert completed.returncode == code, (arguments, completed.stdout[-2000:], completed.stderr[-4000:])
        return completed.stdout

    def nbgrader(self, command, *arguments):
        return self.run(BESIDE / "nbgrader", command, ASSIGNMENT, *arguments)


def command_prefix(account, place):
    """Return the command prefix that runs a command as a user. place: an empty folder."""
    user = "setpriv", f"--reuid={account.pw_uid}", f"--regid={account.pw_gid}", "--clear-groups", "--"
    closed = [str(path) for path in Path(sys.base_prefix).parents if not path.stat().st_mode & 0o001]
    if not closed:
        return user
    return "unshare", "--mount", "sh", "-c", SHOW, "sh", closed[-1], sys.base_prefix, str(place), *user


@pytest.fixture
def users(root):
    """An instructor, whose home is a course with a release, and two students; all know the exchange."""
    if os.getuid() != 0:
        pytest.skip("only root can act as several users")
    folder = Path(tempfile.mkdtemp(prefix="cr", dir="/tmp"))
    folder.chmod(0o755)
    try:
        (folder / "exchange").mkdir()
        (folder / "exchange").chmod(0o777)
        (folder / "python").mkdir()
        accounts = [account for account in pwd.getpwall() if account.pw_uid][:3]
        users = [
            User(account, folder / account.pw_name, command_prefix(account, folder / "python")) for account in accounts
        ]
        make_course(root, users[0].home)
        for user in users:
            user.home.mkdir(exist_ok=True)
            with open(user.home / "nbgrader_config.py", "a", encoding="utf-8") as file:
                file.write(f"\nc = get_config()\nc.Exchange.root = {str(folder / 'exchange')!r}\n")
                file.write("c.CourseDirectory.course_id = 'chainrule'\n")
            for path in (user.home, *user.home.rglob("*")):
                os.chown(path, user.account.pw_uid, user.account.pw_gid)
            user.home.chmod(0o700)
        try:
            users[1].run(sys.executable, "-c", "import autograder.grading.classroom, numpy")
        except (AssertionError, OSError) as error:
            pytest.skip(f"another user cannot read this Python: {error}")
        if not makes_user_namespaces(users[0].before):
            pytest.skip("the kernel refuses another user a user namespace here, as it does in a chroot")
        yield users
    finally:
        shutil.rmtree(folder)


def submit(user, text):
    """Write a recognisable text into the notebook and submit it."""
    path = user.home / ASSIGNMENT / NOTEBOOK
    notebook = json.loads(path.read_text(encoding="utf-8"))
    notebook["cells"][0]["source"] = f"# {text}\nimport numpy as np\nfrom chainrule import check"
    path.write_text(json.dumps(notebook), encoding="utf-8")
    (user.home / ASSIGNMENT / "notes.txt").write_text(text, encoding="utf-8")
    user.nbgrader("submit")


def pages(user):
    """Return {folder of a submission: text of the page} that a student has fetched."""
    user.nbgrader("fetch_feedback")
    return {path.parent.name: path.read_text(encoding="utf-8") for path in sorted((user.home / ASSIGNMENT).glob(PAGE))}


def grade(instructor, sandbox):
    output = instructor.run(BESIDE / "autograder", "grade", ASSIGNMENT, "--json", "--sandbox", sandbox)
    return {result["student"]: result for result in json.loads(output)}


def give_feedback(instructor):
    instructor.nbgrader("generate_feedback")
    instructor.nbgrader("release_feedback")


def test_feedback_reaches_its_own_student_only(users, sandbox):
    instructor, ada, ben = users
    instructor.nbgrader("release_assignment")
    for student in (ada, ben):
        assert ASSIGNMENT in student.run("sh", "-c", f"'{BESIDE}/nbgrader' list 2>&1")
        student.nbgrader("fetch_assignment")
        submit(student, f"written by {student.name}")
    instructor.nbgrader("collect")
    # Work that was copied in manually has no secret, and does not block the other pages.
    for student, timestamp in (("aaa", None), ("zoe", b"\xff when I was ready")):
        folder = instructor.home / "submitted" / student / ASSIGNMENT
        instructor.run("cp", "-r", instructor.home / "submitted" / ada.name, folder.parent)
        (folder / "submission_secret.txt").unlink()
        (folder / "timestamp.txt").unlink()
        if timestamp:
            (folder / "timestamp.txt").write_bytes(timestamp)
            (folder / "submission_secret.txt").write_bytes(timestamp)
    assert {result["error"] for result in grade(instructor, sandbox).values()} == {""}
    give_feedback(instructor)
    for student, other in ((ada, ben), (ben, ada)):
        (page,) = pages(student).values()
        assert f"written by {student.name}" in page
        assert f"written by {other.name}" not in page
    # The names of the pages cannot be listed by students, and all differ.
    outbox = instructor.home.parent / "exchange" / "chainrule" / "feedback"
    assert len(list(outbox.glob("*.html"))) == 4
    ben.run("ls", outbox, code=2)

    # A second submission has a page of its own beside the first one.
    submit(ada, "written once more")
    instructor.nbgrader("collect", "--update")
    grade(instructor, sandbox)
    give_feedback(instructor)
    first, second = (re.search("written[^<]*", page)[0].strip() for page in pages(ada).values())
    assert (first, second) == (f"written by {ada.name}", "written once more")
    assert len(pages(ben)) == 1
