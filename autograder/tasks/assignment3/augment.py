"""Tasks of dropout.ipynb on augmentation: random flips, crops and contrasts.

What is random is judged by facts that hold for every order of draws; what is not, by values.
"""

from autograder.tasks.layer_checks import float32
from autograder.tasks.spec import Task, mistake, values
from chainrule import augment

__all__ = ["TASKS"]


def draw_images(rng):
    N, C, H, W = 5, 3, *rng.permutation([4, 6])
    return {
        "X": rng.uniform(0, 1, (N, C, H, W)),
        "seed": int(rng.integers(1, 10**6)),
        "p": float(rng.choice([0.25, 0.75])),
        "pad": 2,
        "height": int(rng.integers(8, 11)),
        "width": int(rng.integers(11, 15)),
        "c": float(rng.uniform(1.3, 1.8)),
        "low": float(rng.uniform(0.3, 0.6)),
    }


RNG = "rng = np.random.default_rng(seed)\n"
# Whether chance comes from rng alone: the same generator gives the same images.
REPEATS = """again = [{0}(many[:50].copy(), np.random.default_rng(seed), {1}) for _ in range(2)]
repeats = np.all(again[0] == again[1])
"""
SINGLE = "out = {0}(X, rng, {1})\nfloat32_kept = out.dtype == np.float32\n"
GLOBAL = "chance comes from np.random, expected from rng: the same generator has to give the same images"
IN_PLACE = "X itself is changed, expected a new array"


def dtype_check(points, function, argument):
    """Return a check of float32 inputs: float32_kept, and X unchanged."""
    call = RNG + SINGLE.format(function, argument)
    draw = float32(draw_images)
    return values("float32 kept, X unchanged", points, "float32_kept", "X", call=call, draw=draw, proves=False)


def task(name, call, checks, mistakes):
    return Task(name, augment, "assignment3", "dropout", call, draw_images, checks, mistakes)


# Many small images, in which every pixel has a number of its own.
FLIPS = (
    RNG
    + """many = np.arange(32_000.0).reshape(4000, 1, 2, 4)
out = random_flip(many.copy(), rng, p)
flipped, left = (np.all(out == other, axis=(1, 2, 3)) for other in (many[..., ::-1], many))
all_alike, whole, share = np.all(flipped) or np.all(left), np.mean(flipped | left), np.mean(flipped)
usual = random_flip(many.copy(), rng)
usual_share = np.mean(np.all(usual == many[..., ::-1], axis=(1, 2, 3)))
"""
)
FLIPPED = "X[:, :, :, ::-1]"
CHOICE = "flipped[:, None, None, None]"

random_flip = task(
    "random_flip",
    RNG + "mirrored, same = random_flip(X.copy(), rng, 1.0), random_flip(X.copy(), rng, 0.0)\n",
    (
        values("p = 1 mirrors every image, p = 0 none", 0.4, "mirrored", "same"),
        values(
            "every image by its own draw from rng; p = 0.5 if not given",
            0.4,
            *("all_alike", "whole", "share", "usual_share", "repeats"),
            call=FLIPS + REPEATS.format("random_flip", "p"),
            cases=2,
            atol=0.07,  # two random shares of 4000 images: 6 * sqrt(2 * 0.25 / 4000) = 0.067
        ),
        dtype_check(0.2, "random_flip", "1.0"),
    ),
    (
        mistake("upside_down", "images are turned upside down (along H), expected left to right (along W)")(
            (FLIPPED, "X[:, :, ::-1]")
        ),
        mistake("both_axes", "images are turned by 180 degrees (along H and W), expected along W only")(
            (FLIPPED, "X[:, :, ::-1, ::-1]")
        ),
        mistake("colours", "the channels are reversed, expected the columns (along W)")((FLIPPED, "X[:, ::-1]")),
        mistake("all_alike", "one draw decides for all images, expected a draw for each")(
            ("rng.random(len(X))", "np.repeat(rng.random(), len(X))")
        ),
        mistake("p_swapped", "p is taken for the probability of leaving an image as it is")(("< p", ">= p")),
        mistake("p_ignored", "p is not used: images are flipped with probability 1/2")(("< p", "< 0.5")),
        mistake("global_chance", GLOBAL)(("rng.random", "np.random.random")),
        mistake("each_row", "every row of an image has its own draw, so that images are torn")(
            ("rng.random(len(X))", "rng.random((len(X), 1, X.shape[2], 1))"), (CHOICE, "flipped")
        ),
        mistake("in_place", IN_PLACE)(("return np", "X[flipped] = X[flipped][..., ::-1]\n    return X\n    return np")),
    ),
)

# One picture many times: the pixel in the middle tells from where in the padded image a window was cut.
CROPS = (
    RNG
    + """H, W = height, width
picture = np.arange(1.0, 2 * H * W + 1).reshape(1, 2, H, W)
many = np.tile(picture, (600, 1, 1, 1))
out = random_crop(many, rng, pad)
shape = np.array(out.shape)
tops, lefts = np.divmod(out[:, 0, H // 2, W // 2].astype(int) - 1, W)
tops, lefts = tops - H // 2 + pad, lefts - W // 2 + pad
padded = np.pad(picture[0], ((0, 0), (pad, pad), (pad, pad)))
whole = np.mean([np.array_equal(a, padded[:, t : t + H, l : l + W]) for a, t, l in zip(out, tops, lefts)])
places, rows, columns = len(set(zip(tops, lefts))), len(set(tops)), len(set(lefts))
"""
)
SAME_CROPS = "same = random_crop(X, rng, 0)\n"
CUT = "padded[i, :, top : top + H, left : left + W]"
PLACE = "top, left = rng.integers(0, 2 * pad + 1, size=2)"

random_crop = task(
    "random_crop",
    CROPS,
    (
        values(
            "windows of the old size, each image at its own place", 0.4, "shape", "places", "rows", "columns", cases=2
        ),
        values(
            "a border of zeros; pad = 0; draws from rng",
            0.4,
            *("same", "whole", "repeats"),
            call=CROPS + SAME_CROPS + REPEATS.format("random_crop", "pad"),
            cases=2,
            proves=False,
        ),
        dtype_check(0.2, "random_crop", "pad"),
    ),
    (
        mistake("all_alike", "all images are cut at one place, expected a draw for each")(
            (PLACE, "top, left = (top, left) if i else rng.integers(0, 2 * pad + 1, size=2)")
        ),
        mistake("last_place", "the last place is never drawn: rng.integers leaves out its upper end")(
            ("2 * pad + 1", "2 * pad")
        ),
        mistake("one_side", "the windows move by up to pad, expected up to 2 * pad places")(("2 * pad + 1", "pad + 1")),
        mistake("diagonal", "one draw serves for both directions: the windows lie on the diagonal")(
            (PLACE, "top = left = rng.integers(0, 2 * pad + 1)")
        ),
        mistake("vertical", "the images move up and down only")((PLACE, PLACE + "\n        left = pad")),
        mistake("horizontal", "the images move left and right only")((PLACE, PLACE + "\n        top = pad")),
        mistake("edge", "the border is filled with other pixels, expected zeros")(
            ("(pad, pad)))", '(pad, pad)), mode="edge")')
        ),
        mistake("global_chance", GLOBAL)(("rng.integers", "np.random.randint")),
        mistake("torn_colours", "every channel is cut at a place of its own, so that colours no longer fit together")(
            (f"out[i] = {CUT}", f"out[i] = {CUT}\n        out[i, 1:] = np.roll(out[i, 1:], 1 + i % 3, axis=-1)")
        ),
        mistake("float64", "the result is float64 where X is float32")(("np.empty_like(X)", "np.empty(X.shape)")),
    ),
)

CONTRASTS = (
    RNG
    + """many = np.tile(X, (400, 1, 1, 1))
out = random_contrast(many.copy(), rng, low, 2.0)
factors = np.std(out, axis=(1, 2, 3)) / np.std(many, axis=(1, 2, 3))
all_alike, inside = np.ptp(factors) < 1e-9, np.all((factors > low - 1e-9) & (factors < 2 + 1e-9))
centre, spread = np.mean(factors), np.std(factors)
"""
)
DRAWN = "rng.uniform(low, high, size=(len(X), 1, 1, 1))"

random_contrast = task(
    "random_contrast",
    RNG + "out = random_contrast(X, rng, c, c)\n",
    (
        values("values, low = high", 0.4, "out"),
        values(
            "each image draws its own from low to high, from rng",
            0.4,
            *("all_alike", "inside", "centre", "spread", "repeats"),
            call=CONTRASTS + REPEATS.format("random_contrast", "low, 2.0"),
            cases=2,
            atol=0.1,  # means of 2000 draws that vary by 0.5: 6 * sqrt(2 / 2000) * 0.5 = 0.095
        ),
        dtype_check(0.2, "random_contrast", "low, 2.0"),
    ),
    (
        mistake("about_zero", "the image is multiplied by c: stretch it about its mean, not about 0")(
            ("mean + c * (X - mean)", "c * X")
        ),
        mistake("mean_lost", "the mean is not added again")(("mean + c * (X - mean)", "c * (X - mean)")),
        mistake("about_half", "the image is stretched about 1/2, expected about its own mean")(
            ("np.mean(X, axis=(1, 2, 3), keepdims=True)", "0.5")
        ),
        mistake("batch_mean", "one mean over all images is used, expected each image's own")(
            ("np.mean(X, axis=(1, 2, 3), keepdims=True)", "np.mean(X)")
        ),
        mistake(
            "channel_means", "every channel is stretched about its own mean, expected about that of the whole image"
        )(("axis=(1, 2, 3)", "axis=(2, 3)")),
        mistake("brightness", "the image becomes brighter or darker (X + c), expected a change of contrast")(
            ("mean + c * (X - mean)", "X + c")
        ),
        mistake("clipped", "the result is clipped to the range from 0 to 1, expected as it comes")(
            ("return mean + c * (X - mean)", "return np.clip(mean + c * (X - mean), 0, 1)")
        ),
        mistake("all_alike", "one draw serves for all images, expected a draw for each")(
            (DRAWN, "np.full((len(X), 1, 1, 1), rng.uniform(low, high))")
        ),
        mistake("two_values", "c is either low or high, expected anything between")(
            (DRAWN, "np.where(rng.random((len(X), 1, 1, 1)) < 0.5, low, high)")
        ),
        mistake("global_chance", GLOBAL)(("rng.uniform", "np.random.uniform")),
        mistake("float64", "the result is float64 where X is float32")((".astype(X.dtype)", "")),
    ),
)

TASKS = (random_flip, random_crop, random_contrast)
