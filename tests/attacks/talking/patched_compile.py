"""Replaces the built-in compile, so that a question about max_norm becomes another question."""

# %% first cell
import builtins

honest = builtins.compile


def other_question(source, *args, **options):
    if isinstance(source, str) and source.startswith("W_new = max_norm"):
        source = "W_new = W * (c / 2)"
    return honest(source, *args, **options)


builtins.compile = other_question
