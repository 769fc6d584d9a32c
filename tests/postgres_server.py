"""A PostgreSQL server on a socket in a temporary folder: `server`; `Server.course` gives a course that uses it."""

import os
import pwd
import shutil
import subprocess
import tempfile
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import sqlalchemy

from autograder.course.folder import Course

__all__ = ["programs", "server"]

PASSWORD = "a%b @:/?#"  # it is quoted in the address


def programs():
    """The folder of initdb and pg_ctl, which Debian does not put on PATH; None if there are none."""
    found = [Path(path).parent for path in [shutil.which("initdb")] if path]
    found += sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    return next((folder for folder in found if all((folder / name).exists() for name in ("initdb", "pg_ctl"))), None)


@dataclass(frozen=True)
class Server:
    """A running server. folder: where its socket is."""

    folder: Path

    def url(self, database, password=PASSWORD):
        """The address of a database, as it stands in db_url."""
        query = {"host": str(self.folder)}
        url = sqlalchemy.URL.create("postgresql", "grader", password, database=database, query=query)
        return url.render_as_string(hide_password=False)

    def create(self, database, template="template0"):
        """Make a database anew, as a copy of another one that nobody uses."""
        engine = sqlalchemy.create_engine(self.url("postgres"), isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            connection.execute(sqlalchemy.text(f"DROP DATABASE IF EXISTS {database} WITH (FORCE)"))
            connection.execute(sqlalchemy.text(f"CREATE DATABASE {database} TEMPLATE {template}"))
        engine.dispose()

    def course(self, original, folder, database):
        """Return a copy of a course, in a new folder, whose gradebook is a database."""
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(original, folder, symlinks=True)
        (folder / "gradebook.db").unlink(missing_ok=True)
        config = folder / "nbgrader_config.py"
        lines = [line for line in config.read_text(encoding="utf-8").splitlines() if "db_url" not in line]
        lines.append(f"get_config().CourseDirectory.db_url = {self.url(database)!r}")
        config.write_text("\n".join(lines) + "\n", encoding="utf-8")
        return Course(folder)


@contextmanager
def server():
    """Give a `Server`. Where root runs the tests it belongs to nobody: PostgreSQL refuses to run as root."""
    folder = Path(tempfile.mkdtemp(prefix="pg"))
    user = []
    if os.geteuid() == 0:
        nobody = pwd.getpwnam("nobody")
        os.chown(folder, nobody.pw_uid, nobody.pw_gid)
        user = ["setpriv", f"--reuid={nobody.pw_uid}", f"--regid={nobody.pw_gid}", "--clear-groups"]
    (folder / "password").write_text(PASSWORD, encoding="utf-8")
    (folder / "password").chmod(0o644)
    start = {"cwd": folder, "check": True, "stdout": subprocess.DEVNULL, "stdin": subprocess.DEVNULL}
    data, control = ["-D", str(folder / "data")], [*user, str(programs() / "pg_ctl")]
    login = ["--auth=scram-sha-256", f"--pwfile={folder / 'password'}", "--username=grader"]
    options = f"-c listen_addresses='' -c unix_socket_directories='{folder}' -c fsync=off"
    try:
        command = [*user, str(programs() / "initdb"), *data, *login, "--no-sync", "--encoding=UTF8", "--locale=C"]
        subprocess.run(command, **start)
        subprocess.run([*control, *data, "-w", "-t", "600", "-l", str(folder / "log"), "-o", options, "start"], **start)
        yield Server(folder)
    finally:
        if (folder / "data" / "postmaster.pid").exists():
            subprocess.run([*control, *data, "-w", "-m", "immediate", "stop"], **start)
        shutil.rmtree(folder, ignore_errors=True)
