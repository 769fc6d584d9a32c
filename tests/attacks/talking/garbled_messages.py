"""Sends messages that are no messages: wrong signatures, no JSON, unknown kinds, no parent."""

# %% before the test
kernel = get_ipython().kernel
socket = kernel.iopub_socket
for frames in ([b"<IDS|MSG>"], [b"x", b"<IDS|MSG>", b"forged", b"{", b"{}", b"{}", b"{}"], [b""] * 9, [b"\xff" * 1000]):
    socket.send_multipart(frames)
for kind, content in (("status", {}), ("status", {"execution_state": []}), ("stream", {}), ("no_such_kind", {})):
    kernel.session.send(socket, kind, content, parent=kernel.get_parent("shell"))
kernel.session.send(socket, "status", {"execution_state": "idle"}, parent=None)
