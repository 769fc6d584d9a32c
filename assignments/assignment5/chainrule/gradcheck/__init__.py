"""Differentiate numerically, and judge a gradient you wrote by the result.

`check_gradient` judges a gradient of any size with some dozens of calls of f, and knows its own numerical error.

Step by step: `numerical_gradient` and `numerical_gradient_array` differentiate entry by entry; `rel_error` compares;
`sparse_gradient_check` and `directional_check` look at a few entries or directions; `find_kinks` finds the entries
that have no derivative; `gradient_check` gives a verdict on all entries in one line.
"""

from chainrule.gradcheck.calibrated import GradientVerdict, check_gradient
from chainrule.gradcheck.differences import (
    Comparison,
    GradientReport,
    directional_check,
    find_kinks,
    gradient_check,
    numerical_gradient,
    numerical_gradient_array,
    rel_error,
    sparse_gradient_check,
)

__all__ = [
    "Comparison",
    "GradientReport",
    "GradientVerdict",
    "check_gradient",
    "directional_check",
    "find_kinks",
    "gradient_check",
    "numerical_gradient",
    "numerical_gradient_array",
    "rel_error",
    "sparse_gradient_check",
]
