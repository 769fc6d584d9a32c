"""Run cells and ask for answers in the process that runs a student's code, whatever happens to it: `Kernel`.

Everything that comes back is data: it is checked, cut to size, and never run.
"""

import inspect
import json
import time
from queue import Empty

from autograder.sandbox.bubblewrap import START_SECONDS
from autograder.sandbox.cpu_time import Allowance, Clock
from autograder.sandbox.output_buffer import OutputBuffer
from autograder.sandbox.process import Process
from autograder.sandbox.reply import read_replies, read_reply
from autograder.sandbox.watchdog import EVERY_SECONDS
from chainrule.judging import runner
from chainrule.judging.verdict import Unanswered

__all__ = ["Ended", "Kernel", "KernelDied", "TimeUp", "TimedOut", "next_message"]

INTERRUPT_SECONDS = 2
MESSAGE_FIELDS = {"parent_header": dict, "msg_type": str, "content": dict}
EMPTY_MESSAGE = {"parent_header": {}, "msg_type": "", "content": {}}
# The source of the runner is sent with every question, so that students' code cannot replace it in the kernel before.
# It is an expression: a cell of this length would cost IPython more time than the question itself.
CALL_RUNNER = """
(lambda names: (exec(compile({source!r}, "<runner>", "exec"), names), names[{function!r}]({arguments}))[1])(
    dict(__name__="<runner>", __file__="<runner>")
)
"""


class KernelDied(Exception):
    """The process ended by itself, or was ended at a limit, which the message then names."""

    outputs = ()


class TimeUp(Exception):
    """A cell or an answer took too long; the message is the limit. The kernel ends if an interrupt does not help."""

    outputs = ()


class TimedOut(Unanswered):
    """An answer took too long."""


class Ended(Unanswered):
    """The process ended before it gave an answer, for an unknown reason."""


class Kernel:
    """A kernel for the code of one student.

    folder: the student's files with the student edition of the package beside them. sandbox: "bwrap" or "none".
    seconds: for its start. clock: the `Clock` on which its time is counted.
    """

    def __init__(self, folder, limits, sandbox="bwrap", seconds=START_SECONDS, clock=None):
        self.folder, self.limits, self.sandbox, self.clock = folder, limits, sandbox, clock or Clock()
        self.source = inspect.getsource(runner)
        self.process, self.crowded = None, False  # crowded: whether one was ended as too many processes computed
        self.start(seconds)

    def start(self, seconds=START_SECONDS):
        """Start the process; a second call ends it and starts a new one."""
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
        """True while the process is running."""
        return self.process is not None and self.process.alive()

    def run_cell(self, code, seconds=None, output_bytes=None):
        """Run a cell and return its outputs. Raises TimeUp or KernelDied, which carry the outputs so far.

        output_bytes: what is left for the outputs of the notebook, if others were kept before.
        """
        buffer = OutputBuffer(self.limits, self.limits.notebook_output_bytes if output_bytes is None else output_bytes)
        try:
            _, idle = self._execute(code, seconds or self.limits.cell_seconds, buffer.add, store_history=True)
        except (TimeUp, KernelDied) as error:
            error.outputs = buffer.all()
            raise
        return buffer.all(complete=idle)

    def rest(self):
        """Wait while more processes compute than may. Raises KernelDied once they are ended for that."""
        time.sleep(2 * EVERY_SECONDS)
        while self.process.watchdog.crowd_began is not None:
            if not self.process.alive():
                self._raise_died()
            time.sleep(EVERY_SECONDS)

    def ask(self, case, measured, seconds=None):
        """Run a case on the student's code; return {output: array}.

        measured: return the counts of steps and views and the peak of memory instead of the outputs.
        Raises AnswerError if the student's code raised, BadReply, and Unanswered if no answer came.
        """
        arguments = f"{self._request(case, measured)!r}, globals()"
        try:
            reply = self._call_runner("respond", arguments, seconds or self.limits.answer_seconds)
        except TimeUp as error:
            raise TimedOut(f"no answer within {error}: is there an endless loop?") from None
        except KernelDied as error:
            kind = Ended if not str(error) or self.crowded else Unanswered
            raise kind(f"the process ended while this ran{error}") from None
        if reply is None:
            raise runner.BadReply(f"the answer did not come back: at most {self.limits.answer_bytes} bytes are allowed")
        names = case.measured if measured else case.asked[1]
        return read_reply(reply, names, self.limits.answer_bytes)

    def ask_all(self, cases, seconds):
        """Run cases in a row; return the answers to the first of them, {output: array} or AnswerError or BadReply.

        Those that do not fit into the seconds or into one reply are left out, all of them if anything goes wrong.
        """
        requests = [self._request(case, False) for case in cases]
        max_bytes = self.limits.answer_bytes
        # Inside it stops much earlier: after a call that is not slow, the answers before the next one are not lost.
        arguments = f"{requests!r}, globals(), {seconds / 4}, {max_bytes // 2}"  # the whole reply is encoded twice
        try:
            reply = self._call_runner("respond_all", arguments, seconds)
            return read_replies(reply, [case.asked[1] for case in cases], max_bytes)
        except (TimeUp, KernelDied, runner.BadReply):
            return []

    def _call_runner(self, function, arguments, seconds):
        """Call a function of the runner in the kernel; return the content of the reply, None if it was too large."""
        call = CALL_RUNNER.format(source=self.source, function=function, arguments=arguments)
        reply, _ = self._execute("", seconds, None, {"answer": call.strip()}, silent=True)
        return reply

    def _request(self, case, measured):
        inputs = {n: runner.encode(v) if hasattr(v, "dtype") else v for n, v in case.inputs.items()}
        call, names = case.asked
        request = {"call": call, "inputs": inputs, "outputs": names, "layout": case.layout}
        return json.dumps(request | {"measure": measured, "max_bytes": self.limits.answer_bytes})

    def _execute(self, code, seconds, on_output, expressions=None, **options):
        """Run code until the kernel is idle again; return (content of the reply or None, whether it became idle).

        The reply, or the message that it is idle, is missing if a message before it was too large.
        """
        allowance = Allowance(self.clock, seconds, self.limits.patience)
        with self.clock.counting_sleep():
            return self._exchange(code, allowance, on_output, expressions, options)

    def _exchange(self, code, allowance, on_output, expressions, options):
        message_id = self.process.client.execute(
            code, user_expressions=expressions or {}, allow_stdin=False, stop_on_error=False, **options
        )
        reply, idle, last_output, info_id = None, False, self.clock.seconds, None
        while reply is None or not idle:
            if allowance.remaining() <= 0:
                if reply is not None:  # the code is done, only outputs are missing
                    break
                self._interrupt(message_id, allowance.describe())
            if self.process.dropped():
                self.process.connect()
                # Once this is answered, the code is done, and a message that is still missing was dropped.
                info_id = self.process.client.kernel_info()
            # The reply and the end of the outputs come on two sockets: wait for the one that is missing.
            for shell_reply in self._replies(0.1 if idle else 0):
                if shell_reply["parent_header"].get("msg_id") == message_id:
                    reply = shell_reply["content"]
                elif info_id and shell_reply["parent_header"].get("msg_id") == info_id:
                    return reply, False
            output = next_message(self.process.client.get_iopub_msg, 0 if idle else 0.1)
            if output is None:
                if self.clock.seconds - last_output > 1 and (idle or reply is not None):
                    break
                if reply is None and not self.process.alive():
                    self._raise_died()
            elif output["parent_header"].get("msg_id") == message_id:
                last_output = self.clock.seconds
                idle |= output["msg_type"] == "status" and output["content"].get("execution_state") == "idle"
                if on_output:
                    on_output(output)
        return reply, idle

    def _interrupt(self, message_id, limit):
        """Interrupt code that took too long, end the kernel if that does not help, and raise TimeUp."""
        self.process.interrupt()
        end = time.monotonic() + INTERRUPT_SECONDS
        while time.monotonic() < end:
            if any(reply["parent_header"].get("msg_id") == message_id for reply in self._replies(0.1)):
                raise TimeUp(limit)
        self.close()
        raise TimeUp(limit)

    def _raise_died(self):
        reason, self.crowded = self.process.reason, self.process.watchdog.crowded
        self.close()
        raise KernelDied(f": {reason}" if reason else "")

    def _replies(self, seconds):
        """Yield the replies that have come or come within seconds, at most 100, so that a flood does not block."""
        for _ in range(100):
            reply = next_message(self.process.client.get_shell_msg, seconds)
            if reply is None:
                return
            yield reply
            seconds = 0


def next_message(get, seconds):
    """Return the next message, None if there is none, and EMPTY_MESSAGE for one that is not valid."""
    try:
        message = get(timeout=seconds)
        valid = all(isinstance(message[field], kind) for field, kind in MESSAGE_FIELDS.items())
        return message if valid else EMPTY_MESSAGE
    except Empty:
        return None
    except Exception:
        # A garbled message or one with a forged signature is dropped, whatever jupyter_client raised.
        return EMPTY_MESSAGE
