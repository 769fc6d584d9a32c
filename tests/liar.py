"""A preload for `dask worker`: it wraps what the worker runs, by files in the folder named by the variable LIES.

`wait`: a job touches `waiting` and never ends. `lie`: results of students that are named after a lie are one.
"""

import json
import os
import pickle
import time
from pathlib import Path

from distributed import get_worker
from distributed.protocol import to_serialize

from autograder.grading import cluster_job
from autograder.grading.encoding import decode_job

FOLDER = Path(os.environ["LIES"])
if not hasattr(cluster_job, "honest"):  # Dask runs a preload twice
    cluster_job.honest = cluster_job.judge, cluster_job.grade_submission
honest, grade_submission = cluster_job.honest


class Evil(Exception):
    """Unpickled, it writes a file that is named after the process."""

    def __reduce__(self):
        code = f"import os, pathlib; pathlib.Path({str(FOLDER)!r}, f'unpickled-{{os.getpid()}}').touch()"
        return exec, (code,)


def more_points(result):
    result["verdicts"]["softmax"][0][1][0][1] += 1


def other_notebook(result):
    result["notebooks"]["../../x"] = result["notebooks"].pop("softmax")


def wait_or_grade(*arguments):
    if (FOLDER / "wait").exists():
        (FOLDER / "waiting").touch()
        time.sleep(10_000)
    return grade_submission(*arguments)


def judge(job):
    if not (FOLDER / "lie").exists():
        return honest(job)
    student = decode_job(job)[1][3]
    if student == "events":
        for topic, message in (("print", Evil()), ("warn", {"message": pickle.dumps(Evil())}), ("warn", Evil())):
            event = {"op": "log-event", "topic": topic, "msg": message}
            event["msg"] = message if isinstance(message, dict) else to_serialize(message)
            get_worker().loop.add_callback(get_worker().batched_send, event)
    if student == "raises":
        raise Evil
    if student == "object":
        return Evil()
    if student == "pickle":
        return pickle.dumps(Evil())
    change = {"points": more_points, "names": other_notebook}.get(student)
    if change is None:
        return honest(job)
    result = json.loads(honest(job))
    change(result)
    return json.dumps(result).encode()


cluster_job.judge, cluster_job.grade_submission = judge, wait_or_grade
