import numpy as np
import pytest

from chainrule import gradcheck
from chainrule.errors import ChainruleError
from chainrule.gradcheck import check_gradient, find_kinks, numerical_gradient, numerical_gradient_array, rel_error


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
    return square(x)


def everything(f, x):
    yield lambda: numerical_gradient(f, x)
    yield lambda: numerical_gradient_array(f, x, 1.0)
    yield lambda: find_kinks(f, x)
    yield lambda: check_gradient(f, x, x)


@pytest.mark.parametrize("which", range(4))
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
        (lambda: rel_error(np.ones(3), np.ones((3, 1))), r"one shape, got \(3,\) and \(3, 1\)"),
        (lambda: numerical_gradient(square, np.ones(3), h=0), "h > 0 that changes x, got h = 0"),
        (lambda: numerical_gradient(square, np.full(3, 1e12)), r"got h = 1e-05 at \|x\| = 1e\+12"),
    ],
)
def test_misuse_gets_one_line(call, message):
    with pytest.raises(ChainruleError, match=message) as caught:
        call()
    assert "\n" not in str(caught.value)


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
    assert rel_error(numerical_gradient(f, x), df(x)) < 1e-3 or np.allclose(numerical_gradient(f, x), df(x), atol=1e-9)
    assert check_gradient(f, x, df(x), scale=1e-3).verdict == "pass"


def test_a_short_wave_is_no_kink():
    # Its curvature changes by 1 part in 1e4 over the step: more than rounding, far less than at a kink.
    assert not find_kinks(lambda x: np.sum(np.sin(4000 * x)), np.linspace(0, 1, 9)).any()


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
    assert check_gradient(f, W, dW).verdict == "pass"
    assert check_gradient(f, W, 20 * dW).verdict == "wrong"
    assert not find_kinks(f, np.zeros((5, 3))).any()  # every margin is 1 there
