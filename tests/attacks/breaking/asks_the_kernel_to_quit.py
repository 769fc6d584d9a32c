"""Uses IPython's own ways to end the kernel."""

# %% first cell
get_ipython().ask_exit()
get_ipython().kernel.do_shutdown(False)
exit()
