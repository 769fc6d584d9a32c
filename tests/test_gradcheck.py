import numpy as np
import pytest

from chainrule import gradcheck
from chainrule.errors import ChainruleError
from chainrule.gradcheck import (
    directional_check,
    find_kinks,
    gradient_check,
    numerical_gradient,
    numerical_gradient_array,
    rel_error,
    sparse_gradient_check,
)


@pytest.fixture
def x():
    return np.random.default_rng(0).standard_normal((3, 4))


def square(x):
    return np.sum(x**2)


def relu_sum(x):
    return np.sum(np.maximum(0, x))


@pytest.mark.parametrize("name", gradcheck.__all__)
def test_every_public_name_exists(name):
    assert hasattr(gradcheck, name)


def test_gradient_of_the_sum_of_squares_is_2x(x):
    assert rel_error(numerical_gradient(square, x), 2 * x) < 1e-9


@pytest.mark.parametrize("dtype", [np.float32, np.int64])
def test_other_types_are_cast_up_and_kept(dtype):
    x = np.array([[1, 2], [3, 4]], dtype=dtype)
    gradient = numerical_gradient(square, x)
    assert gradient.dtype == np.float64
    # float32 differences would be right to two digits only.
    assert rel_error(gradient, 2.0 * x) < 1e-9
    assert x.dtype == dtype
    assert x.tolist() == [[1, 2], [3, 4]]


def test_a_number_a_strided_view_and_a_read_only_array_will_do(x):
    assert numerical_gradient(square, 3.0) == pytest.approx(6)
    assert rel_error(numerical_gradient(square, x.T[::2]), 2 * x.T[::2]) < 1e-9
    x.flags.writeable = False
    assert rel_error(numerical_gradient(square, x), 2 * x) < 1e-9


def test_f_may_read_x_from_elsewhere(x):
    assert rel_error(numerical_gradient(lambda _: square(x), x), 2 * x) < 1e-9


def test_large_coordinates_divide_by_the_step_really_taken():
    # At 1e5 a step of 1e-5 is rounded to 7 digits, and 2h would be off by as much.
    x = np.array([123456.7, -98765.4])
    f = lambda x: 3 * (x[0] - 123456.7) + (x[1] + 98765.4)  # noqa: E731
    assert rel_error(numerical_gradient(f, x), [3, 1]) < 1e-10


def raises_at_second_call():
    calls = []

    def f(x):
        calls.append(1)
        if len(calls) == 2:
            raise ZeroDivisionError
        return 0.0

    return f


def spoils_its_input(x):
    x *= 2
    return 1.0


def everything(f, x):
    yield lambda: numerical_gradient(f, x)
    yield lambda: numerical_gradient_array(f, x, 1.0)
    yield lambda: sparse_gradient_check(f, x, x)
    yield lambda: directional_check(f, x, x)
    yield lambda: find_kinks(f, x)
    yield lambda: gradient_check(f, x, x)


@pytest.mark.parametrize("which", range(6))
def test_x_is_put_back_also_if_f_raises_or_spoils_it(x, which):
    before = x.copy()
    with pytest.raises(ZeroDivisionError):
        list(everything(raises_at_second_call(), x))[which]()
    np.testing.assert_array_equal(x, before)
    list(everything(spoils_its_input, x))[which]()
    np.testing.assert_array_equal(x, before)


def test_array_gradient_is_that_of_the_weighted_sum(x):
    W = np.random.default_rng(1).standard_normal((4, 5))
    dout = np.random.default_rng(2).standard_normal((3, 5))
    # d sum(xW * dout) / dx = dout W^T
    assert rel_error(numerical_gradient_array(lambda x: x @ W, x, dout), dout @ W.T) < 1e-9


def test_f_may_return_its_input(x):
    dout = np.full((3, 4), 7.0)
    assert rel_error(numerical_gradient_array(lambda x: x, x, dout), dout) < 1e-9


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: numerical_gradient(lambda x: x, np.ones(3)), r"expected one number, got shape \(3,\); try numerical"),
        (lambda: numerical_gradient(lambda x: (1.0, x), np.ones(3)), r"one number, got a tuple.*f\(x\)\[0\]"),
        (lambda: numerical_gradient_array(lambda x: (x, x), np.ones(3), 1.0), "one array, got a tuple"),
        (lambda: numerical_gradient_array(lambda x: x, np.ones(3), np.ones((3, 1))), r"shape \(3, 1\), got \(3,\)"),
        (
            lambda: gradient_check(square, np.ones((2, 3)), np.ones((3, 2))),
            r"x's shape \(2, 3\), got a gradient of \(3, 2\)",
        ),
        (lambda: directional_check(square, np.ones(0), np.ones(0)), "something to check, got an empty x"),
        (lambda: rel_error(np.ones(3), np.ones((3, 1))), r"one shape, got \(3,\) and \(3, 1\)"),
        (lambda: numerical_gradient(square, np.ones(3), h=0), "h > 0 that changes x, got h = 0"),
        (lambda: numerical_gradient(square, np.full(3, 1e12)), r"got h = 1e-05 at \|x\| = 1e\+12"),
    ],
)
def test_misuse_is_told_in_one_line(call, message):
    with pytest.raises(ChainruleError, match=message) as caught:
        call()
    assert "\n" not in str(caught.value)


def test_sparse_check_returns_distinct_coordinates(x):
    rows = sparse_gradient_check(square, x, 2 * x, num_checks=10)
    assert len({row.index for row in rows}) == 10
    assert all(row.analytic == 2 * x[row.index] for row in rows)
    assert max(row.rel_error for row in rows) < 1e-9
    assert rows == sparse_gradient_check(square, x, 2 * x, num_checks=10)
    assert [row.index for row in rows] != [row.index for row in sparse_gradient_check(square, x, 2 * x, seed=1)]
    assert len(sparse_gradient_check(square, x, 2 * x, num_checks=99)) == 12


def test_sparse_check_sees_2001_for_2(x):
    assert min(row.rel_error for row in sparse_gradient_check(square, x, 2.001 * x)) > 1e-4


def test_directional_check_sees_2001_for_2_and_one_wrong_entry(x):
    assert max(row.rel_error for row in directional_check(square, x, 2 * x)) < 1e-8
    assert min(row.rel_error for row in directional_check(square, x, 2.001 * x)) > 1e-4
    wrong = 2 * x
    wrong[1, 2] *= 1.01
    assert max(row.rel_error for row in directional_check(square, x, wrong)) > 1e-5
    assert [row.index for row in directional_check(square, x, 2 * x, num_directions=2)] == [0, 1]


def test_directional_check_moves_by_h(x):
    seen = []
    directional_check(lambda z: seen.append(np.linalg.norm(z - start)) or 0.0, x, start := x.copy(), h=1e-3)
    assert seen == pytest.approx([1e-3] * 6)


@pytest.mark.parametrize(
    ("a", "b", "expected"),
    [
        ([1.0, 2.0], [1.0, 2.0], 0),
        ([1.0, 3.0], [1.0, 1.0], 0.5),  # 2 / 4
        ([0.0], [1e-9], 0.1),  # the floor of 1e-8
        (np.uint8([1]), np.uint8([3]), 0.5),  # no wrap-around
        (5.0, -5.0, 1),
        ([], [], 0),
    ],
)
def test_rel_error(a, b, expected):
    assert rel_error(a, b) == pytest.approx(expected)


def test_rel_error_does_not_swallow_nan_or_infinity():
    assert np.isnan(rel_error([1.0, np.nan], [1.0, 1.0]))
    assert not rel_error([np.inf], [1.0]) < 1e300


def test_report_of_a_right_gradient(x):
    report = gradient_check(square, x, 2 * x)
    assert report.verdict == "right"
    assert report.kinks == 0
    assert report.max_error < 1e-7
    assert str(report).startswith("right: largest relative error ")


def test_report_sees_2001_for_2_in_one_entry(x):
    wrong = 2 * x
    wrong[1, 2] *= 2.001 / 2
    report = gradient_check(square, x, wrong)
    assert (report.verdict, report.index, report.kinks) == ("wrong", (1, 2), 0)
    assert report.max_error == pytest.approx(0.001 / 4.001, rel=1e-4)
    assert report.numerical == pytest.approx(2 * x[1, 2])
    assert report.analytic == wrong[1, 2]
    assert str(report).startswith("wrong: relative error 2.5e-04 at (1, 2): numerical ")


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_a_gradient_that_is_not_finite_is_wrong_even_at_a_kink(value):
    x = np.array([0.0, 1.0])
    assert gradient_check(relu_sum, x, [value, 1.0]).verdict == "wrong"
    assert gradient_check(relu_sum, x, [0.0, value]).verdict == "wrong"


def test_a_kink_exactly_at_a_coordinate_is_not_called_wrong():
    x = np.array([-1.0, 0.0, 2.0])
    report = gradient_check(relu_sum, x, (x > 0).astype(float))
    assert (report.verdict, report.kinks) == ("kink", 1)
    assert report.max_error < 1e-9
    assert str(report).startswith("kink: 1 at a kink of f, where there is no derivative; elsewhere largest")


def test_a_kink_does_not_excuse_the_other_coordinates():
    x = np.array([-1.0, 0.0, 2.0])
    report = gradient_check(relu_sum, x, 1.001 * (x > 0))
    assert (report.verdict, report.index, report.kinks) == ("wrong", (2,), 1)
    assert str(report).endswith("apart from 1 at a kink of f")


def test_find_kinks_marks_the_zeros_of_relu_only():
    x = np.array([[-1.0, 0.0, 3.0], [0.0, 1e-3, -1e-3]])
    assert find_kinks(relu_sum, x).tolist() == [[False, True, False], [True, False, False]]


@pytest.mark.parametrize("side", [-1, 1])
def test_a_kink_anywhere_within_the_step_is_found(side):
    # The difference quotient crosses it. Each fraction alone could fool a test at two step sizes.
    h = 1e-5
    distances = side * h * np.array([0, 0.05, 1 / 6, 0.2, 0.25, 1 / 3, 0.5, 2 / 3, 0.9])
    curved = lambda x: relu_sum(x) + np.sum(np.cosh(x))  # noqa: E731
    assert find_kinks(curved, distances).all()
    assert gradient_check(curved, distances, (distances > 0) + np.sinh(distances)).verdict == "kink"
    assert not find_kinks(curved, np.array([-2, 2]) * h).any()


@pytest.mark.parametrize(
    ("f", "df", "x"),
    [
        (lambda x: np.sum(1e4 * x**2), lambda x: 2e4 * x, np.linspace(-1, 1, 5)),  # large curvature
        (lambda x: np.sum(np.exp(5 * x)), lambda x: 5 * np.exp(5 * x), np.linspace(-2, 2, 5)),
        (lambda x: np.sum(np.sin(40 * x)), lambda x: 40 * np.cos(40 * x), np.linspace(0, 1, 7)),
        (lambda x: 1e6 + np.sum(x), lambda x: np.ones(3), np.arange(3.0)),  # rounding of a large value
        (lambda x: 2.3 + 1e-7 * np.sum(x**3), lambda x: 3e-7 * x**2, np.arange(5.0)),  # tiny slopes
        (lambda x: np.sum(x * 0), lambda x: np.zeros(3), np.arange(3.0)),  # flat
    ],
)
def test_curvature_and_rounding_are_no_kinks_and_no_errors(f, df, x):
    assert not find_kinks(f, x).any()
    assert gradient_check(f, x, df(x)).verdict == "right"


def test_a_short_wave_is_no_kink():
    # Its curvature changes by 1 part in 1e4 over the step: more than rounding, far less than at a kink.
    assert not find_kinks(lambda x: np.sum(np.sin(4000 * x)), np.linspace(0, 1, 9)).any()


def test_small_gradients_are_not_waved_through():
    # f is small as a whole: nothing is lost to rounding, so 0.01 % must be seen.
    x = np.array([0.5, 1.5])
    assert gradient_check(lambda x: 1e-6 * square(x), x, 2.0002e-6 * x).verdict == "wrong"


def test_hinge_loss_of_a_linear_model_against_its_formula():
    rng = np.random.default_rng(3)
    X, W, y = rng.standard_normal((20, 5)), rng.standard_normal((5, 3)), rng.integers(0, 3, 20)

    def margins(W):
        scores = X @ W
        m = np.maximum(0, scores - scores[np.arange(20), y][:, None] + 1)
        m[np.arange(20), y] = 0
        return m

    active = (margins(W) > 0).astype(float)
    active[np.arange(20), y] = -active.sum(axis=1)
    dW = X.T @ active / 20
    f = lambda W: margins(W).sum() / 20  # noqa: E731
    assert gradient_check(f, W, dW).verdict == "right"
    assert gradient_check(f, W, 20 * dW).verdict == "wrong"
    assert not find_kinks(f, np.zeros((5, 3))).any()  # every margin is 1 there


def test_a_wrong_derivative_of_a_number_is_found():
    x = np.array(3.0)
    assert gradient_check(lambda x: x**2, x, np.array(6.0)).verdict == "right"
    report = gradient_check(lambda x: x**2, x, np.array(6.01))
    assert (report.verdict, report.index) == ("wrong", ())
    assert gradient_check(abs, np.array(0.0), np.array(1.0)).verdict == "kink"
