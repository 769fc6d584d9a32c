"""Read what came back from the process that holds a student's code: `read_reply` believes nothing it reads."""

import base64
import json

from autograder.sandbox.outputs import text
from chainrule.judging import runner
from chainrule.judging.verdict import AnswerError

__all__ = ["read_reply"]

GARBLED = "the answer came back garbled"


def read_reply(reply, names, most):
    """Return {name: array} of a reply with exactly these names, of at most so many bytes each; anything else raises.

    reply: the content of an execute_reply, whose expression "answer" is the text that `runner.respond` returns.
    Raises AnswerError with what the student's code raised, and BadReply.
    """
    answer_fields = _unpacked(reply)
    if isinstance(error := answer_fields.get("error"), dict):
        kind, message, line = (_words(error.get(key)) for key in ("type", "message", "line"))
        if kind == "BadReply":
            raise runner.BadReply(message)
        raise AnswerError(kind, message, line)
    outputs = answer_fields.get("outputs")
    if not isinstance(outputs, dict) or set(outputs) != set(names):
        raise runner.BadReply("the answer came back without its outputs")
    return {name: runner.decode(outputs[name], most) for name in names}


def _words(value):
    """A line to read, as far as there is one."""
    return " ".join((text(value, colours=False) or "").split())[:300]


def _unpacked(reply):
    """The dict that was sent as JSON in base64: its text needs no evaluation."""
    try:
        answer = reply["user_expressions"]["answer"]
        if answer["status"] != "ok":
            raise runner.BadReply("the answer did not come back: was a built-in function replaced?")
        fields = json.loads(base64.b64decode(answer["data"]["text/plain"].strip("'"), validate=True))
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError, MemoryError):
        raise runner.BadReply(GARBLED) from None
    if not isinstance(fields, dict):
        raise runner.BadReply(GARBLED)
    return fields
