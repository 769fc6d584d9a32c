"""Which planted errors of a gradient each checker finds, where it cries wolf, and what it costs, in Markdown.

usage: python benchmarks/gradients.py [ROUNDS]

Each round takes new random functions; each checker judges the right gradient and each spoilt one, all in turn in one
process and one thread. "wrong" counts as found unless the right gradient of the same function is called wrong, too;
"inconclusive", which the checkers of chainrule may say, is neither found nor missed. The others judge by one
threshold each: CS231n's "1e-4 is okay" for relative errors, and PyTorch's defaults. CS231n's and PyTorch's are told
in their courses and manuals to be used in float64 only. PyTorch and SciPy are optional.
"""

import os

os.environ |= {name: "1" for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")}

import statistics  # noqa: E402 numpy reads the number of threads when it is imported
import sys  # noqa: E402
import time  # noqa: E402
import warnings  # noqa: E402
from collections import defaultdict  # noqa: E402

import numpy as np  # noqa: E402

from chainrule.gradcheck import check_gradient  # noqa: E402

try:
    import torch
except ImportError:
    torch = None
try:
    from scipy import optimize
except ImportError:
    optimize = None

N, D, H, C = 20, 12, 20, 5
OKAY = 1e-4


# --- functions of a weight matrix (D, H), and their gradients ---


def net(rng, relu=False, height=1.0, offset=0.0, dtype=np.float64, zeros=0):
    """The softmax loss of a two-layer net in W1; with `zeros` columns of W1 at 0 every ReLU there is at its kink."""
    X, W2, y = rng.standard_normal((N, D)).astype(dtype), rng.standard_normal((H, C)).astype(dtype), np.arange(N) % C
    W1 = (rng.standard_normal((D, H)) / np.sqrt(D)).astype(dtype)
    W1[:, :zeros] = 0

    def forward(W1):
        z = X @ W1
        h = np.maximum(0, z) if relu else np.tanh(z)
        scores = h @ W2
        p = np.exp(scores - scores.max(axis=1, keepdims=True))
        return z, h, p / p.sum(axis=1, keepdims=True)

    def f(W1):
        return dtype(offset) - dtype(height) * np.mean(np.log(forward(W1)[2][np.arange(N), y]))

    def gradient(W1):
        z, h, p = forward(W1)
        p[np.arange(N), y] -= 1
        return X.T @ (p @ W2.T * ((z > 0) if relu else 1 - h**2) * dtype(height / N))

    return f, W1, gradient


FUNCTIONS = {
    "tanh net": net,
    "ReLU net": lambda rng: net(rng, relu=True),
    "ReLU net, 2 units at 0": lambda rng: net(rng, relu=True, zeros=2),
    "loss scaled by 1e-6": lambda rng: net(rng, height=1e-6),
    "loss scaled by 1e-10": lambda rng: net(rng, height=1e-10),
    "2.3 + 1e-6 loss": lambda rng: net(rng, height=1e-6, offset=2.3),
    "tanh net, float32": lambda rng: net(rng, dtype=np.float32),
    "ReLU net, float32": lambda rng: net(rng, relu=True, dtype=np.float32),
}


def one_entry(dW, rng):
    dW[tuple(rng.integers(dW.shape))] *= 1.01


def one_sign(dW, rng):
    dW[tuple(rng.integers(dW.shape))] *= -1


def one_row(dW, rng):
    dW[rng.integers(D)] = 0


def scaled(dW, rng):
    dW *= 1.001


ERRORS = {
    "one entry 1 % off": one_entry,
    "one sign flipped": one_sign,
    "one row missing": one_row,
    "all scaled by 1.001": scaled,
}


# --- checkers: (f, W, gradient as a function, seed) -> "pass", "wrong" or "inconclusive" ---


def calibrated(f, W, gradient, seed):
    return check_gradient(f, W, gradient, seed=seed).verdict


def slope_at(f, W, index, h=1e-5):
    old = W[index]
    W[index] = old + h
    high = f(W)
    W[index] = old - h
    low = f(W)
    W[index] = old
    return (high - low) / (2 * h)


def cs231n_full(f, W, gradient, seed):
    """eval_numerical_gradient and rel_error, in W's own dtype."""
    dW, numerical = gradient(W), np.zeros_like(W)
    for index in np.ndindex(W.shape):
        numerical[index] = slope_at(f, W, index)
    error = np.max(np.abs(numerical - dW) / np.maximum(1e-8, np.abs(numerical) + np.abs(dW)))
    return "pass" if error <= OKAY else "wrong"


def cs231n_sparse(f, W, gradient, seed):
    """grad_check_sparse: ten random entries."""
    dW, rng = gradient(W), np.random.default_rng(seed)
    for _ in range(10):
        index = tuple(rng.integers(W.shape))
        numerical, analytic = slope_at(f, W, index), dW[index]
        if abs(numerical - analytic) > OKAY * (abs(numerical) + abs(analytic)):
            return "wrong"
    return "pass"


def scipy_check(f, W, gradient, seed):
    apart = optimize.check_grad(
        lambda w: f(w.reshape(W.shape)), lambda w: gradient(w.reshape(W.shape)).ravel(), W.ravel()
    )
    return "pass" if apart <= OKAY * np.linalg.norm(gradient(W)) else "wrong"


def torch_check(fast):
    def check(f, W, gradient, seed):
        class Function(torch.autograd.Function):
            @staticmethod
            def forward(ctx, w):
                ctx.save_for_backward(w)
                return torch.as_tensor(f(w.detach().numpy()), dtype=w.dtype)

            @staticmethod
            def backward(ctx, dout):
                return dout * torch.from_numpy(gradient(ctx.saved_tensors[0].numpy()))

        torch.manual_seed(seed)
        w = torch.tensor(W, requires_grad=True)
        right = torch.autograd.gradcheck(Function.apply, (w,), fast_mode=fast, raise_exception=False)
        return "pass" if right else "wrong"

    return check


def checkers():
    ways = {
        "`eval_numerical_gradient`, `rel_error` > 1e-4": cs231n_full,
        "`grad_check_sparse`, 10 entries, > 1e-4": cs231n_sparse,
        "`check_gradient`": calibrated,
    }
    if optimize:
        ways["`scipy.optimize.check_grad`, > 1e-4 of the norm"] = scipy_check
    if torch:
        ways["`torch.autograd.gradcheck`, slow"] = torch_check(fast=False)
        ways["`torch.autograd.gradcheck`, fast"] = torch_check(fast=True)
    return ways


# --- the comparison ---


class Counted:
    def __init__(self, f):
        self.f, self.calls = f, 0

    def __call__(self, W):
        self.calls += 1
        return self.f(W)


def spoilt(gradient, spoil, seed):
    """The gradient function with the same planted error wherever it is called."""

    def wrong(W):
        dW = gradient(W)
        spoil(dW, np.random.default_rng([seed, 1]))
        return dW

    return wrong if spoil else gradient


def main(rounds):
    warnings.simplefilter("ignore")  # PyTorch warns of float32
    ways = checkers()
    verdicts, calls, ratios = defaultdict(list), defaultdict(list), defaultdict(list)
    for name, make in FUNCTIONS.items():
        for seed in range(rounds):
            f, W, gradient = make(np.random.default_rng(seed))
            for error, spoil in ({"none": None} | ERRORS).items():
                seconds = {}
                for way, check in ways.items():
                    counted, start = Counted(f), time.process_time()
                    verdict = check(counted, W.copy(), spoilt(gradient, spoil, seed), seed)
                    seconds[way] = time.process_time() - start
                    verdicts[way, name, error].append(verdict)
                    calls[way, error == "none"].append(counted.calls)
                for way in ways:
                    ratios[way, error == "none"].append(seconds[way] / seconds[next(iter(ways))])
    print(f"Gradients of {D * H} entries; {rounds} random functions of each of {len(FUNCTIONS)} kinds.\n")
    costs(ways, calls, ratios)
    print("\nPlanted errors found, by error; false alarms on right gradients; inconclusive of both.\n")
    by_error(ways, verdicts, rounds)
    counts = f"{rounds * len(ERRORS)} wrong and {rounds} right gradients"
    print(f"\nMissed + false alarms + inconclusive, by function, of {counts} each.\n")
    by_function(ways, verdicts)
    for module, title, package in ((torch, "PyTorch", "torch"), (optimize, "SciPy", "scipy")):
        if not module:
            print(f"\n{title} is not installed: not compared (pip install {package})")


def costs(ways, calls, ratios):
    row("checker", "calls of f, right", "calls of f, wrong", "time to the first's, right", "time to the first's, wrong")
    row(*["---"] * 5)
    for way in ways:
        counts = (f"{statistics.mean(calls[way, kind]):.0f}" for kind in (True, False))
        row(way, *counts, *(f"{statistics.median(ratios[way, kind]):.2f}" for kind in (True, False)))


def by_error(ways, verdicts, rounds):
    row("checker", *ERRORS, "false alarms", "inconclusive")
    row(*["---"] * (len(ERRORS) + 3))
    total = rounds * len(FUNCTIONS)
    for way in ways:
        alarms = sum(verdicts[way, name, "none"].count("wrong") for name in FUNCTIONS)
        found = [sum(sum(tell(verdicts, way, name, error)) for name in FUNCTIONS) for error in ERRORS] + [alarms]
        unsure = sum(v.count("inconclusive") for key, v in verdicts.items() if key[0] == way)
        row(way, *(f"{number} of {total}" for number in found), f"{unsure} of {total * (len(ERRORS) + 1)}")


def tell(verdicts, way, name, error):
    """For each round, whether the wrong gradient is called wrong and the right one is not."""
    pairs = zip(verdicts[way, name, error], verdicts[way, name, "none"], strict=True)
    return [wrong == "wrong" != right for wrong, right in pairs]


def by_function(ways, verdicts):
    row("checker", *FUNCTIONS)
    row(*["---"] * (len(FUNCTIONS) + 1))
    for way in ways:
        cells = []
        for name in FUNCTIONS:
            wrong, right = [v for error in ERRORS for v in verdicts[way, name, error]], verdicts[way, name, "none"]
            unsure = (wrong + right).count("inconclusive")
            cells.append(f"{wrong.count('pass')} + {right.count('wrong')} + {unsure}")
        row(way, *cells)


def row(*cells):
    print(f"| {' | '.join(cells)} |")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 10)
