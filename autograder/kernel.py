"""Drive the process that holds a student's code: run cells, ask for answers, and survive whatever happens to it.

`Kernel` starts it, runs cells with limits and asks cases; what comes back is checked here, in the trusted process.
"""

import ast
import inspect
import json
import secrets
import shutil
import sys
import tempfile
import time
from dataclasses import asdict
from pathlib import Path
from queue import Empty

import nbformat
from jupyter_client.kernelspec import KernelSpec
from jupyter_client.manager import KernelManager

from autograder.errors import MachineError
from chainrule.judging import runner
from chainrule.judging.verdict import AnswerError, Unanswered

__all__ = ["Kernel", "KernelDied", "TimeUp"]

# The runner's text is sent with every question, so that code in the kernel has nothing of ours to replace beforehand.
ASK = """
{variable} = dict(__name__="<runner>", __file__="<runner>")
exec(compile({source!r}, "<runner>", "exec"), {variable})
{variable} = {variable}["respond"]({request!r}, globals())
"""


class KernelDied(Exception):
    """The process ended by itself."""


class TimeUp(Exception):
    """The time of a cell or of an answer is over; the kernel was stopped if it did not give way."""


class Kernel:
    """A running kernel, alone in its sandbox unless sandbox is "none".

    folder: the student's files with the student edition of the package beside them.
    """

    def __init__(self, folder, limits, sandbox="bwrap"):
        self.folder, self.limits, self.sandbox = Path(folder), limits, sandbox
        self.source = inspect.getsource(runner)
        self.manager = self.client = self.sockets = None
        self.start()

    def start(self):
        """Start the process; a second call ends it and starts another."""
        self.close()
        self.sockets = Path(tempfile.mkdtemp(prefix="cr"))
        self.manager = _manager(self.folder, self.sockets, self.limits, self.sandbox)
        try:
            self.manager.start_kernel(cwd=str(self.folder))
            self.client = self.manager.client()
            self.client.start_channels()
            self.client.wait_for_ready(timeout=60)
        except (RuntimeError, OSError) as error:
            self.close()
            raise MachineError(f"kernel: expected it to start within 60 s, got {error}") from None

    def close(self):
        """End the process and remove its sockets."""
        if self.client is not None:
            self.client.stop_channels()
            self.client = None
        if self.manager is not None:
            self.manager.shutdown_kernel(now=True)
            self.manager = None
            shutil.rmtree(self.sockets, ignore_errors=True)

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self.close()

    def run_cell(self, code):
        """Run a cell and return its outputs. Raises TimeUp or KernelDied, which carry the outputs so far."""
        outputs = []
        room = self.limits.output_bytes

        def keep(message):
            nonlocal room
            output = nbformat.v4.output_from_msg(message)
            room -= len(json.dumps(output))
            if room >= 0:
                outputs.append(output)

        try:
            self._execute(code, self.limits.cell_seconds, keep, store_history=True)
        except (TimeUp, KernelDied) as error:
            error.outputs = _merge_streams(outputs)
            raise
        if room < 0:
            text = f"Output beyond {self.limits.output_bytes} bytes was left out.\n"
            outputs.append(nbformat.v4.new_output("stream", name="stdout", text=text))
        return _merge_streams(outputs)

    def ask(self, case, measured):
        """Run a case on the student's code; return {output: array}, or raise AnswerError, BadReply, Unanswered."""
        variable = f"_{secrets.token_hex(8)}"
        inputs = {n: runner.encode(v) if hasattr(v, "dtype") else v for n, v in case.inputs.items()}
        request = {
            "call": case.call,
            "inputs": inputs,
            "outputs": list(case.expected),
            "layout": case.layout,
            "measure": measured,
        }
        code = ASK.format(variable=variable, source=self.source, request=json.dumps(request))
        try:
            reply = self._execute(code, self.limits.answer_seconds, None, {"answer": variable}, silent=True)
        except TimeUp:
            seconds = f"{self.limits.answer_seconds:g} s"
            raise Unanswered(f"no answer within {seconds}: is there an endless loop?") from None
        except KernelDied:
            self.close()
            raise Unanswered("the process ended while this ran") from None
        return read_reply(reply, ["steps", "views", "peak"] if measured else list(case.expected))

    def _execute(self, code, seconds, keep, expressions=None, **options):
        """Run code until the kernel is idle again; return the reply's content."""
        deadline = time.monotonic() + seconds
        message = self.client.execute(
            code, user_expressions=expressions or {}, allow_stdin=False, stop_on_error=False, **options
        )
        reply, idle = None, False
        while reply is None or not idle:
            if reply is None:
                reply = self._content(self.client.get_shell_msg, message, "execute_reply", 0)
            heard = self._next(self.client.get_iopub_msg, 0.2 if reply is None else 1.0)
            if heard is None:
                if reply is not None:
                    return reply
                if not self.manager.is_alive():
                    raise KernelDied
                self._check_time(deadline, message)
                continue
            if heard["parent_header"].get("msg_id") != message:
                continue
            kind = heard["msg_type"]
            idle |= kind == "status" and heard["content"].get("execution_state") == "idle"
            if keep and kind in ("stream", "display_data", "execute_result", "error"):
                keep(heard)
            if reply is None:
                self._check_time(deadline, message)
            if idle and reply is None:
                reply = self._content(self.client.get_shell_msg, message, "execute_reply", 5)
                if reply is None:
                    raise KernelDied
        return reply

    def _check_time(self, deadline, message):
        """Once the time is over, interrupt; a kernel that does not give way within two seconds is ended."""
        if time.monotonic() < deadline:
            return
        self.manager.interrupt_kernel()
        end = time.monotonic() + 2
        while time.monotonic() < end:
            if self._content(self.client.get_shell_msg, message, "execute_reply", 0.2):
                raise TimeUp
        self.close()
        raise TimeUp

    def alive(self):
        """True while the process is there to be asked."""
        return self.client is not None and self.manager.is_alive()

    def _content(self, get, message, kind, timeout):
        while found := self._next(get, timeout):
            if found["parent_header"].get("msg_id") == message and found["msg_type"] == kind:
                return found["content"]
        return None

    @staticmethod
    def _next(get, timeout):
        try:
            return get(timeout=timeout)
        except Empty:
            return None
        except Exception:
            # A message that is garbled or has a forged signature is dropped, whatever the library thought of it.
            return {"parent_header": {}, "msg_type": "", "content": {}}


def read_reply(reply, names):
    """Return the arrays of a reply; whatever is not exactly what was asked for raises."""
    answer = reply.get("user_expressions", {}).get("answer", {})
    if answer.get("status") != "ok":
        raise runner.BadReply("the answer did not come back: was a built-in function replaced?")
    try:
        found = json.loads(ast.literal_eval(answer["data"]["text/plain"]))
    except (ValueError, SyntaxError, KeyError, TypeError, RecursionError, MemoryError):
        raise runner.BadReply("the answer came back garbled") from None
    if not isinstance(found, dict):
        raise runner.BadReply("the answer came back garbled")
    if isinstance(error := found.get("error"), dict):
        kind, message, line = (str(error.get(key, ""))[:300] for key in ("type", "message", "line"))
        if kind == "BadReply":
            raise runner.BadReply(message)
        raise AnswerError(kind, message, line)
    outputs = found.get("outputs")
    if not isinstance(outputs, dict) or set(outputs) != set(names):
        raise runner.BadReply("the answer came back without its outputs")
    return {name: runner.decode(outputs[name]) for name in names}


def _manager(folder, sockets, limits, sandbox):
    argv = [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"]
    # Nothing is remembered between two kernels, and no file of history is written.
    argv += ["--HistoryManager.enabled=False", "--InteractiveShell.cache_size=0"]
    metadata = {}
    if sandbox == "bwrap":
        config = {"folder": str(folder), "sockets": str(sockets), "limits": asdict(limits)}
        metadata = {"kernel_provisioner": {"provisioner_name": "chainrule-bwrap", "config": config}}
    manager = KernelManager(
        transport="ipc",
        ip=str(sockets / "k"),
        connection_file=str(sockets / "connection.json"),
        kernel_name="chainrule",
    )
    manager._kernel_spec = KernelSpec(
        argv=argv, display_name="chainrule", language="python", interrupt_mode="message", metadata=metadata
    )
    return manager


def _merge_streams(outputs):
    merged = []
    for output in outputs:
        last = merged[-1] if merged else {}
        if output["output_type"] == "stream" and last.get("name") == output["name"]:
            last["text"] += output["text"]
        else:
            merged.append(output)
    return merged
