"""Differentiate numerically, and judge a gradient you wrote by the result.

`check_gradient` judges a gradient of any size with some dozens of calls of f, and knows its own numerical error.

Step by step: `numerical_gradient` and `numerical_gradient_array` differentiate entry by entry; `rel_error` compares;
`find_kinks` finds the entries that have no derivative.
"""

from chainrule.gradcheck.calibrated import GradientVerdict, check_gradient
from chainrule.gradcheck.differences import (
    Comparison,
    find_kinks,
    numerical_gradient,
    numerical_gradient_array,
    rel_error,
)

__all__ = [
    "Comparison",
    "GradientVerdict",
    "check_gradient",
    "find_kinks",
    "numerical_gradient",
    "numerical_gradient_array",
    "rel_error",
]
