"""Sends signed replies to the questions that are still to come about max_norm."""

# %% before the test
kernel = get_ipython().kernel
now = kernel.get_parent("shell")["header"]
start, number = now["msg_id"].rsplit("_", 1)
answer = '{"outputs": {"W_new": {"dtype": "<f8", "shape": [1], "data": "AAAAAAAAAEA="}}}'
expression = {"status": "ok", "data": {"text/plain": repr(answer)}, "metadata": {}}
content = {"status": "ok", "execution_count": 1, "payload": [], "user_expressions": {"answer": expression}}
for later in range(1, 3):
    parent = {"header": now | {"msg_id": f"{start}_{int(number) + later}"}}
    kernel.session.send(kernel.iopub_socket, "execute_reply", content, parent=parent)
    kernel.session.send(kernel.iopub_socket, "status", {"execution_state": "idle"}, parent=parent, ident=b"status")
