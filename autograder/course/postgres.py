"""A gradebook in PostgreSQL, which several machines can reach: `only_one` at a time works on it, as `take_turns` says.

The lock in the course's folder (`lock`) is seen on one machine only. PostgreSQL ends its locks with the connection.
"""

import time
import zlib
from contextlib import contextmanager

from sqlalchemy import text
from sqlalchemy.pool import NullPool

from autograder.course.nbgrader_paths import create_engine

__all__ = ["is_postgres", "only_one", "take_turns"]

RUN, TRANSACTION = 0x6175, 0x6176  # the two locks
LOCK_SECONDS = 10  # for a row that formgrader or another command changes


def is_postgres(engine):
    """Return whether an engine or a connection is one of PostgreSQL."""
    return engine.dialect.name == "postgresql"


@contextmanager
def only_one(directory, patience):
    """Hold the lock of a course in PostgreSQL, if its gradebook is there; give whether no other command holds it.

    directory: nbgrader's CourseDirectory. patience: seconds to wait. The lock ends with this process.
    """
    engine = create_engine(directory.db_url, poolclass=NullPool)
    if not is_postgres(engine):
        yield True
        return
    connection = engine.connect().execution_options(isolation_level="AUTOCOMMIT")
    try:
        end = time.monotonic() + patience
        query = text("SELECT pg_try_advisory_lock(:lock, :course)")
        while not (held := connection.scalar(query, _keys(RUN, directory))) and time.monotonic() < end:
            time.sleep(0.1)
        yield held
    finally:
        connection.invalidate()  # closes it without a word to the server, which may be away


def take_turns(connection, directory):
    """Let one transaction of `autograder` after the other change a gradebook, as SQLite does by itself."""
    if is_postgres(connection):
        connection.execute(text(f"SET LOCAL lock_timeout = '{LOCK_SECONDS}s'"))
        connection.execute(text("SELECT pg_advisory_xact_lock(:lock, :course)"), _keys(TRANSACTION, directory))


def _keys(lock, directory):
    course = zlib.crc32(directory.course_id.encode("utf-8", "surrogateescape"))
    return {"lock": lock, "course": course - 2**31}  # PostgreSQL's integers have a sign
