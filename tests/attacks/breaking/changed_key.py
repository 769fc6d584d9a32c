"""Changes the key with which the kernel signs."""

# %% before the test
get_ipython().kernel.session.key = b"another"
