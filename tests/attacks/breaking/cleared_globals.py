"""Deletes every name that was defined, by IPython's own command."""

# %% before the test
get_ipython().run_line_magic("reset", "-f")
