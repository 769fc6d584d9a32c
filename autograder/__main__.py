"""`python -m autograder` and the command `autograder`: see `autograder.commands`."""

import sys

from autograder.commands.command_line import main

__all__ = ["main"]

if __name__ == "__main__":
    sys.exit(main())
