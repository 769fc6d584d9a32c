"""Do the notebooks and the releases depend on the processor? `make portability` prints a table, and fails if they do.

`machines` are the settings that this processor supports: the kernels of OpenBLAS that run here, detected by trial,
and NumPy without its own dispatch; `plainest` is the kernel that all processors of a kind support. `noises` stand for
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

__all__ = ["machines", "noises", "plainest", "runs_here"]

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


def runs_here(settings):
    """Return whether matrix products work with these settings: a kernel of another processor ends the process."""
    completed = subprocess.run([sys.executable, "-c", PROBE], env=os.environ | settings, capture_output=True)
    return completed.returncode == 0


@cache
def machines():
    """Return {name: environment variables} of all kernels and dispatch settings that run here."""
    settings_by_name = {kernel: {"OPENBLAS_CORETYPE": kernel} for kernel in KERNELS}
    cut = " ".join(np.show_config("dicts")["SIMD Extensions"]["found"])
    if cut:
        settings_by_name["NumPy's dispatch cut down"] = {"NPY_DISABLE_CPU_FEATURES": cut}
    return {name: settings for name, settings in settings_by_name.items() if runs_here(settings)}


def plainest():
    """Return the variable that selects OpenBLAS's kernel for the plainest processor of this kind, or {}."""
    return {"OPENBLAS_CORETYPE": KERNELS[0]} if KERNELS else {}


def noises(folder):
    """Return {name: environment variables} of processors simulated by noise; its library is built into folder.

    {} where that is impossible: without gcc, on a system other than Linux, with a NumPy without its own OpenBLAS.
    """
    blas = sorted(Path(np.__file__).parents[1].glob("numpy.libs/libscipy_openblas64_*"))
    source, library = Path(__file__).with_name("noise.c"), Path(folder) / "noise.so"
    if not (blas and shutil.which("gcc") and sys.platform == "linux"):
        return {}
    subprocess.run(["gcc", "-O2", "-shared", "-fPIC", str(source), "-o", str(library), "-ldl"], check=True)
    settings = {"LD_PRELOAD": str(library), "NOISE_BLAS": str(blas[0])}
    return {f"last bits, seed {seed}": settings | {"NOISE_SEED": str(seed)} for seed in SEEDS}


def _passes(name, arguments, settings):
    completed = subprocess.run(
        [sys.executable, *arguments], env=os.environ | settings, capture_output=True, encoding="utf-8"
    )
    last_line = (completed.stdout.strip().splitlines() or ["no output"])[-1]
    print(f"{name:27s} {'ok' if completed.returncode == 0 else 'FAILED':7s} {last_line}", flush=True)
    if completed.returncode:
        print(completed.stdout[-5000:], completed.stderr[-2000:], flush=True)
    return completed.returncode == 0


def main(paths):
    passed = True
    with tempfile.TemporaryDirectory() as folder:
        noise_settings = noises(folder)
        for name, settings in (machines() | noise_settings).items():
            passed &= _passes(f"{name}: releases", RELEASES, settings)
            for path in paths:
                passed &= _passes(f"{name}: {Path(path).stem}", [*NOTEBOOKS, path], settings)
    for name in (kernel for kernel in KERNELS if kernel not in machines()):
        print(f"{name:27s} cannot run on this processor")
    if not noise_settings:
        print(f"{'last bits':27s} cannot be moved here: expected Linux, gcc and the OpenBLAS of NumPy's wheels")
    return 0 if passed else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
