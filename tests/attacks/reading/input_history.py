"""Looks for hidden tests in what was executed: In, Out, %history and their relatives."""

# %% last cell
shell = get_ipython()
seen = [*In, *map(repr, Out.values()), *map(str, shell.history_manager.get_range_by_str("~1/"))]
seen += [str(globals().get(name)) for name in ("_", "__", "_i", "_ii", "_iii", "_ih", "_oh", "_dh")]
for secret in ("hidden" + "_tests(max_norm)", "def " + "respond", "<" + "runner>"):
    if any(secret in text for text in seen):
        print("LEAKED", secret)
