"""One thread for matrix products: those of this course are small, and several threads wait for each other.

It is what importing `chainrule` does, see `limit_threads`. To change it in a notebook:
`import threadpoolctl; threadpoolctl.threadpool_limits(4)`; for all of them, start Jupyter as
`OMP_NUM_THREADS=4 jupyter lab`.
"""

import os
from contextlib import suppress

__all__ = ["limit_threads"]

VARIABLES = (
    *("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "BLIS_NUM_THREADS"),
    *("VECLIB_MAXIMUM_THREADS", "GOTO_NUM_THREADS"),
)


def limit_threads():
    """Limit BLAS and OpenMP to one thread: in libraries that are loaded, that come later, and in processes started.

    Nothing is changed if an environment variable of `VARIABLES` says how many threads there are to be.
    """
    if any(os.environ.get(name) for name in VARIABLES):
        return
    os.environ |= dict.fromkeys(VARIABLES, "1")  # read by libraries as they are loaded, scipy's and scikit-learn's
    import numpy  # noqa: F401  here, because it loads BLAS

    with suppress(ImportError):  # scikit-learn needs it, too, so it is rarely missing
        from threadpoolctl import threadpool_limits

        threadpool_limits(1)  # numpy's BLAS was most likely there before
