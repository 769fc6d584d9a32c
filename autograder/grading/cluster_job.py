"""What a worker of a Dask cluster runs: `judge`, from the bytes of a job to those of its result."""

import os
import threading

from autograder.grading.encoding import decode_job, encode_error, encode_result
from autograder.grading.submission import grade_submission

__all__ = ["judge"]


def judge(job):
    """Return the bytes of the result of a job; the worker's process ends if the job takes longer than it may.

    The grader has given it up then, and Dask's nanny starts a new process.
    """
    seconds, arguments = decode_job(job)
    end = threading.Timer(seconds, os._exit, [1])
    end.daemon = True
    end.start()
    try:
        return encode_result(grade_submission(*arguments))
    except Exception as error:
        return encode_error(error)
    finally:
        end.cancel()
