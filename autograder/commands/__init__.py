"""The commands of `autograder`, one in each file. Only this room prints; no other room imports it.

A command is a module: its docstring is the help text, `add_arguments(parser)` defines its arguments, `run(arguments)`
runs it and returns the exit code. `command_line.COMMANDS` lists them.
"""
