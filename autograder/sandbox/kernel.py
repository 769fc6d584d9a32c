"""Run cells and ask for answers in the process that holds a student's code, and survive whatever happens to it.

Whatever comes back to `Kernel` is taken as data: it is checked, cut to size, and never run.
"""

import inspect
import json
import secrets
import time
from queue import Empty

from autograder.sandbox.bubblewrap import START_SECONDS
from autograder.sandbox.cpu_time import Allowance, Clock
from autograder.sandbox.output_buffer import OutputBuffer
from autograder.sandbox.process import Process
from autograder.sandbox.reply import read_reply
from chainrule.judging import runner
from chainrule.judging.verdict import Unanswered

__all__ = ["Ended", "Kernel", "KernelDied", "TimeUp", "TimedOut", "next_message"]

GIVE_WAY_SECONDS = 2
PARTS = {"parent_header": dict, "msg_type": str, "content": dict}
NOTHING = {"parent_header": {}, "msg_type": "", "content": {}}
# The runner's text is sent with every question, so that code in the kernel has nothing of ours to replace beforehand.
ASK = """
{variable} = dict(__name__="<runner>", __file__="<runner>")
exec(compile({source!r}, "<runner>", "exec"), {variable})
{variable} = {variable}["respond"]({request!r}, globals())
"""


class KernelDied(Exception):
    """The process ended by itself, or was ended because it used too much: then the message says of what."""

    outputs = ()


class TimeUp(Exception):
    """The time of a cell or of an answer is over, in words; the kernel was ended if it did not give way."""

    outputs = ()


class TimedOut(Unanswered):
    """The time of an answer is over."""


class Ended(Unanswered):
    """The process ended before it gave an answer, and nothing says why."""


class Kernel:
    """A kernel for the code of one student.

    folder: the student's files with the student edition of the package beside them. sandbox: "bwrap" or "none". clock:
    the `Clock` on which its time is counted.
    """

    def __init__(self, folder, limits, sandbox="bwrap", seconds=START_SECONDS, clock=None):
        self.folder, self.limits, self.sandbox, self.clock = folder, limits, sandbox, clock or Clock()
        self.source = inspect.getsource(runner)
        self.process = None
        self.start(seconds)

    def start(self, seconds=START_SECONDS):
        """Start the process; a second call ends it and starts another."""
        self.close()
        self.process = Process(self.folder, self.limits, self.sandbox, seconds, self.clock)

    def close(self):
        """End the process."""
        if self.process is not None:
            self.process.close()
            self.process = None

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self.close()

    def alive(self):
        """True while the process is there to be asked."""
        return self.process is not None and self.process.alive()

    def run_cell(self, code, seconds=None):
        """Run a cell and return its outputs. Raises TimeUp or KernelDied, which carry the outputs so far."""
        buffer = OutputBuffer(self.limits)
        try:
            _, idle = self._execute(code, seconds or self.limits.cell_seconds, buffer.add, store_history=True)
        except (TimeUp, KernelDied) as error:
            error.outputs = buffer.all()
            raise
        return buffer.all(lost=not idle)

    def ask(self, case, measured, seconds=None):
        """Run a case on the student's code; return {output: array}, or raise AnswerError, BadReply, Unanswered."""
        seconds = seconds or self.limits.answer_seconds
        variable = f"_{secrets.token_hex(8)}"
        code = ASK.format(variable=variable, source=self.source, request=self._request(case, measured))
        try:
            reply, _ = self._execute(code, seconds, None, {"answer": variable}, silent=True)
        except TimeUp as error:
            raise TimedOut(f"no answer within {error}: is there an endless loop?") from None
        except KernelDied as error:
            kind = Unanswered if str(error) else Ended
            raise kind(f"the process ended while this ran{error}") from None
        if reply is None:
            raise runner.BadReply(f"the answer did not come back: at most {self.limits.answer_bytes} bytes are allowed")
        names = ["steps", "views", "peak"] if measured else list(case.expected)
        return read_reply(reply, names, self.limits.answer_bytes)

    def _request(self, case, measured):
        inputs = {n: runner.encode(v) if hasattr(v, "dtype") else v for n, v in case.inputs.items()}
        asked = {"call": case.call, "inputs": inputs, "outputs": list(case.expected), "layout": case.layout}
        return json.dumps(asked | {"measure": measured, "most": self.limits.answer_bytes})

    def _execute(self, code, seconds, keep, expressions=None, **options):
        """Run code until the kernel is idle again; return the reply's content, and whether it said that it is idle.

        Either is lost if a message before it was too large to be taken in.
        """
        allowance = Allowance(self.clock, seconds, self.limits.patience)
        with self.clock.asking():
            return self._exchange(code, allowance, keep, expressions, options)

    def _exchange(self, code, allowance, keep, expressions, options):
        message = self.process.client.execute(
            code, user_expressions=expressions or {}, allow_stdin=False, stop_on_error=False, **options
        )
        reply, idle, last, later = None, False, self.clock.seconds, None
        while reply is None or not idle:
            if allowance.left() <= 0:
                if reply is not None:  # it is done; what it showed is still on the way
                    break
                self._interrupt(message, allowance.words())
            if self.process.dropped():
                self.process.connect()
                # Once this is answered, the kernel has gone on, and what is missing then does not come.
                later = self.process.client.kernel_info()
            # The reply and the end of the outputs come on two sockets: wait for the one that is missing.
            for found in self._replies(0.1 if idle else 0):
                if found["parent_header"].get("msg_id") == message:
                    reply = found["content"]
                elif later and found["parent_header"].get("msg_id") == later:
                    return reply, False
            output = next_message(self.process.client.get_iopub_msg, 0 if idle else 0.1)
            if output is None:
                if self.clock.seconds - last > 1 and (idle or reply is not None):
                    break
                if reply is None and not self.process.alive():
                    self._died()
            elif output["parent_header"].get("msg_id") == message:
                last = self.clock.seconds
                idle |= output["msg_type"] == "status" and output["content"].get("execution_state") == "idle"
                if keep:
                    keep(output)
        return reply, idle

    def _interrupt(self, message, words):
        """The time is over: interrupt; a kernel that does not give way is ended."""
        self.process.interrupt()
        end = time.monotonic() + GIVE_WAY_SECONDS
        while time.monotonic() < end:
            if any(reply["parent_header"].get("msg_id") == message for reply in self._replies(0.1)):
                raise TimeUp(words)
        self.close()
        raise TimeUp(words)

    def _died(self):
        reason = self.process.reason
        self.close()
        raise KernelDied(f": {reason}" if reason else "")

    def _replies(self, seconds):
        """Give the replies that are there or come within seconds, but not more than can be looked through at a time."""
        for _ in range(100):
            reply = next_message(self.process.client.get_shell_msg, seconds)
            if reply is None:
                return
            yield reply
            seconds = 0


def next_message(get, seconds):
    """Return the next message, None where there is none, and NOTHING for one that is not what it should be."""
    try:
        message = get(timeout=seconds)
        sound = all(isinstance(message[part], kind) for part, kind in PARTS.items())
        return message if sound else NOTHING
    except Empty:
        return None
    except Exception:
        # A message that is garbled or has a forged signature is dropped, whatever the library thought of it.
        return NOTHING
