"""Answers that nobody worked out: those of the visible key, constants, inputs handed back.

`guessable(task)` names the checks that such answers pass. `from_key` and `constant` answer a whole exam without looking
at what is asked; `trivial_functions` stand in for a student's function.
"""

import contextlib
import copy
import functools
import itertools
from dataclasses import replace

import numpy as np
from mutants.answers import names_of

from autograder.course.answer_key import VISIBLE_SEED
from autograder.tasks.spec import exam_of
from chainrule.check import case_runner, resolve_task
from chainrule.judging.compare import apply_view, same
from chainrule.judging.derive import derive
from chainrule.judging.runner import BadReply

__all__ = ["CONSTANTS", "SEEDS", "constant", "constant_outputs", "exam", "from_key", "guessable", "trivial_functions"]

SEEDS = (11, 12, 13)
CONSTANTS = (0.0, 1.0, -1.0, 0.5, np.inf, -np.inf, np.nan, True, False)


@functools.cache
def exam(task, seed):
    """The exam without numerical gradients and named mistakes, which take most of the time."""
    light = copy.copy(task)
    object.__setattr__(light, "checks", tuple(replace(check, gradients=()) for check in task.checks))
    object.__setattr__(light, "mistakes", ())
    return exam_of(light, seed)


def value_checks(task, *seeds):
    """The checks of values of the visible exam, each with the same check of the exams with these seeds."""
    rows = zip(exam(task, VISIBLE_SEED).checks, *(exam(task, seed).checks for seed in seeds), strict=True)
    return [(known, drawn) for known, *drawn in rows if known.kind == "values"]


def constant_outputs(task):
    """Return {name of a check: its outputs that are right for all of SEEDS as the visible key has them}."""
    return {
        known.name: [name for name in known.cases[0].expected if all(_in_key(check, known, name) for check in drawn)]
        for known, drawn in value_checks(task, *SEEDS)
    }


def _in_key(check, known, name):
    pairs = zip(check.cases, known.cases, strict=True)
    return all(_right(check, case, name, seen.expected[name]) for case, seen in pairs)


def guessable(task):
    """Return the names of the checks of values that are right by a guess with one of SEEDS or more."""
    rows = value_checks(task, *SEEDS)
    return [known.name for known, drawn in rows if any(_is_guessed(check, known) for check in drawn)]


def _is_guessed(check, known):
    pairs = list(zip(check.cases, known.cases, strict=True))
    names, outputs = check.cases[0].asked[1], check.cases[0].expected
    compared = [[g for g in GUESSES if _fits(check, pairs, name, g)][:2] for name in names if name in outputs]
    others = [name for name in names if name not in outputs]
    if len(others) > 2:  # too many to try all of them: one guess serves for all
        choices = ((*first, *[guess] * len(others)) for first in itertools.product(*compared) for guess in GUESSES)
    else:
        choices = itertools.product(*compared, *[GUESSES] * len(others))
    order = [name for name in names if name in outputs] + others
    return any(
        all(_all_right(check, *pair, dict(zip(order, choice, strict=True))) for pair in pairs) for choice in choices
    )


def _fits(check, pairs, name, guess):
    answers = [(case, guess(case, seen, name)) for case, seen in pairs]
    return all(value is not None and _right(check, case, name, value) for case, value in answers)


def _all_right(check, case, seen, guesses):
    returned = {name: guess(case, seen, name) for name, guess in guesses.items()}
    if any(value is None for value in returned.values()):
        return False
    try:
        outputs = derive(case, returned)
    except BadReply:
        return False
    return all(_right(check, case, name, outputs[name]) for name in case.expected)


def _right(check, case, name, value):
    got, expected = apply_view(check.view, np.asarray(value), case.expected[name])
    return same(got, expected, check.rtol, check.atol)


# Guesses: functions from a case, the same case of the visible key and a name to an array, or None where there is none.


def _like_inputs(case, array):
    """A float array in the precision of the inputs, which whoever guesses can see."""
    single = any(getattr(value, "dtype", None) == np.float32 for value in case.inputs.values())
    return array.astype(np.float32) if single and array.dtype == np.float64 else array


def _key(case, seen, name):
    return seen.expected.get(name)


def _own_input(case, seen, name):
    value = case.inputs.get(name)
    return value if isinstance(value, np.ndarray) else None


def _filled(value):
    def guess(case, seen, name):
        shape = case.expected[name].shape if name in case.expected else (seen or case).returned[name]
        return _like_inputs(case, np.full(shape, value))

    return guess


def _input(number):
    def guess(case, seen, name):
        arrays = [value for value in case.inputs.values() if isinstance(value, np.ndarray)]
        return arrays[number] if number < len(arrays) else None

    return guess


GUESSES = (_key, _own_input, *map(_filled, CONSTANTS), *map(_input, range(5)))


# Whole exams.


def from_key(task):
    """Return a run_case that answers what the visible key says for the same call, one case after the other."""
    return _forged(task, lambda known, name: known.expected.get(name, np.zeros(known.returned.get(name, ()))))


def constant(task, value):
    """Return a run_case that answers with arrays of one value, in the shapes of the visible key."""
    return _forged(task, lambda known, name: _filled(value)(known, known, name))


def _forged(task, answer):
    by_call, asked = {}, {}
    for check in exam(task, VISIBLE_SEED).checks:
        for case in check.cases if check.kind == "values" else ():
            by_call.setdefault(case.asked[0], []).append(case)

    def run_case(case, measured):
        if case.asked[0] not in by_call:
            raise BadReply("the key does not say")
        known = by_call[case.asked[0]]
        asked[case.asked[0]] = number = asked.get(case.asked[0], -1) + 1
        answers = {name: answer(known[number % len(known)], name) for name in case.asked[1]}
        return dict.fromkeys(case.measured, np.array(1)) if measured else answers

    return run_case


# Functions.


def trivial_functions(task):
    """Return {label: function}: they hand back constants, their arguments or arrays like these, as many as are due."""
    size, arguments = _form(task)
    answers = {repr(value): functools.partial(_always, value) for value in (*CONSTANTS[:6], None, np.zeros(0))}
    for number in range(min(arguments, 4)):
        for label, change in CHANGES.items():
            answers[f"{label} argument {number}"] = functools.partial(_changed, number, change)
    if size:
        answers = {f"{size} times {label}": functools.partial(_repeated, size, a) for label, a in answers.items()}
        answers["the arguments"] = lambda arguments: arguments[:size]
        answers["zeros like the arguments"] = lambda arguments: tuple(map(np.zeros_like, arguments[:size]))
    return {label: _function(answer, "." in task.name) for label, answer in answers.items()}


CHANGES = {
    "the": lambda value: value,
    "a copy of": copy.deepcopy,
    "zeros like": np.zeros_like,
    "ones like": np.ones_like,
}


def _always(value, arguments):
    return value


def _changed(number, change, arguments):
    return change(arguments[number])


def _repeated(size, answer, arguments):
    return (answer(arguments),) * size


def _function(answer, is_method):
    def trivial(*arguments, **named):
        return answer((*arguments[is_method:], *named.values()))

    return trivial


def _form(task):
    """Return how many values the reference returns in a tuple, 0 if it returns one, and how many arguments it gets."""
    forms, is_method = [], "." in task.name

    def recorded(*args, **kwargs):
        result = resolve_task(task.name, vars(task.module))(*args, **kwargs)
        forms.append((len(result) if isinstance(result, tuple) else 0, len(args) + len(kwargs) - is_method))
        return result

    with contextlib.suppress(Exception):
        case_runner(names_of(task, recorded))(exam(task, VISIBLE_SEED).checks[0].cases[0], False)
    return forms[0] if forms else (0, 0)
