"""Shows scores that are NaN, infinite, negative and of NumPy's own kind."""

# %% before the test
import sys

import numpy as np

for score in (float("nan"), float("inf"), -1.0, np.float64(2.0), True, "2.0", 2.0):
    sys.displayhook(score)
