"""Convert and validate the inputs of gradient checks: x, what f returns, a gradient of x's shape."""

from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np

from chainrule.errors import ChainruleError

__all__ = [
    "NOT_DETERMINISTIC",
    "to_output_array",
    "restored_after",
    "values_differ",
    "to_gradient",
    "explain_unused_argument",
    "to_scalar",
    "real",
]

NOT_DETERMINISTIC = (
    "f is not deterministic, its values for the same x differ: set the seed inside f if it draws random numbers, "
    "put back what it keeps between calls"
)


@contextmanager
def restored_after(x, kind) -> Iterator[np.ndarray]:
    """x as an array to alter: x itself if its dtype is of this kind, else a float64 copy; put back whatever happens."""
    array = real(x, "x")
    is_array = array is x and np.issubdtype(array.dtype, kind) and array.flags.writeable
    array = array if is_array else np.array(array, dtype=np.float64)
    saved = array.copy()
    try:
        yield array
    finally:
        array[...] = saved


def explain_unused_argument(f, x, altered):
    """Say that f takes no notice of x; "" if it does. altered: x itself or the copy that stands for it."""
    if not altered.size or not _constant(f, altered):
        return ""
    is_array = isinstance(x, np.ndarray)
    if altered is not x and is_array and x.flags.writeable and _constant(f, x):
        altered = x  # no copy is to blame
    copy = f", a float64 copy of x ({f'{x.dtype} array' if is_array else type(x).__name__})" if altered is not x else ""
    if is_array and not x.flags.writeable:
        copy = copy.replace(" array)", " array, read-only)")
    return (
        f"f gives the same value whatever its argument is{copy}: let f use its argument, or let it read the very "
        "array that is given as x, in float64 (for a net: dtype=np.float64)"
    )


def _constant(f, x):
    """Whether f gives the same value for every change of x, small or large."""
    start, rng = x.copy(), np.random.default_rng(0)
    try:
        with np.errstate(all="ignore"):
            before = to_output_array(f(x))
            for size in (1, -1, 100, -100) + (np.nan,) * (x.dtype.kind == "f"):
                x[...] = start + (size * (1 + rng.random(x.shape)) * (1 + np.abs(start))).astype(x.dtype)
                if not np.array_equal(to_output_array(f(x)), before, equal_nan=True):
                    return False
        return True
    except Exception:  # f says no to what is far from x: it looks at it
        return False
    finally:
        x[...] = start


def values_differ(first, second):
    """Whether two arrays of values of f for the same x are further apart than the last digits."""
    return first.shape != second.shape or bool(
        np.any(np.abs(first - second) > 1e-12 * np.max(np.abs(first), initial=0.0))
    )


def real(value, what):
    """The value as an array of real numbers; ChainruleError for None, complex numbers, text, masked arrays."""
    if isinstance(value, np.ma.MaskedArray):
        raise ChainruleError(f"{what}: expected a plain array, got a masked one; fill it, as in x.filled(0)")
    try:
        array = np.asarray(value)
        if array.dtype == object and not any(item is None for item in array.flat):
            array = array.astype(np.float64)
    except (TypeError, ValueError):
        raise ChainruleError(f"{what}: expected real numbers, got {type(value).__name__}") from None
    if array.dtype.kind not in "biuf":
        got = "None" if value is None else f"{type(value).__name__} of {array.dtype}"
        raise ChainruleError(f"{what}: expected real numbers, got {got}")
    return array


def to_gradient(analytic, x):
    """The analytic gradient in float64, if it has x's shape and there is something to check."""
    analytic, shape = real(analytic, "gradient").astype(np.float64), np.shape(x)
    if analytic.shape != shape:
        raise ChainruleError(
            f"gradient check: expected x's shape {shape}, got a gradient of {analytic.shape}; check sums"
        )
    if not analytic.size:
        raise ChainruleError(f"gradient check: expected something to check, got an empty x of shape {shape}")
    return analytic


def to_scalar(value):
    """What f returned as one float."""
    if isinstance(value, tuple):
        raise ChainruleError("f: expected one number, got a tuple; return the loss alone, as in lambda x: f(x)[0]")
    value = real(value, "f")
    if value.size != 1:
        raise ChainruleError(
            f"f: expected one number, got shape {value.shape}; try numerical_gradient_array with a dout"
        )
    return float(value.item())


def to_output_array(value, shape=None):
    """What f returned as a float64 array, of dout's shape if that is given: a copy, for f may return x itself."""
    if isinstance(value, tuple):
        raise ChainruleError("f: expected one array, got a tuple; return the output alone, as in lambda x: f(x)[0]")
    value = np.array(real(value, "f"), dtype=np.float64)
    if shape is not None and value.shape != shape:
        raise ChainruleError(f"f: expected an array of dout's shape {shape}, got {value.shape}")
    return value
