import numpy as np
import pytest

from chainrule.judging.compare import VIEWS, difference, same

BIG = np.array([100.0, 1.0])


def test_equal_arrays_have_no_difference():
    a = np.random.default_rng(0).normal(size=(3, 4))
    assert same(a, a.copy())
    assert difference("x", a, a.copy()) is None


# The one rule of tolerance: |got - expected| <= atol + rtol * (|expected| + scale).


@pytest.mark.parametrize(
    ("expected", "gap", "options"),
    [
        # A number is its own scale: 1e-6 * (1 + 1).
        (np.array([1.0]), np.array([2e-6]), {}),
        # scale is 100: 1e-6 * (1 + 100) for the second entry, 1e-6 * 200 for the first.
        (BIG, np.array([0, 101e-6]), {}),
        (BIG, np.array([200e-6, 0]), {}),
        # An entry that is 0 is held to the precision of its array.
        (np.array([10.0, 0.0]), np.array([0, 10e-6]), {}),
        (BIG, np.array([0, 0.101]), {"rtol": 1e-3}),
        (BIG, np.array([0, 0.5]), {"rtol": 0, "atol": 0.5}),
        (np.zeros(2), np.array([0, 1e-3]), {"atol": 1e-3}),
    ],
)
@pytest.mark.parametrize("sign", [1, -1])
def test_the_edge_of_the_tolerance(expected, gap, options, sign):
    assert same(expected + sign * 0.99 * gap, expected, **options)
    assert not same(expected + sign * 1.01 * gap, expected, **options)


def test_an_infinite_entry_does_not_loosen_the_others():
    expected = np.array([np.inf, 1.0])
    assert same(expected, expected)
    # scale is 1, the largest finite entry.
    assert not same(np.array([np.inf, 1 + 3e-6]), expected)


def test_zeros_must_be_zeros_without_an_absolute_tolerance():
    assert not same(np.array([1e-12, 0]), np.zeros(2))


def test_a_large_wrong_entry_does_not_excuse_the_others():
    # The scale comes from the right array, not from the answer.
    got, expected = np.array([1e12, 1.1]), np.array([1.0, 1.0])
    assert difference("x", got, expected) == "x[0] is 1e+12, expected 1 (2 of 2 entries differ)"


@pytest.mark.parametrize(
    ("got", "expected", "verdict"),
    [
        (np.nan, np.nan, True),
        (np.nan, 1.0, False),
        (1.0, np.nan, False),
        (np.inf, np.inf, True),
        (np.inf, -np.inf, False),
        (np.inf, 1.0, False),
        (1e300, np.inf, False),
        (np.nan, np.inf, False),
    ],
)
def test_nan_equals_nan_and_infinities_must_be_the_same(got, expected, verdict):
    assert same(got, expected) is verdict
    assert (difference("x", got, expected) is None) is verdict


def test_dtype_is_free_where_values_agree():
    for dtype in (np.float32, np.int64, np.uint8, np.float16):
        assert same(np.array([1, 2, 3], dtype), np.array([1.0, 2.0, 3.0]))


def test_unsigned_integers_do_not_wrap_around():
    got, expected = np.array([1, 7], np.uint8), np.array([2, 2], np.uint8)
    # 1 - 2 is 255 in uint8, which would make the first entry the worst.
    assert difference("y", got, expected) == "y[1] is 7, expected 2 (2 of 2 entries differ)"


@pytest.mark.parametrize(
    ("got", "expected", "message"),
    [
        (np.zeros((2, 3)), np.zeros((3, 2)), "dW has shape (2, 3), expected (3, 2)"),
        (np.zeros(3), np.zeros((3, 1)), "dW has shape (3,), expected (3, 1)"),
        (np.zeros(3), 1.0, "dW has shape (3,), expected a single number"),
        (np.zeros((1,)), 0.0, "dW has shape (1,), expected a single number"),
        (0.0, np.zeros(2), "dW has shape (), expected (2,)"),
        (np.zeros((0, 3)), np.zeros((3,)), "dW has shape (0, 3), expected (3,)"),
    ],
)
def test_a_wrong_shape_is_reported_and_never_broadcast(got, expected, message):
    assert not same(got, expected)
    assert difference("dW", got, expected) == message


@pytest.mark.parametrize(
    ("got", "expected", "message"),
    [
        (2.5, 3.0, "x is 2.5, expected 3"),
        (np.array([1, 5, 3.0]), np.array([1, 2, 3.0]), "x[1] is 5, expected 2 (1 of 3 entries differ)"),
        (
            np.array([[1.0, 2], [3, 4]]),
            np.array([[1.0, 2.5], [9, 4]]),
            "x[1, 0] is 3, expected 9 (2 of 4 entries differ)",
        ),
        (np.array([7.0]), np.array([8.0]), "x[0] is 7, expected 8"),
        (np.array([1, 2, 2]), np.array([1, 0, 2]), "x[1] is 2, expected 0 (1 of 3 entries differ)"),
        (np.array([True, False]), np.array([True, True]), "x[1] is False, expected True (1 of 2 entries differ)"),
        (np.array([1.0, np.nan]), np.array([1.0, 2.0]), "x has 1 of 2 entries nan, expected numbers such as 2"),
        (np.full((2, 2), np.nan), np.full((2, 2), 4.0), "x has 4 of 4 entries nan, expected numbers such as 4"),
        (np.array([3.0, -np.inf]), np.array([3.0, 2.0]), "x has 1 of 2 entries infinite, expected numbers such as 2"),
        (np.nan, 2.0, "x is nan, expected 2"),
        (-np.inf, 2.0, "x is infinite, expected 2"),
        (np.nan, np.inf, "x is nan, expected inf"),
        (np.array([1, np.inf]), np.array([1, -np.inf]), "x[1] is inf, expected -inf (1 of 2 entries differ)"),
        (np.array([1, 2.0]), np.array([1, np.nan]), "x[1] is 2, expected nan (1 of 2 entries differ)"),
        (np.array([1 + 1j, 2]), np.array([1.0, 2]), "x holds complex numbers, expected real ones"),
    ],
)
def test_the_message_is_correct(got, expected, message):
    assert difference("x", got, expected) == message


def test_the_reported_entry_is_the_one_furthest_off():
    rng = np.random.default_rng(0)
    expected = rng.normal(size=(4, 3, 2))
    got = expected + 0.01
    got[2, 1, 0] += 1
    message = f"x[2, 1, 0] is {got[2, 1, 0]:.6g}, expected {expected[2, 1, 0]:.6g} (24 of 24 entries differ)"
    assert difference("x", got, expected) == message


def test_entries_within_the_tolerance_are_not_counted():
    expected = np.array([1.0, 1.0, 1.0])
    assert difference("x", expected + [1e-8, 0.5, 0], expected).endswith("(1 of 3 entries differ)")


def test_nan_is_named_before_wrong_numbers():
    assert "1 of 2 entries nan" in difference("x", np.array([np.nan, 9.0]), np.array([1.0, 2.0]))


def test_empty_arrays_of_one_shape_are_the_same():
    assert same(np.zeros((0, 3)), np.zeros((0, 3)))
    assert difference("x", np.zeros((0, 3)), np.zeros((0, 3))) is None
    assert not same(np.zeros((0, 3)), np.zeros((3, 0)))


@pytest.mark.parametrize(
    ("view", "got", "verdict"),
    [
        ("abs", [[-1.0, 2.0], [-3.0, 4.0]], True),
        # The columns have changed places.
        ("abs", [[2.0, 1.0], [4.0, 3.0]], False),
        ("gram", [[2.0, 1.0], [4.0, 3.0]], True),
        ("gram", [[-1.0, 2.0], [-3.0, 4.0]], True),
        # One sign flipped in one row only is no rotation.
        ("gram", [[-1.0, 2.0], [3.0, 4.0]], False),
        ("", [[-1.0, 2.0], [-3.0, 4.0]], False),
    ],
)
def test_a_view_ignores_what_has_no_defined_value(view, got, verdict):
    expected = np.array([[1.0, 2.0], [3.0, 4.0]])
    assert same(VIEWS[view](np.array(got)), VIEWS[view](expected)) is verdict


def test_the_gram_view_lets_a_wrong_number_of_axes_pass_to_the_comparison():
    assert VIEWS["gram"](np.zeros(3)).shape == (3,)
