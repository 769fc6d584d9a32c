"""Compare an answer with the expected one, and describe the difference in one message.

`same` holds the only rule of tolerance; `difference` describes the first thing that is not the same.
"""

import numpy as np

__all__ = ["VIEWS", "difference", "label", "same", "largest_entry", "apply_view"]

VIEWS = {
    "": lambda a: a,
    # For coordinates whose sign is free.
    "abs": np.abs,
    # Inner products of rows: the same for every rotation of the axes.
    "gram": lambda a: a @ a.T if a.ndim == 2 else a,
}


LABELS = {"": "{0}", "abs": "|{0}|", "gram": "{0} {0}^T"}


def label(name, view):
    """The name of an output seen through a view, such as |x|."""
    return LABELS[view].format(name)


def apply_view(view, got, expected):
    """Both arrays through the view, or unchanged if their shapes differ, which a view could hide."""
    return (VIEWS[view](got), VIEWS[view](expected)) if got.shape == expected.shape else (got, expected)


def largest_entry(array):
    """The largest finite entry of an array, without its sign; 0 where there is none."""
    array = np.asarray(array)
    return np.max(np.abs(array[np.isfinite(array)]), initial=0) if array.dtype != bool else 0


def same(got, expected, rtol=1e-6, atol=0.0):
    """True where two arrays agree in shape and value: |got - expected| <= atol + rtol * (|expected| + scale).

    scale is the largest finite entry of expected, so that entries near zero are held to the precision of their
    array and not of their own size. NaN equals NaN, and infinities must be the same.
    """
    got, expected = np.asarray(got), np.asarray(expected)
    return got.shape == expected.shape and bool(np.all(_close(got, expected, rtol, atol)))


def difference(name, got, expected, rtol=1e-6, atol=0.0):
    """Return None, or one message that says how `got` differs from `expected`."""
    got, expected = np.asarray(got), np.asarray(expected)
    if got.shape != expected.shape:
        return f"{name} has shape {got.shape}, expected {_shape(expected)}"
    if np.iscomplexobj(got) and not np.iscomplexobj(expected):
        return f"{name} holds complex numbers, expected real ones"
    close = _close(got, expected, rtol, atol)
    if np.all(close):
        return None
    wrong_nan = np.isnan(got) & ~np.isnan(expected)
    if np.any(wrong_nan):
        return f"{name} {_count(wrong_nan)}nan, expected {_at(expected, wrong_nan)}"
    wrong_inf = np.isinf(got) & np.isfinite(expected)
    if np.any(wrong_inf):
        return f"{name} {_count(wrong_inf)}infinite, expected {_at(expected, wrong_inf)}"
    with np.errstate(invalid="ignore", over="ignore"):
        gap = np.where(close, -1.0, np.nan_to_num(np.abs(got.astype(complex) - expected.astype(complex)), nan=np.inf))
    worst = np.unravel_index(np.argmax(gap), gap.shape)
    index = f"[{', '.join(str(i) for i in worst)}]" if got.ndim else ""
    rest = f" ({np.sum(~close)} of {close.size} entries differ)" if close.size > 1 else ""
    return f"{name}{index} is {_pair(got[worst], expected[worst])}{rest}"


def _close(got, expected, rtol, atol):
    finite = np.isfinite(expected)
    with np.errstate(invalid="ignore", over="ignore"):
        gap = np.abs(got.astype(complex) - expected.astype(complex))
        near = np.isfinite(gap) & (gap <= atol + rtol * (np.abs(expected.astype(complex)) + largest_entry(expected)))
    return np.where(finite, near, (got == expected) | (np.isnan(got) & np.isnan(expected)))


def _shape(array):
    return f"{array.shape}" if array.ndim else "a single number"


def _count(mask):
    return "is " if mask.ndim == 0 else f"has {np.sum(mask)} of {mask.size} entries "


def _at(expected, mask):
    value = expected[mask].ravel()[0] if expected.ndim else expected
    return f"{_number(value)}" if expected.ndim == 0 else f"numbers such as {_number(value)}"


def _pair(got, expected):
    """Both numbers, with as many digits as it takes to tell them apart."""
    short = _number(got), _number(expected)
    return "{}, expected {}".format(*(short if short[0] != short[1] else (repr(got.item()), repr(expected.item()))))


def _number(value):
    value = value.item()
    return f"{value:.6g}" if isinstance(value, float) else f"{value}"
