"""Keep the outputs of one cell, cleaned and cut to size: `OutputBuffer`."""

import json

from nbformat.v4 import new_output

from autograder.sandbox.outputs import safe

__all__ = ["LEFT_OUT", "OutputBuffer"]

LEFT_OUT = "[grader] output was left out"
OUTPUT_TYPES = ("stream", "display_data", "execute_result", "error")


class OutputBuffer:
    """The outputs of one cell. What is beyond the limits is left out, and a line says so."""

    def __init__(self, limits):
        self.limits, self.room = limits, limits.output_bytes
        self.outputs = []

    def add(self, message):
        """Take in what a message of the kernel shows."""
        if self.room < 0 or message["msg_type"] not in OUTPUT_TYPES:
            return
        output = safe(message["content"] | {"output_type": message["msg_type"]})
        if output is None:
            return
        self.room -= len(json.dumps(output))
        last = self.outputs[-1] if self.outputs else {}
        if self.room < 0:
            return
        if output["output_type"] == "stream" and last.get("name") == output["name"]:
            last["text"] += output["text"]
        elif len(self.outputs) < self.limits.outputs:
            self.outputs.append(output)
        else:
            self.room = -1

    def all(self, lost=False):
        """Return the outputs; lost: something did not arrive because it was too large."""
        if not lost and self.room >= 0:
            return self.outputs
        limit = f"{self.limits.output_bytes} bytes and {self.limits.outputs} outputs"
        text = f"{LEFT_OUT}: a cell may show {limit}\n"
        return [*self.outputs, new_output("stream", name="stderr", text=text)]
