import json
import re

import numpy as np
import pytest

from chainrule.judging.exam import Case, Check, Exam
from chainrule.judging.runner import BadReply
from chainrule.judging.verdict import AnswerError, Outcome, Unanswered, Verdict, judge

ONE = np.array([1.0, 2.0])
WRONG = np.array([1.0, 3.0])
SAID = "x[1] is 3, expected 2 (1 of 2 entries differ)"
BLANK = AnswerError("NotImplementedError")


def check(name, points=1, call="", kind="values", cases=1, **options):
    """Return a check of one or more cases; the correct answer is always ONE."""
    drawn_cases = tuple(Case(call or name, {"N": 10 ** (n + 1)}, {"x": ONE}) for n in range(cases))
    return Check(name, points, drawn_cases, kind, **options)


def exam(*checks, messages=None):
    return Exam("task", checks, messages or {})


class Student:
    """Answers by the text of the call: an array, or an exception to raise. asked: the calls so far."""

    def __init__(self, **replies):
        self.replies, self.asked = replies, []

    def __call__(self, case, measured):
        self.asked.append((case.call, measured))
        reply = self.replies.get(case.call, ONE)
        if isinstance(reply, list):
            reply = reply[len([call for call, _ in self.asked if call == case.call]) - 1]
        if isinstance(reply, Exception):
            raise reply
        return reply if isinstance(reply, dict) else {"x": reply}


def costs(steps=100, views=5, peak=1000, **outputs):
    """What comes back of a call that is measured; outputs: {cost: x of its run}, ONE unless stated."""
    found = {"steps": np.array(steps), "views": np.array(views), "peak": np.array(peak)}
    return found | {f"{cost} of x": outputs.get(f"x_{cost}", ONE) for cost in found}


def growing(small, large):
    """Return the verdict on code with one correct value and these costs at N = 10 and N = 100."""
    return judge(exam(check("value"), check("growth", kind="growth", cases=2)), Student(growth=[small, large]))


# Points.


def test_points_of_right_checks_add_up():
    verdict = judge(exam(check("a", 2), check("b", 0.5), check("c", 4)), Student(b=WRONG))
    assert (verdict.score, verdict.points) == (6, 6.5)
    assert [o.earned for o in verdict.outcomes] == [2, 0, 4]
    assert [o.result for o in verdict.outcomes] == ["right", "wrong", "right"]
    assert not verdict.passed
    assert [o.name for o in verdict.checks_with_lost_points()] == ["b"]


def test_a_verdict_without_failures_is_passed_and_has_no_reason():
    verdict = judge(exam(check("a", 2), check("b", 3)), Student(), seed=7)
    assert verdict.passed
    assert verdict.attempted
    assert (verdict.score, verdict.checks_with_lost_points(), verdict.reason()) == (5.0, [], "")
    assert (verdict.task, verdict.seed, verdict.note) == ("task", 7, "")


def test_notes_are_below_the_table():
    verdict = judge(exam(check("a")), Student()).with_notes(["it was late", "at most 4 GiB are allowed."])
    assert verdict.note == "It was late. At most 4 GiB are allowed."
    assert str(verdict).endswith(verdict.note)
    assert verdict.as_dict()["note"] == verdict.note


def test_one_wrong_case_costs_the_check():
    verdict = judge(exam(check("a", cases=3)), Student(a=[ONE, ONE, WRONG]))
    assert verdict.score == 0
    assert verdict.reason() == SAID


def test_the_tolerance_is_the_checks_own():
    # 1e-3 * (2 + 2), and 10 times as much.
    assert judge(exam(check("a", rtol=1e-3)), Student(a=ONE + 0.9e-3)).passed
    assert not judge(exam(check("a")), Student(a=ONE + 0.9e-3)).passed
    assert judge(exam(check("a", atol=0.1)), Student(a=ONE + 0.09)).passed


def test_the_view_of_a_check_is_applied_to_both_sides():
    assert judge(exam(check("a", view="abs")), Student(a=-ONE)).passed


def test_a_named_mistake_is_reported():
    cases = tuple(Case("a", {}, {"x": ONE}, {"sum": {"x": ONE + n}}) for n in (1, 2))
    one_exam = exam(Check("a", 1, cases), messages={"sum": "the mean is missing"})
    assert judge(one_exam, Student(a=[ONE + 1, ONE + 2])).reason() == "the mean is missing"


@pytest.mark.parametrize("order", [1, -1])
def test_what_proves_nothing_pays_once_something_proves(order):
    checks = (check("flag", 2, proves=False), check("value", 3))[::order]
    assert judge(exam(*checks), Student()).score == 5
    forged = judge(exam(*checks), Student(value=WRONG))
    assert forged.score == 0
    assert {o.name: o.message for o in forged.outcomes} == {"flag": "counts only once a value is right", "value": SAID}
    assert forged.reason() == SAID


def test_measures_and_unchanged_inputs_need_a_check_that_proves():
    checks = check("flag", proves=False), check("x", kind="untouched"), check("growth", kind="growth", cases=2)
    student = Student()
    assert judge(exam(*checks), student).score == 0
    assert [call for call, _ in student.asked] == ["flag"]


@pytest.mark.parametrize("run", ["steps", "views"])
@pytest.mark.parametrize("size", [0, 1])
def test_a_shortcut_while_steps_are_measured_earns_nothing_for_the_work(run, size):
    replies = [costs(), costs()]
    replies[size] = costs(**{f"x_{run}": WRONG})
    assert growing(*replies).reason() == f"growth: in the call that is measured, {SAID}"


def test_a_shortcut_while_memory_is_measured_earns_nothing_for_it():
    checks = check("value"), check("memory", kind="memory", limit=2000)
    assert judge(exam(*checks), Student(memory=costs())).passed
    assert judge(exam(*checks), Student(memory=costs(x_peak=WRONG))).score == 1


# A blank answer.


def test_a_blank_answer_is_not_attempted_and_nothing_more_is_asked():
    student = Student(a=BLANK)
    verdict = judge(exam(check("a"), check("b"), check("c", kind="untouched")), student)
    assert [o.message for o in verdict.outcomes] == ["not attempted yet"] * 3
    assert [o.result for o in verdict.outcomes] == ["blank"] * 3
    assert (verdict.score, verdict.attempted, verdict.reason()) == (0, False, "not attempted yet")
    assert student.asked == [("a", False)]


def test_a_part_that_is_blank_leaves_the_rest_its_points():
    verdict = judge(exam(check("a", 2), check("b")), Student(b=BLANK))
    assert (verdict.score, verdict.attempted) == (2, True)
    assert verdict.reason() == "b: not attempted yet"


# Properties count only beside a right value.


@pytest.mark.parametrize("kind", ["untouched", "growth", "memory"])
def test_a_property_earns_nothing_without_a_right_value(kind):
    student = Student(a=WRONG, property=costs())
    verdict = judge(exam(check("a"), check("property", kind=kind, cases=2)), student)
    assert verdict.score == 0
    assert verdict.outcomes[1].message == "counts only once a value is right"
    assert student.asked == [("a", False)]
    # It is in the table; the reason for the lost points is the wrong value alone.
    assert verdict.reason() == SAID


@pytest.mark.parametrize("kind", ["untouched", "growth", "memory"])
def test_a_property_earns_its_points_beside_one_right_value(kind):
    reply = ONE if kind == "untouched" else costs()
    student = Student(a=WRONG, property=reply)
    verdict = judge(exam(check("a"), check("b"), check("property", 3, kind=kind, cases=2, limit=1000)), student)
    assert [o.passed for o in verdict.outcomes] == [False, True, True]
    assert student.asked[-1] == ("property", kind != "untouched")


def test_an_input_that_was_changed_is_wrong():
    verdict = judge(exam(check("a"), check("X left unchanged", kind="untouched", call="u")), Student(u=WRONG))
    assert verdict.score == 1
    assert verdict.reason() == f"X left unchanged: {SAID}"


@pytest.mark.parametrize(
    ("small", "large", "passed"),
    [
        (costs(), costs(), True),
        # numpy's own Python wrappers vary a little: a fifth and 20 more are allowed.
        (costs(steps=100), costs(steps=140), True),
        (costs(steps=100), costs(steps=141), False),
        (costs(views=5), costs(views=26), True),
        (costs(views=5), costs(views=27), False),
        (costs(steps=400), costs(steps=300), True),
    ],
)
def test_work_may_not_grow_with_the_input(small, large, passed):
    assert growing(small, large).outcomes[1].passed is passed


def test_growth_is_reported_in_numbers():
    reason = growing(costs(steps=372), costs(steps=2532)).reason()
    assert "grows with N (372 steps at N = 10, 2532 at N = 100): a loop over N is left" in reason
    reason = growing(costs(views=11), costs(views=101)).reason()
    assert "(11 arrays taken from the input at N = 10, 101 at N = 100)" in reason


@pytest.mark.parametrize(("peak", "passed"), [(2_000_000, True), (2_000_001, False)])
def test_memory_has_a_limit(peak, passed):
    student = Student(memory=costs(peak=peak))
    verdict = judge(exam(check("a"), check("memory", kind="memory", limit=2e6)), student)
    assert verdict.outcomes[1].passed is passed


def test_memory_is_reported_in_megabytes():
    student = Student(memory=costs(peak=9_500_000))
    verdict = judge(exam(check("a"), check("memory", kind="memory", limit=2e6)), student)
    assert verdict.outcomes[1].message == "it needs 9.5 MB at one time where 2.0 MB are enough"


# Answers that are none.


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        (AnswerError("ValueError", "bad shape", "a @ b"), "raised ValueError: bad shape, at `a @ b`"),
        (AnswerError("ValueError", "bad shape"), "raised ValueError: bad shape"),
        (AnswerError("KeyError", "", "d[k]"), "raised KeyError, at `d[k]`"),
        (AnswerError("ValueError"), "raised ValueError"),
        (AnswerError("NotImplementedError", "write me", "raise"), "not attempted yet"),
    ],
)
def test_an_exception_is_reported(error, sentence):
    assert str(error) == sentence
    verdict = judge(exam(check("a", 5)), Student(a=error))
    assert (verdict.score, verdict.reason()) == (0, sentence)


def test_a_reply_that_is_no_array_is_wrong():
    verdict = judge(exam(check("a"), check("b")), Student(a=BadReply("x cannot be compared: it is None")))
    assert [o.passed for o in verdict.outcomes] == [False, True]
    assert verdict.reason() == "a: x cannot be compared: it is None"


@pytest.mark.parametrize("kind", ["values", "growth"])
def test_no_answer_is_not_judged_and_earns_nothing(kind):
    student = Student(b=Unanswered("no answer within 10 s"))
    verdict = judge(exam(check("a"), check("b", 5, kind=kind, cases=2)), student)
    outcome = verdict.outcomes[1]
    assert (outcome.passed, outcome.result, outcome.earned) == (None, "not judged", 0)
    assert outcome.message == "no answer within 10 s"
    assert not verdict.passed
    assert verdict.checks_with_lost_points() == [outcome]


@pytest.mark.parametrize("passed", [1, 1.0, "yes", np.True_])
def test_only_the_value_true_earns_points(passed):
    assert Outcome("a", 3, passed).earned == 0


# What is shown.

NASTY = "<script>alert('x')</script> & <b>"


def nasty():
    return Verdict(NASTY, (Outcome(NASTY, 1, False, NASTY), Outcome("b", 2, True)), note=NASTY)


def test_html_escapes_names_and_messages():
    html = nasty()._repr_html_()
    assert "<script" not in html
    # Task, check, message and note.
    assert html.count("&lt;script&gt;") == 4


def test_html_is_a_table_with_a_caption_and_headed_columns():
    html = nasty()._repr_html_()
    assert "<caption" in html
    assert html.count('<th scope="col"') == 4
    assert re.findall(r"<b>(wrong|right)</b>", html) == ["wrong", "right"]
    assert all(html.count(f"<{tag}") == html.count(f"</{tag}>") for tag in ("table", "tr", "td", "tbody", "p"))


def test_text_is_a_table():
    outcomes = (
        Outcome("loss on 3 inputs", 3, True),
        Outcome("dW", 4, False, "dW is 64 times the right value"),
        Outcome("speed", 0.5, None, "no answer"),
        Outcome("rest", 1, False, "not attempted yet"),
    )
    assert str(Verdict("svm_loss", outcomes, note="Not in a sandbox.")).split("\n") == [
        "svm_loss: 3 of 8.5 points",
        "  loss on 3 inputs  right       3/3",
        "  dW                wrong       0/4  dW is 64 times the right value",
        "  speed             not judged  0/0.5  no answer",
        "  rest              blank       0/1  not attempted yet",
        "Not in a sandbox.",
    ]


def test_a_notebook_gets_text_and_html():
    verdict = nasty()
    assert verdict._repr_mimebundle_() == {"text/plain": str(verdict), "text/html": verdict._repr_html_()}


def test_as_dict_survives_json():
    verdict = judge(exam(check("a", 2), check("b")), Student(b=Unanswered("no answer")), seed=11)
    assert json.loads(json.dumps(verdict.as_dict())) == {
        "task": "task",
        "score": 2.0,
        "max": 3,
        "checks": [
            {"name": "a", "passed": True, "points": 2, "earned": 2, "result": "right", "message": ""},
            {"name": "b", "passed": False, "points": 1, "earned": 0, "result": "not judged", "message": "no answer"},
        ],
        "seed": 11,
    }


def test_the_reason_is_one_line_that_joins_checks_with_one_cause():
    outcomes = (
        Outcome("a", 1, False, "the mean is missing"),
        Outcome("b", 1, True),
        Outcome("c", 1, False, "the mean is missing"),
        Outcome("d", 1, False, "it loops"),
        Outcome("e", 1, False, "counts only once a value is right"),
    )
    assert Verdict("t", outcomes).reason() == "a, c: the mean is missing; d: it loops"


def test_one_cause_for_everything_needs_no_names():
    outcomes = tuple(Outcome(name, 1, False, "raised ValueError") for name in "abc")
    assert Verdict("t", outcomes).reason() == "raised ValueError"


# --- answers meant to bring the judge down ---


def measured(kind, costs):
    values = [check("a"), Check("cost", 1, (Case("f()", {"N": 2}, {}), Case("f()", {"N": 20}, {})), kind, limit=10)]

    def ask(case, measure):
        return costs if measure else {name: np.array(value) for name, value in case.expected.items()}

    return judge(Exam("task", tuple(values), {}), ask).outcomes[1]


@pytest.mark.parametrize("kind", ["growth", "memory"])
@pytest.mark.parametrize("cost", [np.ones(3), np.array(np.nan), np.array(1j), np.array(-5), np.array(2.5)], ids=str)
def test_a_cost_that_is_no_count_earns_nothing(kind, cost):
    outcome = measured(kind, {"steps": cost, "views": cost, "peak": cost})
    assert (outcome.passed, outcome.message) == (False, "what it costs could not be measured")


def test_a_view_is_not_taken_of_an_answer_of_another_shape():
    case = Case("f()", {}, {"Z": np.eye(2)})
    huge = np.broadcast_to(0.0, (10**6, 1))  # its inner products would fill 8 TB
    verdict = judge(Exam("task", (Check("a", 1, (case,), view="gram"),), {}), lambda *_: {"Z": huge})
    assert verdict.outcomes[0].message == "Z has shape (1000000, 1), expected (2, 2)"


def test_a_viewed_output_is_named_as_such():
    case = Case("f()", {}, {"Z": np.eye(2)})
    verdict = judge(Exam("task", (Check("a", 1, (case, case), view="gram"),), {}), lambda *_: {"Z": 2 * np.eye(2)})
    assert verdict.outcomes[0].message == "Z Z^T is 4 times the right value"


def test_numbers_that_look_alike_are_shown_in_full():
    verdict = judge(
        exam(check("a")), lambda case, _: {n: np.asarray(v) + [3.5e-6, 0] for n, v in case.expected.items()}
    )
    got, expected = verdict.outcomes[0].message.split(" is ")[1].split(" (")[0].split(", expected ")
    assert got != expected


def test_a_wrong_shape_is_wrong_even_if_its_view_is_correct():
    right = np.arange(6.0).reshape(3, 2)
    viewed = Check("a", 1, (Case("a", {}, {"x": right}),), view="gram")
    outcome = judge(exam(viewed), Student(a=right @ right.T)).outcomes[0]
    assert (outcome.passed, outcome.message) == (False, "x has shape (3, 3), expected (3, 2)")


# A diagnosis must agree with all checks.


def answering(name, mistaken):
    """Return a check whose mistake "m" returns this value."""
    one_case = (Case(name, {}, {"x": ONE}, {"m": {"x": mistaken}}),)
    return Check(name, 1, one_case)


def test_a_mistake_is_named_if_it_fits_in_every_check():
    two_checks = exam(answering("a", WRONG), answering("b", 2 * WRONG), messages={"m": "the cause"})
    verdict = judge(two_checks, Student(a=WRONG, b=2 * WRONG))
    assert [o.message for o in verdict.outcomes] == ["the cause"] * 2


@pytest.mark.parametrize("b", [ONE, 3 * WRONG])
def test_a_mistake_that_another_check_excludes_is_not_named(b):
    two_checks = exam(answering("a", WRONG), answering("b", 2 * WRONG), messages={"m": "the cause"})
    verdict = judge(two_checks, Student(a=WRONG, b=b))
    assert verdict.outcomes[0].message == SAID


def test_a_check_that_raised_excludes_no_mistake():
    two_checks = exam(answering("a", WRONG), answering("b", 2 * WRONG), messages={"m": "the cause"})
    assert judge(two_checks, Student(a=WRONG, b=AnswerError("ValueError"))).outcomes[0].message == "the cause"


def test_a_call_that_returned_none_is_told_so_where_values_were_expected():
    unpacked = "cannot unpack non-iterable NoneType object"
    assert (
        "None came where several values were expected: is a return statement missing?"
        in AnswerError("TypeError", unpacked).diagnosis()
    )
    assert "return statement" not in AnswerError("TypeError", unpacked, "a, b = helper()").diagnosis()
