"""check_gradient: no false alarms, no missed error beyond its stated bound, and correct messages."""

import functools
import math
import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chainrule.errors import ChainruleError
from chainrule.gradcheck import check_gradient
from chainrule.gradcheck.slopes import ROUNDING, noise_level, slope_at_zero

# Function, derivative: sums of these over random linear maps make random smooth functions.
SHAPES = (
    (np.tanh, lambda z: 1 / np.cosh(z) ** 2),
    (np.sin, np.cos),
    (lambda z: np.logaddexp(0, z), lambda z: 1 / (1 + np.exp(-z))),
    (lambda z: z**3 - z, lambda z: 3 * z**2 - 1),
)


def square(x):
    return np.sum(x**2)


def smooth_case(seed, dtype=np.float64):
    """Return a random f, x and gradient: sizes of x from 1e-3 to 1e3, of f from 1e-8 to 1e4."""
    rng = np.random.default_rng(seed)
    F, dF = SHAPES[rng.integers(len(SHAPES))]
    n, m, size, height = rng.integers(2, 60), rng.integers(1, 30), *(10.0 ** rng.uniform([-3, -8], [3, 4]))
    A = rng.standard_normal((m, n)) / size * 10.0 ** rng.uniform(-1, 1) / np.sqrt(n)
    b, c, offset = rng.standard_normal(m), height * rng.standard_normal(m), height * rng.standard_normal()
    x, A, b, c = (a.astype(dtype) for a in (size * rng.standard_normal(n), A, b, c))
    return lambda x: dtype(offset) + c @ F(A @ x + b), x, A.T @ (c * dF(A @ x + b))


def with_error(gradient, how, rng):
    """Return the gradient with one planted error, and its index."""
    wrong, i = gradient.copy(), tuple(rng.integers(n) for n in gradient.shape)
    if how == "one entry 1 % off":
        wrong[i] *= 1.01
    elif how == "one sign flipped":
        wrong[i] *= -1
    elif how == "all scaled by 1.001":
        wrong *= 1.001
    elif how == "one row missing":
        wrong[i[0]] = 0
    return wrong, i


# --- random smooth functions ---


@settings(max_examples=60)
@given(st.integers(0, 2**32))
def test_a_right_gradient_is_never_called_wrong(seed):
    f, x, gradient = smooth_case(seed)
    assert check_gradient(f, x, gradient, seed=seed).verdict != "wrong"


def test_right_gradients_pass_with_few_calls():
    verdicts = [check_gradient(*smooth_case(seed)) for seed in range(200)]
    assert {verdict.verdict for verdict in verdicts} == {"pass"}
    assert np.mean([verdict.evaluations for verdict in verdicts]) < 30


@settings(max_examples=60)
@given(st.integers(0, 2**32), st.sampled_from(["one entry 1 % off", "one sign flipped", "all scaled by 1.001"]))
def test_a_planted_error_is_found_and_located(seed, how):
    f, x, gradient = smooth_case(seed)
    wrong, i = with_error(gradient, how, np.random.default_rng(seed))
    verdict = check_gradient(f, x, wrong, seed=seed)
    size = np.linalg.norm(wrong - gradient) / np.linalg.norm(wrong)
    if size > verdict.detectable or size > 1e-3:
        assert verdict.verdict == "wrong"
    if verdict.verdict == "wrong" and how.startswith("one"):
        assert [row.index for row in verdict.where] == [i]
        assert verdict.where[0].analytic == wrong[i]


@settings(max_examples=40)
@given(st.integers(0, 2**32), st.booleans())
def test_float32_gives_no_false_alarm_and_hides_no_flipped_gradient(seed, hidden):
    f, x, gradient = smooth_case(seed, np.float32)
    if hidden:  # computed in float32, but x, f(x) and the gradient say float64
        f, x, gradient = (lambda x, f=f: float(f(x.astype(np.float32)))), x.astype(float), gradient.astype(float)
    assert check_gradient(f, x, gradient, seed=seed).verdict != "wrong"
    assert check_gradient(f, x, -gradient, seed=seed).verdict != "pass"


@pytest.mark.parametrize("seed", [70, 307788])
def test_float32_inside_f_is_seen_though_its_values_repeat(seed):
    f, x, gradient = smooth_case(seed, np.float32)
    hidden = lambda x: float(f(x.astype(np.float32)))  # noqa: E731
    assert check_gradient(hidden, x.astype(float), gradient.astype(float)).verdict != "wrong"


def test_two_of_a_hundred_float32_cases_at_most_stay_undecided():
    undecided = 0
    for seed in range(100):
        f, x, gradient = smooth_case(seed, np.float32)
        undecided += check_gradient(f, x, gradient).verdict == "inconclusive"
    assert undecided <= 2


# --- messages ---


@pytest.fixture
def x():
    return np.random.default_rng(0).standard_normal((6, 7))


def test_a_pass_says_what_it_would_have_missed(x):
    verdict = check_gradient(square, x, 2 * x)
    assert (verdict.verdict, verdict.directions, verdict.where, verdict.reason) == ("pass", 3, (), "")
    # Three directions, each blind for tol + 2 numerical errors: sqrt(2 / pi) (1e-8 + ...) 1e6^(1/3).
    assert verdict.detectable == pytest.approx(100 * math.sqrt(2 / math.pi) * 1e-8, rel=0.2)
    assert verdict.difference < verdict.numerical_error < 1e-8
    text = str(verdict)
    assert text.startswith("pass: gradient and differences are ")
    assert text.endswith(
        f"an error of {verdict.detectable:.1e} of it or more is missed with a probability of at most 1e-06 "
        f"({verdict.evaluations} calls of f)"
    )


def test_the_miss_probability_holds():
    # An error of the detectable norm must be missed about as often as promised, not more.
    x, rng, missed, rounds = np.linspace(-1, 1, 8), np.random.default_rng(0), 0, 200
    for seed in range(rounds):
        e = rng.standard_normal(8)
        options = {"miss": 0.2, "directions": 1, "detect": 1.0, "tol": 1e-3, "seed": seed}
        detectable = check_gradient(square, x, 2 * x, **options).detectable
        wrong = 2 * x + e / np.linalg.norm(e) * detectable * np.linalg.norm(2 * x)
        missed += check_gradient(square, x, wrong, **options).verdict == "pass"
    # The bound is nearly reached: 40 are promised, and two standard deviations are 11.
    assert 20 < missed < 52


def test_more_directions_are_drawn_for_a_smaller_miss(x):
    few, many = (check_gradient(square, x, 2 * x, tol=1e-3, miss=miss) for miss in (1e-3, 1e-12))
    assert 3 == few.directions < many.directions
    assert max(few.detectable, many.detectable) <= 0.01
    assert check_gradient(square, x, 2 * x, directions=5).directions == 5


def test_the_calls_of_f_are_counted(x):
    calls = []
    verdict = check_gradient(lambda x: calls.append(1) or square(x), x, 2.001 * x)
    assert verdict.evaluations == len(calls)
    # f(x) twice, 1 beside it for its dtype, 7 for its noise, 6 a direction.
    assert check_gradient(square, x, 2 * x).evaluations == 28


def test_a_missing_row_is_named(x):
    wrong, (row, _) = with_error(2 * x, "one row missing", np.random.default_rng(1))
    verdict = check_gradient(square, x, wrong)
    assert verdict.verdict == "wrong"
    assert [entry.index for entry in verdict.where] == [(row, column) for column in range(5)]
    assert [entry.numerical for entry in verdict.where] == pytest.approx(2 * x[row, :5])
    assert f"at ({row}, 0) numerical {2 * x[row, 0]:.6g}, analytic 0; also at ({row}, 1), " in str(verdict)


def test_an_error_spread_over_all_entries_is_detected():
    x = np.random.default_rng(0).standard_normal(2000)
    e = np.random.default_rng(1).choice([-1.0, 1.0], 2000)
    wrong = 2 * x + e * 1e-7 * np.linalg.norm(2 * x) / np.sqrt(2000)
    verdict = check_gradient(square, x, wrong)
    assert verdict.verdict == "wrong"
    assert verdict.where == ()
    assert "at (" not in str(verdict)
    # One direction is no proof, but no pass either.
    alone = check_gradient(square, x, wrong, directions=1, seed=1)
    assert (alone.verdict, alone.directions) == ("inconclusive", 1)
    assert alone.reason == "some directions disagree, but too few, and no entry alone does"


def test_errors_in_small_entries_beside_large_ones_are_below_the_stated_bound():
    x = np.array([1.0, 1e-9, 2.0])
    wrong = 2 * x * [1, 1.01, 1]
    verdict = check_gradient(square, x, wrong)
    assert verdict.verdict == "pass"
    assert verdict.detectable > np.linalg.norm(wrong - 2 * x) / np.linalg.norm(2 * x)


# --- tiny, zero and not finite ---


@pytest.mark.parametrize("size", [1e-6, 1e-12, 1e-30])
def test_a_tiny_gradient_is_judged_by_its_own_size(x, size):
    f = lambda x: size * np.sum(np.tanh(x))  # noqa: E731
    gradient = size / np.cosh(x) ** 2
    assert check_gradient(f, x, gradient).verdict == "pass"
    assert check_gradient(f, x, 1.001 * gradient).verdict == "wrong"
    assert check_gradient(f, x, 0 * gradient).verdict == "wrong"


def test_a_gradient_that_rounding_hides_is_inconclusive_until_a_scale_is_given(x):
    f, gradient = (lambda x: 2.3 + 1e-16 * np.sum(np.tanh(x))), 1e-16 / np.cosh(x) ** 2
    for candidate in (gradient, 3 * gradient, 0 * gradient):
        verdict = check_gradient(f, x, candidate)
        assert verdict.verdict == "inconclusive"
        assert str(verdict).startswith("inconclusive: rounding in f hides a gradient as small as this (`scale`")
        assert check_gradient(f, x, candidate, scale=1.0).verdict == "pass"
    assert check_gradient(f, x, 0 * x + 0.1, scale=1.0).verdict == "wrong"


def test_a_flat_f_is_inconclusive_with_a_message_without_infinities(x):
    verdict = check_gradient(lambda x: 1.0, x, 0 * x)
    assert verdict.verdict == "inconclusive"
    assert "inf" not in str(verdict)
    assert "nan" not in str(verdict)


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_a_gradient_that_is_not_finite_is_wrong_there(x, value):
    wrong = 2 * x
    wrong[1, 2] = value
    verdict = check_gradient(square, x, wrong)
    assert (verdict.verdict, verdict.where[0].index, verdict.evaluations) == ("wrong", (1, 2), 2)
    assert str(verdict).startswith("wrong: the gradient is not finite; at (1, 2) numerical nan, analytic ")


@pytest.mark.parametrize(
    ("f", "reason"),
    [
        (lambda x: np.nan, r"f\(x\) is not finite \(1 calls of f\)"),
        (lambda x: np.inf, r"f\(x\) is not finite"),
        (lambda x: np.sum(np.sqrt(np.minimum(0, -((x - x0) ** 2)))), "f is not finite beside x"),
    ],
)
def test_an_f_that_is_not_finite_is_inconclusive(x, f, reason):
    verdict = check_gradient(f, x, x)
    assert verdict.verdict == "inconclusive"
    assert re.search(reason, str(verdict))


x0 = np.random.default_rng(0).standard_normal((6, 7))


def test_a_step_that_leaves_where_f_is_defined_is_shortened():
    x = np.array([1e-4, 1.0, 2.0])
    assert check_gradient(lambda x: np.sum(np.log(x)), x, 1 / x).verdict == "pass"


def test_an_f_that_draws_random_numbers_is_named(x):
    rng = np.random.default_rng(0)
    verdict = check_gradient(lambda x: np.sum(x**2 * (rng.random(x.shape) < 0.5)), x, x)
    assert verdict.verdict == "inconclusive"
    assert verdict.reason.startswith("f is not deterministic, its values for the same x differ: set the seed inside f")


# --- kinks ---


def relu_sum(x):
    return np.sum(np.maximum(0, x)) + np.sum(np.sin(x))


def relu_gradient(x):
    return (x > 0) + np.cos(x)


@pytest.mark.parametrize("distance", [1e-3, 1e-4, 1e-5, -1e-6])
def test_a_kink_nearby_is_stepped_around(x, distance):
    x[2, 3] = distance
    verdict = check_gradient(relu_sum, x, relu_gradient(x))
    assert (verdict.verdict, verdict.moved) == ("pass", False)
    wrong = relu_gradient(x)
    wrong[0, 0] *= 1.01
    assert [row.index for row in check_gradient(relu_sum, x, wrong).where] == [(0, 0)]


def test_a_kink_among_the_values_that_measure_the_noise_is_no_noise(x):
    x[2, 3] = 3e-7
    assert check_gradient(relu_sum, x, relu_gradient(x), seed=3).detectable < 1e-4


def test_a_kink_at_x_is_inconclusive(x):
    x[2, 3] = 0
    verdict = check_gradient(relu_sum, x, relu_gradient(x))
    assert verdict.verdict == "inconclusive"
    assert verdict.directions == 3  # more directions would tell no more
    assert str(verdict).startswith("inconclusive: f has kinks or jumps at x or very close to it; ")
    assert check_gradient(relu_sum, x, 5 * relu_gradient(x)).verdict == "wrong"  # a kink does not excuse that


def test_a_gradient_given_as_a_function_is_checked_beside_a_kink(x):
    x[2] = 0
    before = x.copy()
    verdict = check_gradient(relu_sum, x, relu_gradient)
    assert (verdict.verdict, verdict.moved) == ("pass", True)
    assert str(verdict).startswith("pass beside x: ")
    assert check_gradient(relu_sum, x, lambda x: 1.001 * relu_gradient(x)).verdict == "wrong"
    np.testing.assert_array_equal(x, before)


def relu_net(seed):
    """Return a float32 net with one hidden layer and thousands of kinks around W, which no step avoids."""
    rng = np.random.default_rng([seed, 7])
    n, N, H = rng.integers(1, 60), rng.integers(1, 40), rng.integers(1, 200)
    X, w, y, W = (rng.standard_normal(shape).astype(np.float32) for shape in ((N, n), H, N, (n, H)))
    w, W = w / np.sqrt(H, dtype=np.float32), W / np.sqrt(n, dtype=np.float32)
    z = X @ W
    dW = X.T @ ((z > 0) * (((np.maximum(z, 0) @ w - y) / np.float32(N))[:, None] * w))
    return lambda W: 0.5 * np.mean((np.maximum(X @ W, 0) @ w - y) ** 2), W, dW


@pytest.mark.parametrize("seed", [812, 1439, 2394])
def test_many_kinks_that_fool_one_step_are_no_error(seed):
    assert check_gradient(*relu_net(seed), seed=seed).verdict == "inconclusive"


def test_a_jump_at_x_is_inconclusive(x):
    x[2, 3] = 0
    f = lambda x: square(x) + (x[2, 3] > 0)  # noqa: E731
    assert check_gradient(f, x, 2 * x).verdict == "inconclusive"


# --- arrays, types and misuse ---


def test_an_array_is_weighted_by_random_upstream_gradients(x):
    W, upstreams = np.random.default_rng(1).standard_normal((7, 5)), []

    def backward(x, dout):
        upstreams.append(dout)
        return dout @ W.T

    assert check_gradient(lambda x: x @ W, x, backward).verdict == "pass"
    assert [dout.shape for dout in upstreams] == [(6, 5)] * 3
    assert not np.array_equal(upstreams[0], upstreams[1])
    # Right for an upstream gradient of ones, wrong for any other.
    summed = check_gradient(lambda x: x @ W, x, lambda x, dout: np.tile(W.sum(axis=1), (6, 1)))
    assert summed.verdict == "wrong"


def test_the_upstream_gradient_has_the_dtype_of_f(x):
    x, dtypes = x.astype(np.float32), []
    verdict = check_gradient(lambda x: 3 * x, x, lambda x, dout: dtypes.append(dout.dtype) or 3 * dout)
    assert verdict.verdict == "pass"
    assert set(dtypes) == {np.dtype(np.float32)}


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_f_may_read_x_from_elsewhere_and_x_is_put_back(x, dtype):
    x = x.astype(dtype)
    before = x.copy()
    assert check_gradient(lambda _: square(x), x, 2 * x).verdict == "pass"
    assert check_gradient(lambda _: square(x), x, 3 * x).verdict == "wrong"
    np.testing.assert_array_equal(x, before)

    def spoils(x):
        x *= 2
        return square(x)

    assert check_gradient(spoils, x, 8 * x).verdict == "pass"
    np.testing.assert_array_equal(x, before)

    def raises(z):
        if not np.array_equal(z, before):
            raise ZeroDivisionError
        return 0.0

    with pytest.raises(ZeroDivisionError):
        check_gradient(raises, x, x)
    np.testing.assert_array_equal(x, before)


def test_numbers_integers_lists_and_strided_views_will_do(x):
    assert check_gradient(square, 3.0, 6.0).verdict == "pass"
    assert check_gradient(square, 3.0, 6.01).where[0].index == ()
    assert check_gradient(square, [1, 2, 3], [2, 4, 6]).verdict == "pass"
    assert check_gradient(square, x.T[::2], 2 * x.T[::2]).verdict == "pass"


def test_a_float32_gradient_of_a_float64_f_is_right_up_to_its_rounding(x):
    f, gradient = (lambda x: np.sum(np.tanh(x))), (1 / np.cosh(x) ** 2).astype(np.float32)
    assert check_gradient(f, x, gradient).verdict == "pass"
    assert check_gradient(f, x, gradient.astype(np.float64)).verdict != "pass"


def test_the_gradient_may_be_x_itself(x):
    assert check_gradient(lambda x: square(x) / 2, x, x).verdict == "pass"
    assert check_gradient(lambda x: square(x) / 2, x, lambda x: x).verdict == "pass"


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda x: check_gradient(square, x, x[0]), r"x's shape \(6, 7\), got a gradient of \(7,\)"),
        (lambda x: check_gradient(square, x, lambda x: x[0]), r"x's shape \(6, 7\), got a gradient of \(7,\)"),
        (lambda x: check_gradient(square, x, lambda x: (x, x)), "one array, got a tuple; return dx alone"),
        (lambda x: check_gradient(square, x[:0], x[:0]), r"something to check, got an empty x of shape \(0, 7\)"),
        (lambda x: check_gradient(lambda x: (1.0, x), x, x), "f: expected one array, got a tuple"),
        (lambda x: check_gradient(lambda x: x, x, x), r"f returns shape \(6, 7\); expected analytic to be \(x, dout\)"),
        (lambda x: check_gradient(square, x / 0, x), "an x of finite numbers, got NaN or infinity"),
        (lambda x: check_gradient(square, x, x, miss=0), "expected 0 < miss < 1, .* got 0, 0.01, 3"),
        (lambda x: check_gradient(square, x, x, directions=0), "directions > 0"),
        (lambda x: check_gradient(changing(), x, x), r"an array of dout's shape \(\), got \(2,\)"),
    ],
)
def test_misuse_gets_one_line(x, call, message):
    with np.errstate(divide="ignore"), pytest.raises(ChainruleError, match=message) as caught:
        call(x)
    assert "\n" not in str(caught.value)


def changing():
    calls = []
    return lambda x: calls.append(1) or (1.0 if len(calls) == 1 else np.ones(2))


# --- slopes ---


@pytest.mark.parametrize("level", [1e-3, 1e-9])
def test_noise_is_measured(level):
    rng = np.random.default_rng(0)
    phi = lambda t: np.exp(t) + level * rng.standard_normal()  # noqa: E731
    levels = [noise_level(phi, 1e-5, 1e-5) for _ in range(300)]
    assert np.sqrt(np.mean(np.square(levels))) == pytest.approx(level, rel=0.1)
    assert noise_level(np.exp, 1e-5, 1e-5) < 1e-15
    assert noise_level(lambda t: np.nan if t else 1.0, 1e-5, 1e-5) == 0


def test_noise_is_measured_where_values_close_together_repeat():
    phi = lambda t: float(np.float32(6587 + 8000 * t))  # noqa: E731
    ulp = float(np.spacing(np.float32(6587)))
    assert noise_level(phi, 1e-9, 1e-9) == 0
    # Rounding to a multiple of ulp is noise of ulp / sqrt(12).
    assert noise_level(phi, 1e-9, 1e-4) == pytest.approx(ulp / np.sqrt(12), rel=0.7)


@pytest.mark.parametrize("side", [-1, 1])
def test_no_place_of_a_kink_fools_the_error_estimate(side):
    # One step only: noise stops the search, so that the kink stays within it.
    for distance in np.linspace(0, 1.1, 2001):
        phi = lambda t, d=side * distance: max(0.0, t - d)  # noqa: E731
        exact = 1.0 if side < 0 and distance else 0.0
        slope = slope_at_zero(phi, 1.0, 0.0, goal=1.0 if distance else 2.0)
        assert abs(slope.value - exact) <= slope.error + 1e-12 or distance == 0
        if distance == 0:
            assert slope.error >= 1


@pytest.mark.parametrize("first", [1e-12, 1e-3, 1e3])
def test_a_bad_first_step_is_adjusted(first):
    slope = slope_at_zero(np.sin, first, 1e-16)
    if first > 1:
        first = 1  # sin is periodic: a long step is lost there
        slope = slope_at_zero(np.sin, first, 1e-16)
    assert abs(slope.value - 1) <= slope.error < (1e-3 if first < 1e-6 else 1e-10)


def test_rounding_is_in_the_error_even_where_all_differences_agree():
    assert slope_at_zero(lambda t: 5.0, 1.0, 1e-8, goal=1.0) == (0.0, ROUNDING * 1e-8, False)


def test_among_many_kinks_the_error_is_rarely_underestimated():
    under = 0
    for seed in range(1000):
        rng = np.random.default_rng(seed)
        density = 10 ** rng.uniform(0, 4.5)
        places = rng.uniform(-1, 1, rng.poisson(2 * density) + 1)
        jumps = rng.standard_normal(places.size) / np.sqrt(density)

        @functools.cache
        def phi(t, places=places, jumps=jumps, rng=rng):
            return float(np.sum(jumps * np.maximum(t - places, 0)) + 1e-8 * rng.standard_normal())

        slope = slope_at_zero(phi, 0.03, 1e-8, goal=1e-5)
        under += abs(slope.value - np.sum(jumps[places < 0])) > slope.error
    assert under <= 12
