"""Do the notebooks and the releases depend on the processor? `make portability` prints a table, and fails if they do.

`machines` are the ways to compute that this processor has: the kernels of OpenBLAS that run here, found out by trying,
and NumPy without its own dispatch. `python -m tests.portability NOTEBOOK...` runs notebooks under each.
"""

import os
import subprocess
import sys
from functools import cache
from pathlib import Path

import numpy as np

__all__ = ["machines", "runs"]

KERNELS = ("Prescott", "Nehalem", "Sandybridge", "Haswell", "Zen", "SkylakeX")
PROBE = """
import numpy as np
for kind in (np.float32, np.float64):
    a = np.ones((70, 70), kind)
    assert ((a @ a)[:, :3] == 70).all() and (a @ a[0]).sum() == 4900
"""
NOTEBOOKS = ["-m", "pytest", "-q", "--nbval", "--nbval-sanitize-with", "tests/sanitize.cfg", "-p", "no:cacheprovider"]
RELEASES = ["-m", "pytest", "-q", "-p", "no:cacheprovider", "tests/test_release.py", "-k", "what_release_makes_now"]


def runs(settings):
    """True if matrices can be multiplied with these settings: a kernel of another processor ends the process."""
    done = subprocess.run([sys.executable, "-c", PROBE], env=os.environ | settings, capture_output=True)
    return done.returncode == 0


@cache
def machines():
    """{name: variables of the environment} of all ways to compute that run here."""
    found = {kernel: {"OPENBLAS_CORETYPE": kernel} for kernel in KERNELS}
    cut = " ".join(np.show_config("dicts")["SIMD Extensions"]["found"])
    if cut:
        found["NumPy's dispatch cut down"] = {"NPY_DISABLE_CPU_FEATURES": cut}
    return {name: settings for name, settings in found.items() if runs(settings)}


def _passes(name, words, settings):
    done = subprocess.run([sys.executable, *words], env=os.environ | settings, capture_output=True, encoding="utf-8")
    last = (done.stdout.strip().splitlines() or ["no output"])[-1]
    print(f"{name:27s} {'ok' if done.returncode == 0 else 'FAILED':7s} {last}", flush=True)
    if done.returncode:
        print(done.stdout[-5000:], done.stderr[-2000:], flush=True)
    return done.returncode == 0


def main(paths):
    good = True
    for name, settings in machines().items():
        good &= _passes(f"{name}: releases", RELEASES, settings)
        for path in paths:
            good &= _passes(f"{name}: {Path(path).stem}", [*NOTEBOOKS, path], settings)
    for name in (kernel for kernel in KERNELS if kernel not in machines()):
        print(f"{name:27s} cannot run on this processor")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
