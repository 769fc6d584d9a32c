"""Sends outputs of its cell that are signed but not what outputs look like."""

# %% before the test
kernel = get_ipython().kernel
parent = kernel.get_parent("shell")
for kind, content in (
    ("stream", {"name": 7, "text": ["a", {"b": 1}]}),
    ("stream", {"name": "stdout", "text": None}),
    ("display_data", {"data": "text", "metadata": []}),
    ("display_data", {"data": {"text/plain": {"deep": [1]}, "application/json": float("1e999")}, "metadata": {}}),
    ("execute_result", {"data": {"text/plain": 2.0}, "metadata": {}, "execution_count": "many"}),
    ("error", {"ename": 1, "evalue": None, "traceback": "none"}),
):
    kernel.session.send(kernel.iopub_socket, kind, content, parent=parent)
