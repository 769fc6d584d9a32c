"""Train the shapes net and store its weights: `python datasets/train_shapes_net.py` writes datasets/shapes_net.npz.

Everything is seeded, so the same machine makes the same weights, in about three minutes of one core. The net learns
the shape and, by a second layer of scores that is thrown away afterwards, the colour: maps of features that know
colours are of more use to those who build on them.
"""

import argparse

import numpy as np

from chainrule.layers import affine_backward, affine_forward, softmax_loss
from chainrule.optim import adam, cosine_decay
from chainrule.shapes import COLOURS, SHAPES, make_coloured_shapes
from chainrule.shapes_net import WEIGHTS, ShapesNet
from chainrule.solver import Solver


class ShapeAndColourNet(ShapesNet):
    """A shapes net with scores (N, 80) for every pair of shape and colour: the sum of the two scores.

    The softmax of a sum of scores is the product of the two probabilities, so its loss is the sum of both losses.
    """

    def __init__(self, seed=0):
        super().__init__(seed)
        maps, num_colours = len(self.params["W5"]), len(COLOURS)
        W = np.random.default_rng(seed + 1).standard_normal((maps, num_colours)) / np.sqrt(maps)
        self.params |= {"W6": W.astype(self.dtype), "b6": np.zeros(num_colours, self.dtype)}

    def loss(self, X, y=None):
        """As a Solver wants it: scores, or with labels y = shape * 8 + colour the loss and gradients."""
        (maps,), cache = self.features(X, self.layers[-1:])
        mean = maps.mean(axis=(2, 3))
        shape, shape_cache = affine_forward(mean, self.params["W5"], self.params["b5"])
        colour, colour_cache = affine_forward(mean, self.params["W6"], self.params["b6"])
        scores = (shape[:, :, None] + colour[:, None, :]).reshape(len(X), -1)
        if y is None:
            return scores
        loss, dscores = softmax_loss(scores, y)
        dscores = dscores.reshape(len(X), len(SHAPES), len(COLOURS))
        dmean, dW5, db5 = affine_backward(dscores.sum(axis=2), shape_cache)
        dcolour, dW6, db6 = affine_backward(dscores.sum(axis=1), colour_cache)
        _, grads = self._mean_backward(dmean + dcolour, maps.shape, cache)
        return loss, grads | {"W5": dW5, "b5": db5, "W6": dW6, "b6": db6}


def draw(num, seed):
    """Pictures and their labels: shape * 8 + colour."""
    X, shapes, colours = make_coloured_shapes(num, seed)
    return X.astype(np.float32), shapes * len(COLOURS) + colours


def train(num_train, num_epochs):
    """The trained net."""
    data = dict(zip(("X_train", "y_train", "X_val", "y_val"), (*draw(num_train, 1), *draw(1000, 2)), strict=True))
    solver = Solver(
        ShapeAndColourNet(),
        data,
        update_rule=adam,
        optim_config={"learning_rate": 3e-3},
        lr_decay=lambda rate, epoch: cosine_decay(rate, epoch, num_epochs),
        batch_size=50,
        num_epochs=num_epochs,
        verbose=True,
    )
    solver.train()
    return solver.model


def main():
    """Train, store the weights as float16, and say how good the stored net is on pictures it never saw."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--num-train", type=int, default=16000)
    parser.add_argument("--num-epochs", type=int, default=8)
    parser.add_argument("--output", default=WEIGHTS)
    args = parser.parse_args()
    net = train(args.num_train, args.num_epochs)
    stored = {name: net.params[name].astype(np.float16) for name in ShapesNet().params}
    np.savez_compressed(args.output, **stored)
    net.params |= {name: value.astype(np.float32) for name, value in stored.items()}
    X, y = draw(2000, 3)
    scores, _ = net.forward(X)
    print(f"accuracy on 2000 new pictures: {np.mean(scores.argmax(axis=1) == y // len(COLOURS)):.4f}")


if __name__ == "__main__":
    main()
