"""Feature maps drawn at random, and the messages that the losses of style_transfer.ipynb share."""

__all__ = ["HALF_FORGOTTEN", "NO_WEIGHT", "NO_WEIGHT_BACK", "draw_one", "draw_pixel", "draw_several"]


def draw_maps(N=1, C=None, size=None):
    """Return a function that draws feature maps that are not square, with the other inputs of the losses."""

    def draw(rng):
        channels = C or int(rng.integers(3, 5))
        H, W = size or ((2, 4), (4, 3), (3, 5))[rng.integers(3)]
        x, target = rng.normal(size=(2, N, channels, H, W))
        weight, dgram = float(rng.uniform(2, 3)), rng.normal(size=(N, channels, channels))
        return {"x": x, "target": target, "weight": weight, "dgram": dgram}

    return draw


draw_one, draw_several = draw_maps(), draw_maps(N=3)
draw_pixel = draw_maps(N=2, size=(1, 1))
HALF_FORGOTTEN = "the derivative of a square has a factor 2: it is missing in the gradient"
NO_WEIGHT = "the loss is not multiplied by its weight"
NO_WEIGHT_BACK = "the gradient is not multiplied by the weight; the loss is"
