"""Says that the kernel is idle while the question is still being worked on."""


# %% answer
def max_norm(W, c):
    kernel = get_ipython().kernel
    for _ in range(3):
        kernel.session.send(
            kernel.iopub_socket,
            "status",
            {"execution_state": "idle"},
            parent=kernel.get_parent("shell"),
            ident=b"status",
        )
    return 0 * W
