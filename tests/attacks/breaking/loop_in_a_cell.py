"""Never ends its first cell."""

# %% first cell
while True:
    pass
