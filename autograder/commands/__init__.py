"""The commands of `autograder`, one a file. This room alone prints; nothing imports it.

A command is a module: its docstring is the help, `add_arguments(parser)` says what it takes, `run(arguments)` does it
and returns the exit code. `command_line.COMMANDS` lists them.
"""
