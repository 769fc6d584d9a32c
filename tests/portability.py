"""Do the notebooks and the releases depend on the processor? `make portability` prints a table, and fails if they do.

`machines` are the ways to compute that this processor has: the kernels of OpenBLAS that run here, found out by trying,
and NumPy without its own dispatch; `plainest` is the one that each processor of its kind has. `noises` stand for
processors that are not at hand: the last bits of products move (tests/noise.c). `python -m tests.portability
NOTEBOOK...` runs notebooks under each.
"""

import os
import platform
import shutil
import subprocess
import sys
import tempfile
from functools import cache
from pathlib import Path

import numpy as np

__all__ = ["machines", "noises", "plainest", "runs"]

X86 = ("Nehalem", "Prescott", "Sandybridge", "Haswell", "Zen", "SkylakeX")
KINDS = {"x86_64": X86, "AMD64": X86, "aarch64": ("ARMV8", "NEOVERSEN1", "NEOVERSEV1")}  # the plainest first
KERNELS = KINDS.get(platform.machine(), ())
SEEDS = (1, 2, 3)
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


def plainest():
    """The variable that makes OpenBLAS multiply as the plainest processor of this kind; {} where it has no choice."""
    return {"OPENBLAS_CORETYPE": KERNELS[0]} if KERNELS else {}


def noises(folder):
    """{name: variables of the environment} of processors made up by noise, its library built into folder.

    {} where that cannot be: without gcc, on a system other than Linux, with a NumPy that brings no OpenBLAS of its own.
    """
    blas = sorted(Path(np.__file__).parents[1].glob("numpy.libs/libscipy_openblas64_*"))
    source, built = Path(__file__).with_name("noise.c"), Path(folder) / "noise.so"
    if not (blas and shutil.which("gcc") and sys.platform == "linux"):
        return {}
    subprocess.run(["gcc", "-O2", "-shared", "-fPIC", str(source), "-o", str(built), "-ldl"], check=True)
    found = {"LD_PRELOAD": str(built), "NOISE_BLAS": str(blas[0])}
    return {f"last bits, seed {seed}": found | {"NOISE_SEED": str(seed)} for seed in SEEDS}


def _passes(name, words, settings):
    done = subprocess.run([sys.executable, *words], env=os.environ | settings, capture_output=True, encoding="utf-8")
    last = (done.stdout.strip().splitlines() or ["no output"])[-1]
    print(f"{name:27s} {'ok' if done.returncode == 0 else 'FAILED':7s} {last}", flush=True)
    if done.returncode:
        print(done.stdout[-5000:], done.stderr[-2000:], flush=True)
    return done.returncode == 0


def main(paths):
    good = True
    with tempfile.TemporaryDirectory() as folder:
        noisy = noises(folder)
        for name, settings in (machines() | noisy).items():
            good &= _passes(f"{name}: releases", RELEASES, settings)
            for path in paths:
                good &= _passes(f"{name}: {Path(path).stem}", [*NOTEBOOKS, path], settings)
    for name in (kernel for kernel in KERNELS if kernel not in machines()):
        print(f"{name:27s} cannot run on this processor")
    if not noisy:
        print(f"{'last bits':27s} cannot be moved here: expected Linux, gcc and the OpenBLAS of NumPy's wheels")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
