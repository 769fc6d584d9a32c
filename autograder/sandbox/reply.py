"""Read the reply of the process that runs a student's code: `read_reply` and `read_replies` check everything in it."""

import base64
import json

from autograder.sandbox.outputs import clean_text
from chainrule.judging import runner
from chainrule.judging.verdict import AnswerError

__all__ = ["read_replies", "read_reply"]

GARBLED = "the answer came back garbled"


def read_reply(reply, names, max_bytes):
    """Return {name: array} of a reply that holds exactly these names, each array of at most max_bytes.

    reply: the content of an execute_reply, whose expression "answer" is the text that `runner.respond` returns.
    Raises AnswerError if the student's code raised, and BadReply for a reply that is not valid.
    """
    return _read_answer(_decode(reply), names, max_bytes)


def read_replies(reply, names, max_bytes):
    """Return [{name: array} or the AnswerError or BadReply in its place] of a reply that holds several.

    reply: as above, of `runner.respond_all`. names: the names of each. Raises BadReply if there is no list in it.
    """
    answers = _decode(reply, list)
    return [_answer_or_error(answer, chosen, max_bytes) for answer, chosen in zip(answers, names, strict=False)]


def _answer_or_error(answer, names, max_bytes):
    try:
        return _read_answer(answer, names, max_bytes)
    except (AnswerError, runner.BadReply) as error:
        return error


def _read_answer(answer_fields, names, max_bytes):
    if not isinstance(answer_fields, dict):
        raise runner.BadReply(GARBLED)
    if isinstance(error := answer_fields.get("error"), dict):
        kind, message, line = (_one_line(error.get(key)) for key in ("type", "message", "line"))
        if kind == "BadReply":
            raise runner.BadReply(message)
        raise AnswerError(kind, message, line)
    outputs = answer_fields.get("outputs")
    if not isinstance(outputs, dict) or set(outputs) != set(names):
        raise runner.BadReply("the answer came back without its outputs")
    return {name: runner.decode(outputs[name], max_bytes) for name in names}


def _one_line(value):
    """At most 300 characters of a text, in one line; "" for anything else."""
    return " ".join((clean_text(value, colours=False) or "").split())[:300]


def _decode(reply, kind=dict):
    """The dict or list that the runner sent as JSON in base64, read without evaluating anything."""
    try:
        answer = reply["user_expressions"]["answer"]
        if answer["status"] != "ok":
            raise runner.BadReply("the answer did not come back: was a built-in function replaced?")
        fields = json.loads(base64.b64decode(answer["data"]["text/plain"].strip("'"), validate=True))
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError, MemoryError):
        raise runner.BadReply(GARBLED) from None
    if not isinstance(fields, kind):
        raise runner.BadReply(GARBLED)
    return fields
