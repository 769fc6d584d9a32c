"""Collect the outputs of one cell, cleaned and within the limits: `OutputBuffer`."""

import json

from nbformat.v4 import new_output

from autograder.sandbox.outputs import clean_output

__all__ = ["LEFT_OUT", "OutputBuffer"]

LEFT_OUT = "[grader] output was left out"
OUTPUT_TYPES = ("stream", "display_data", "execute_result", "error")


class OutputBuffer:
    """The outputs of one cell. Those beyond the limits are left out, and a line at the end says so.

    notebook_bytes: what is left of the limit for all cells of the notebook.
    """

    def __init__(self, limits, notebook_bytes):
        self.limits, self.bytes_left = limits, min(limits.output_bytes, notebook_bytes)
        self.message = f"a cell may show {limits.output_bytes} bytes and {limits.outputs} outputs"
        if notebook_bytes < limits.output_bytes:
            self.message = f"all cells of a notebook together may show {limits.notebook_output_bytes} bytes"
        self.outputs = []

    def add(self, message):
        """Add the output in a message of the kernel, if it is one."""
        if self.bytes_left < 0 or message["msg_type"] not in OUTPUT_TYPES:
            return
        output = clean_output(message["content"] | {"output_type": message["msg_type"]})
        if output is None:
            return
        self.bytes_left -= len(json.dumps(output))
        last = self.outputs[-1] if self.outputs else {}
        if self.bytes_left < 0:
            return
        if output["output_type"] == "stream" and last.get("name") == output["name"]:
            last["text"] += output["text"]
        elif len(self.outputs) < self.limits.outputs:
            self.outputs.append(output)
        else:
            self.bytes_left = -1

    def all(self, complete=True):
        """Return the outputs; complete: False if one did not arrive because it was too large."""
        if complete and self.bytes_left >= 0:
            return self.outputs
        return [*self.outputs, new_output("stream", name="stderr", text=f"{LEFT_OUT}: {self.message}\n")]
