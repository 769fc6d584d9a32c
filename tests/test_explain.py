import numpy as np
import pytest

from chainrule.judging.explain import explain

SAYS = {"sum": "the mean is missing", "half": "the half is missing", "double": "the mean is missing"}


def arrays(number=3, shape=(4, 3)):
    """Return the correct outputs of a few cases, unrelated to each other."""
    rng = np.random.default_rng(0)
    return [rng.normal(size=shape) for _ in range(number)]


def answers(give, mistakes=(), right=None):
    """Return (got, expected, {mistake: output}) for each case; give, mistakes: functions of the correct output."""
    right = arrays() if right is None else right
    return [(give(e), e, {name: make(e) for name, make in dict(mistakes).items()}) for e in right]


def diagnosis(give, mistakes=(), right=None, sentences=SAYS):
    return explain("dW", {"dW": answers(give, mistakes, right)}, sentences)


def off(e):
    """Return a wrong value in no simple relation to the correct one."""
    return e + 1 + e**2


# Named mistakes.


def test_a_sum_that_is_zero_but_for_rounding_is_named_on_every_machine():
    mistakes = {"sum": lambda e: np.zeros_like(e)}
    assert diagnosis(lambda e: 3e-17 * e, mistakes) == "the mean is missing"
    assert diagnosis(lambda e: 3e-3 * e, mistakes) != "the mean is missing"


def test_the_one_mistake_that_fits_is_named():
    assert diagnosis(lambda e: e + 7, {"sum": lambda e: e + 7, "half": off}) == SAYS["sum"]


def test_a_mistake_that_nearly_fits_is_not_named():
    assert diagnosis(lambda e: e + 7.01, {"sum": lambda e: e + 7}) is None


def test_two_mistakes_that_fit_give_no_diagnosis():
    assert diagnosis(lambda e: e + 7, {"sum": lambda e: e + 7, "half": lambda e: e + 7}) is None


def test_two_mistakes_with_one_message_are_one_explanation():
    assert diagnosis(lambda e: e + 7, {"sum": lambda e: e + 7, "double": lambda e: e + 7}) == SAYS["sum"]


def test_a_mistake_must_fit_in_every_case():
    right = arrays()
    cases = answers(off, {"sum": off}, right)
    # The first case agrees by chance, the others do not.
    cases[1:] = answers(lambda e: e + 2, {"sum": off}, right[1:])
    assert explain("dW", {"dW": cases}, SAYS) is None


def test_a_case_in_which_the_mistake_makes_no_difference_must_be_right():
    # The mistake is left out of a case where it returns the right value.
    telling, silent = answers(off, {"sum": off}), answers(lambda e: e)
    assert explain("dW", {"dW": telling + silent}, SAYS) == SAYS["sum"]
    wrong_there = answers(lambda e: e + 3)
    assert explain("dW", {"dW": telling + wrong_there}, SAYS) is None


def test_a_mistake_that_never_makes_a_difference_explains_nothing():
    assert diagnosis(off) is None
    assert diagnosis(lambda e: e) is None


def test_of_two_that_fit_the_one_that_explains_all_outputs_is_named():
    # "half" fits dW too, but it would have made the loss wrong.
    loss = answers(lambda e: e, {"half": off})
    dW = answers(lambda e: e + 7, {"sum": lambda e: e + 7, "half": lambda e: e + 7})
    assert explain("dW", {"loss": loss, "dW": dW}, SAYS) == SAYS["sum"]


def test_a_mistake_that_explains_one_output_alone_is_named_if_none_explains_all():
    # The loss is wrong for a reason of its own.
    loss = answers(off)
    dW = answers(lambda e: e + 7, {"sum": lambda e: e + 7})
    assert explain("dW", {"loss": loss, "dW": dW}, SAYS) == SAYS["sum"]


def test_a_mistake_that_would_have_made_another_output_wrong_too_is_not_named():
    # The loss is right: the cause of both is not there.
    loss = answers(lambda e: e, {"sum": off})
    dW = answers(lambda e: e + 7, {"sum": lambda e: e + 7})
    assert explain("dW", {"loss": loss, "dW": dW}, SAYS) is None


def test_a_mistake_must_fit_the_output_in_other_checks_too():
    def other(give):
        return [(answers(give, {"sum": lambda e: e + 7}), 1e-6, 0.0)]

    outputs = {"dW": answers(lambda e: e + 7, {"sum": lambda e: e + 7})}
    assert explain("dW", outputs, SAYS, other_checks=other(lambda e: e + 7)) == SAYS["sum"]
    assert explain("dW", outputs, SAYS, other_checks=other(lambda e: e)) is None
    assert explain("dW", outputs, SAYS, other_checks=other(lambda e: e + 8)) is None


def test_a_check_in_which_a_mistake_makes_no_difference_does_not_exclude_it():
    outputs = {"dW": answers(lambda e: e + 7, {"sum": lambda e: e + 7})}
    assert explain("dW", outputs, SAYS, other_checks=[(answers(lambda e: e), 1e-6, 0.0)]) == SAYS["sum"]


def test_a_mistake_of_another_output_is_not_reported_for_this_one():
    loss = answers(lambda e: e + 7, {"sum": lambda e: e + 7})
    dW = answers(off)
    assert explain("dW", {"loss": loss, "dW": dW}, SAYS) is None


def test_a_mistake_with_another_shape_is_named():
    # The entries differ in number: only a mistake can explain it, no factor.
    assert diagnosis(lambda e: np.sum(e, axis=0), {"sum": lambda e: np.sum(e, axis=0)}) == SAYS["sum"]


def test_a_mistake_that_gives_nan_is_named():
    assert diagnosis(lambda e: e * np.nan, {"sum": lambda e: e * np.nan}) == SAYS["sum"]


def test_a_named_mistake_is_preferred_to_a_factor():
    assert diagnosis(lambda e: 2 * e, {"sum": lambda e: 2 * e}) == SAYS["sum"]


def test_with_two_named_mistakes_no_factor_is_reported():
    # Something specific is known, but not which: a factor would be a third guess.
    assert diagnosis(lambda e: 2 * e, {"sum": lambda e: 2 * e, "half": lambda e: 2 * e}) is None


# Simple relations.


@pytest.mark.parametrize(
    ("c", "message"),
    [
        (2, "dW is 2 times the right value"),
        (0.5, "dW is 0.5 times the right value"),
        (64, "dW is 64 times the right value"),
        (1.001, "dW is 1.001 times the right value"),
        (-3, "dW is -3 times the right value"),
        (-1, "dW has the wrong sign"),
    ],
)
def test_a_factor_is_reported(c, message):
    assert diagnosis(lambda e: c * e) == message


def test_a_factor_must_be_the_same_in_all_cases():
    # As with a missing 1/N where N differs: "8 times" would be true of one case only.
    cases = [(c * e, e, {}) for c, e in zip((8, 5, 6), arrays(), strict=True)]
    assert explain("dW", {"dW": cases}, SAYS) is None


def test_one_case_is_not_enough_for_a_factor():
    # Any wrong number is some multiple of the right one.
    assert diagnosis(lambda e: 2 * e, right=arrays(1)) is None
    assert diagnosis(lambda e: 2 * e, right=arrays(1, shape=())) is None
    assert diagnosis(lambda e: 2 * e, right=arrays(2, shape=())) == "dW is 2 times the right value"


def test_a_factor_must_hold_for_every_entry():
    def with_one_wrong_entry(e):
        wrong = 2 * e
        wrong[0, 0] += 1
        return wrong

    assert diagnosis(with_one_wrong_entry) is None


def test_an_approximate_multiple_is_not_reported():
    def nearly_a_multiple(e):
        # Twice the right value plus something at a right angle to it: the best factor is 2 in every case.
        aside = np.arange(e.size).reshape(e.shape)
        return 2 * e + aside - e * np.sum(aside * e) / np.sum(e * e)

    assert diagnosis(nearly_a_multiple) is None


def test_a_mask_is_not_reported_as_a_multiple():
    assert diagnosis(lambda e: e > 0, right=[np.array([2.0, 0.0])] * 3) is None


@pytest.mark.parametrize(
    "give",
    [lambda e: 0 * e, lambda e: e * np.nan, lambda e: e * np.inf, lambda e: e + 1, lambda e: e > 0, lambda e: e[:2]],
    ids=["zeros", "nan", "inf", "shifted", "bool", "shape"],
)
def test_other_values_are_not_reported_as_multiples(give):
    assert diagnosis(give) is None


def test_zeros_or_infinities_have_no_multiple():
    assert diagnosis(lambda e: e + 1, right=[np.zeros(3)] * 3) is None
    assert diagnosis(lambda e: 2 * e, right=[np.array([np.inf, 1.0])] * 3) is None


@pytest.mark.parametrize("shape", [(4, 3), (3, 3)], ids=["oblong", "square"])
def test_a_transpose_is_reported(shape):
    assert diagnosis(lambda e: e.T, right=arrays(shape=shape)) == "dW is the transpose of the right array"


def test_a_symmetric_array_is_not_called_a_transpose():
    right = [e + e.T for e in arrays(shape=(3, 3))]
    assert diagnosis(lambda e: e.T, right=right) is None


def test_an_antisymmetric_array_leaves_two_relations_and_neither_is_reported():
    right = [e - e.T for e in arrays(shape=(3, 3))]
    assert diagnosis(lambda e: -e, right=right) is None


def test_a_transpose_in_one_case_only_is_not_reported():
    first, *rest = arrays()
    assert explain("dW", {"dW": [(first.T, first, {}), *answers(off, right=rest)]}, SAYS) is None


@pytest.mark.parametrize("noise", [0, 1e-9], ids=["exact", "rounded"])
@pytest.mark.parametrize("shape", [(), (4,), (3, 3), (4, 3)], ids=str)
def test_a_correct_answer_gets_no_diagnosis(shape, noise):
    right = arrays(shape=shape)
    assert diagnosis(lambda e: e * (1 + noise), {"sum": off, "half": lambda e: 2 * e}, right) is None
