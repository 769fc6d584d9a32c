"""Watch update rules come down a loss surface, and race them on one network.

Surfaces: `ravine` and `saddle` make a `Surface`; `descend` walks down it by a rule and returns the path. Races:
`race` trains one network with several rules, `try_each` a network for each of several values. Pictures: `plot_paths`
(paths on contours), `plot_heights` (how high each path is, step by step). Pictures return the axes; end a notebook
cell with `plt.show()`.

A rule is called as `next_w, config = rule(w, dw, config)`.
"""

from collections.abc import Callable
from functools import partial
from typing import NamedTuple

import numpy as np

from chainrule.errors import ChainruleError
from chainrule.lessons.regimes import train_from_seed
from chainrule.plotting import COLOURS, INK, STYLES, TEXT, styled_axes

__all__ = ["Surface", "descend", "plot_heights", "plot_paths", "race", "ravine", "saddle", "try_each"]

FLOOR = 1e-8  # heights below it are all the same to the eye
MARKERS = "os^Dv*"


class Surface(NamedTuple):
    """A loss of two weights: height(x, y) and slope(x, y), (df/dx, df/dy); where it is drawn, and a lowest point."""

    height: Callable
    slope: Callable
    xlim: tuple[float, float]
    ylim: tuple[float, float]
    goal: tuple[float, float] | None


def ravine(steepness=25.0, turn=0.0):
    """A long valley with steep walls, lowest at (0, 0): f = (x^2 + steepness * y^2) / 2, turned by `turn` degrees."""
    c, s = np.cos(np.radians(turn)), np.sin(np.radians(turn))

    def slope(x, y):
        along, across = c * x + s * y, steepness * (c * y - s * x)
        return c * along - s * across, s * along + c * across

    def height(x, y):
        return ((c * x + s * y) ** 2 + steepness * (c * y - s * x) ** 2) / 2

    limits = ((-4.6, 1.6), (-1.6, 1.6)) if turn == 0 else ((-4.2, 1.6), (-4.2, 1.6))
    return Surface(height, slope, *limits, (0.0, 0.0))


def saddle():
    """f = x^2 / 2 - y^2 / 2 + y^4 / 4: falls to the sides of a pass at (0, 0); lowest at (0, 1) and (0, -1)."""
    return Surface(
        lambda x, y: (x**2 - y**2) / 2 + y**4 / 4, lambda x, y: (x, y**3 - y), (-2.4, 1.8), (-0.6, 1.6), (0.0, 1.0)
    )


def descend(rule, surface, start, num_steps, noise=0.0, seed=0, schedule=None, **config):
    """Walk num_steps steps down a surface from start; the path (num_steps + 1, 2), cut where it leaves all bounds.

    config: the rule's settings, such as learning_rate=0.1. noise: standard deviation of what a minibatch would add to
    the gradient. schedule(learning_rate, step) -> the learning rate of a step; without it, it stays.
    """
    rng, w, first = np.random.default_rng(seed), np.array(start, dtype=np.float64), config.get("learning_rate")
    path = [w]
    for step in range(num_steps):
        if schedule is not None:
            config["learning_rate"] = schedule(first, step)
        dw = np.array(surface.slope(*w)) + noise * rng.normal(size=2)
        w, config = rule(w, dw, config)
        if np.shape(w) != (2,):
            raise ChainruleError(f"descend: expected the rule to return weights of shape (2,), got {np.shape(w)}")
        if not np.all(np.abs(w) < 1e6):
            break
        path.append(w.copy())
    return np.array(path)


def plot_paths(surface, paths, title=None, ax=None):
    """Paths, a dict of name to array (T, 2), on the contours of a surface; the axes."""
    ax = styled_axes(ax, (8, 4), "first weight", "second weight", title, grid=False, label_size=TEXT)
    x, y = np.meshgrid(np.linspace(*surface.xlim, 200), np.linspace(*surface.ylim, 200))
    heights = surface.height(x, y)
    # Closer together near the bottom, where a quadratic is flat.
    levels = heights.min() + np.linspace(0.02, 1, 16) ** 2 * np.ptp(heights)
    ax.contour(x, y, heights, levels=levels, colors="#BBBBBB", linewidths=0.8)
    for k, (name, path) in enumerate(paths.items()):
        look = {"color": COLOURS[k % len(COLOURS)], "linestyle": STYLES[k % len(STYLES)]}
        ax.plot(*path.T, marker=MARKERS[k % len(MARKERS)], markersize=4, linewidth=1.3, label=name, **look)
        ax.plot(*path[0], "o", color=INK, markersize=8)
    if surface.goal is not None:
        ax.plot(*surface.goal, "x", color=INK, markersize=10, markeredgewidth=2)
    ax.set(xlim=surface.xlim, ylim=surface.ylim, aspect="equal")
    if paths:
        ax.legend(frameon=True, framealpha=0.9, edgecolor="none", loc="upper right")
    return ax


def plot_heights(surface, paths, title=None, ax=None):
    """The height above the lowest point for each step of the paths, on a logarithmic scale; the axes."""
    ax = styled_axes(ax, (8, 3), "step", "height above the goal", title, label_size=TEXT)
    bottom = surface.height(*surface.goal)
    for k, (name, path) in enumerate(paths.items()):
        look = {"color": COLOURS[k % len(COLOURS)], "linestyle": STYLES[k % len(STYLES)]}
        ax.semilogy(np.maximum(surface.height(*path.T) - bottom, FLOOR), label=name, linewidth=1.6, **look)
    ax.set_ylim(bottom=max(ax.get_ylim()[0], 2 * FLOOR))
    if paths:
        ax.legend(frameon=False, loc="upper right", ncols=3, columnspacing=1)
    return ax


def race(make_net, data, runners, num_epochs=10, batch_size=50, seed=0):
    """Train the same network once with every rule; {name: the Solver after training}.

    make_net(): a new network; np.random is seeded first, so that all start alike. data: as for `Solver`.
    runners: {name: (rule, optim_config)}.
    """
    settings = {"num_epochs": num_epochs, "batch_size": batch_size, "seed": seed}
    return {name: train_from_seed(make_net, data, *runner, **settings) for name, runner in runners.items()}


def try_each(make_net, values, data, rule, optim_config, num_epochs=10, batch_size=50, seed=0):
    """Best validation accuracy of the network make_net(value) for each value; np.random is seeded before each.

    The other arguments are those of `Solver`.
    """
    settings = {"num_epochs": num_epochs, "batch_size": batch_size, "seed": seed}
    solvers = (train_from_seed(partial(make_net, value), data, rule, optim_config, **settings) for value in values)
    return [solver.best_val_acc for solver in solvers]
