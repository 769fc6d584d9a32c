"""How long a convolution takes, forward and backward: by windows, by loops, and with PyTorch.

usage: python benchmarks/convolution.py [ROUNDS]

All in one process, in turn, in float32, one thread each. PyTorch is optional.
"""

import os

os.environ |= {name: "1" for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")}

import statistics  # noqa: E402 numpy reads the number of threads when it is imported
import sys  # noqa: E402
import time  # noqa: E402

import numpy as np  # noqa: E402

from chainrule import conv  # noqa: E402

try:
    import torch
except ImportError:
    torch = None

# Name: images (N, C, H, W), filters (F, C, HH, WW), stride, pad.
LAYERS = {
    "32 filters 7x7 on (50, 3, 32, 32)": ((50, 3, 32, 32), (32, 3, 7, 7), 1, 3),
    "32 filters 3x3 on (50, 32, 16, 16)": ((50, 32, 16, 16), (32, 32, 3, 3), 1, 1),
    "32 filters 5x5, stride 2, on (50, 3, 32, 32)": ((50, 3, 32, 32), (32, 3, 5, 5), 2, 2),
}
SMALL = ((2, 3, 16, 16), (4, 3, 5, 5), 1, 2)  # the loops take long


def main(rounds):
    print(f"forward + backward, float32, one thread, median of {rounds} rounds after one to warm up")
    for name, layer in LAYERS.items():
        ways = {"PyTorch": torch_run(layer)} if torch else {}
        ways["by windows"] = numpy_run(conv.conv_forward_fast, conv.conv_backward_fast, layer)
        report(name, ways, rounds)
    ways = {
        "by windows": numpy_run(conv.conv_forward_fast, conv.conv_backward_fast, SMALL),
        "by loops": numpy_run(conv.conv_forward_naive, conv.conv_backward_naive, SMALL),
    }
    report("4 filters 5x5 on (2, 3, 16, 16)", ways, rounds)
    if not torch:
        print("PyTorch is not installed: no ratio to it (pip install torch)")


def report(name, ways, rounds):
    """Print each way's time, and how many times as long as the first it takes."""
    seconds = {way: [] for way in ways}
    for _ in range(rounds + 1):
        for way, run in ways.items():
            start = time.perf_counter()
            run()
            seconds[way].append(time.perf_counter() - start)
    print(name)
    base = list(seconds.values())[0][1:]
    for way, times in seconds.items():
        ratio = statistics.median(t / b for t, b in zip(times[1:], base, strict=True))
        print(f"  {way:<12} {1000 * statistics.median(times[1:]):8.1f} ms   {ratio:7.2f} times the first")


def problem(layer):
    image, kernel, stride, pad = layer
    rng = np.random.default_rng(0)
    x, w, b = (rng.normal(size=shape).astype(np.float32) for shape in (image, kernel, kernel[:1]))
    sizes = [conv.conv_output_size(n, k, stride, pad) for n, k in zip(image[2:], kernel[2:], strict=True)]
    return x, w, b, rng.normal(size=(image[0], kernel[0], *sizes)).astype(np.float32)


def numpy_run(forward, backward, layer):
    x, w, b, dout = problem(layer)
    param = {"stride": layer[2], "pad": layer[3]}

    def run():
        _, cache = forward(x, w, b, param)
        backward(dout, cache)

    return run


def torch_run(layer):
    torch.set_num_threads(1)
    x, w, b, dout = (torch.tensor(array) for array in problem(layer))
    for tensor in (x, w, b):
        tensor.requires_grad_()

    def run():
        x.grad = w.grad = b.grad = None
        torch.nn.functional.conv2d(x, w, b, stride=layer[2], padding=layer[3]).backward(dout)

    return run


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 7)
