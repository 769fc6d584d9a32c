"""Chainrule: neural networks from scratch in NumPy, one topic a module.

The reference package behind the course. `check` compares a function you wrote with known answers;
`data` loads the images, `gradcheck` differentiates numerically, `plotting` draws. Importing the package limits NumPy
to one thread; `threads` says how to change that.
"""

from chainrule.check import check
from chainrule.threads import limit_threads

limit_threads()

__version__ = "0.1.0"
__all__ = ["check"]
