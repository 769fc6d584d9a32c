"""Train a net that stylizes, and show its pictures; the net and its loss are arguments.

`draw_waves` draws a picture with a strong style, `training_pictures` gives pictures to learn from and `random_crops`
pieces of them. `train` moves the weights of a net downhill, `plot_training` draws how its loss falls, and `timed` says
how long a call takes. `plot_training` returns the axes; end a notebook cell with `plt.show()`.
"""

import time

import numpy as np
from tqdm import tqdm

from chainrule.errors import ChainruleError
from chainrule.lessons.paintings import PHOTOGRAPHS, load_photograph
from chainrule.optim import adam, cosine_decay
from chainrule.plotting import COLOURS, INK, moving_average, styled_axes
from chainrule.shapes import make_shapes

__all__ = ["draw_waves", "plot_training", "random_crops", "timed", "train", "training_pictures"]

# Night blue, blue, yellow, white, green-blue, orange.
PALETTE = np.array(
    [
        (0.08, 0.12, 0.35),
        (0.15, 0.35, 0.70),
        (0.95, 0.80, 0.20),
        (0.90, 0.95, 0.95),
        (0.10, 0.55, 0.60),
        (0.85, 0.40, 0.15),
    ]
)


def draw_waves(height=96, seed=0, period=12):
    """Bands of colour that flow like paint: (1, 3, height, 3/2 height) in float32, 0..1.

    period: the width of a band in pixels, on average. The bands are level lines of a smooth landscape.
    """
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[:height, : 8 * round(height * 1.5 / 8)] / 32
    level = x + 0.6 * y
    for _ in range(6):
        across, down = rng.uniform(-2, 2, 2)
        level += 1.6 * rng.normal() * np.sin(across * x + down * y + rng.uniform(0, 6))
    level *= 32 / period
    band = np.floor(level).astype(int)
    colours = PALETTE[rng.integers(len(PALETTE), size=997)][band % 997]
    to_edge = np.minimum(level - band, 1 - (level - band))
    ink = np.clip(5 * to_edge, 0.35, 1)  # a dark line between two bands
    return (colours * ink[..., None]).transpose(2, 0, 1)[None].astype(np.float32)


def training_pictures(heights=(96, 128, 192), num_drawn=20):
    """A list of pictures (3, H, W) in float32: the photographs at several sizes, and drawn shapes of 64 pixels.

    The photographs come several times, so that they are about three quarters of the list.
    """
    photographs = [load_photograph(name, height)[0] for name in PHOTOGRAPHS for height in heights]
    drawn, _ = make_shapes(num_drawn, seed=0, size=64)
    return photographs * max(1, 3 * num_drawn // len(photographs)) + list(drawn.astype(np.float32))


def random_crops(pictures, num, size, rng):
    """num squares of size x size pixels (num, 3, size, size), from pictures drawn at random; half of them mirrored."""
    crops = []
    for _ in range(num):
        picture = pictures[rng.integers(len(pictures))]
        top, left = (rng.integers(side - size + 1) for side in picture.shape[1:])
        crop = picture[:, top : top + size, left : left + size]
        crops.append(crop[:, :, ::-1] if rng.random() < 0.5 else crop)
    return np.stack(crops)


def train(net, loss, pictures, num_steps=800, learning_rate=1e-2, batch_size=2, size=64, seed=0, progress=True):
    """Train net on random crops by Adam, in place; the losses of all steps.

    net: has params, forward(X) -> (out, cache) and backward(dout, cache) -> grads by name. loss(out, X) ->
    (loss, dout). The learning rate falls along half a cosine to 0. It stops with an error where a loss is not finite.
    """
    rng, history, configs = np.random.default_rng(seed), [], {name: {} for name in net.params}
    for t in tqdm(range(num_steps), desc="stylizing net", leave=False, disable=not progress):
        X = random_crops(pictures, batch_size, size, rng)
        out, cache = net.forward(X)
        value, dout = loss(out, X)
        if not np.isfinite(value):
            raise ChainruleError(f"train: expected a finite loss, got {value} at step {t}; check the gradients' sign")
        history.append(float(value))
        grads, rate = net.backward(dout, cache), cosine_decay(learning_rate, t, num_steps)
        for name, value in net.params.items():
            net.params[name], configs[name] = adam(value, grads[name], configs[name] | {"learning_rate": rate})
    return history


def timed(function, *args, repeat=1):
    """What a call returns, and its seconds: the shortest of `repeat` calls."""
    seconds = []
    for _ in range(repeat):
        start = time.perf_counter()
        result = function(*args)
        seconds.append(time.perf_counter() - start)
    return result, min(seconds)


def plot_training(history, smooth=25, ax=None):
    """The loss of each step, and its mean over `smooth` steps; the axes."""
    ax = styled_axes(ax, (6.5, 2.8))
    ax.plot(history, color="#CCCCCC", linewidth=0.8, label="one batch")
    ax.plot(*moving_average(history, smooth), color=COLOURS[0], label=f"mean of {smooth} batches")
    ax.set(yscale="log", xlabel="step", ylabel="loss of an image")
    ax.tick_params(length=0, colors=INK, which="minor")
    ax.legend(frameon=False)
    return ax
