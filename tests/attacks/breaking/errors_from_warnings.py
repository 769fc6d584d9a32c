"""Makes errors of all warnings and of all floating-point events."""

# %% before the test
import warnings

import numpy as np

warnings.simplefilter("error")
np.seterr(all="raise")
