"""For any f and x: a correct gradient, or a message that gives the reason; never a silent 0, never "wrong"."""

import fractions

import numpy as np
import pytest

from chainrule.errors import ChainruleError
from chainrule.fc_net import FullyConnectedNet
from chainrule.gradcheck import check_gradient, find_kinks, numerical_gradient, numerical_gradient_array, rel_error

START = np.linspace(-1.3, 1.7, 12).reshape(3, 4)
SLOPE = 1 / np.cosh(START) ** 2


def f(x):
    return np.sum(np.tanh(x))


def differentiate(f, x):
    return numerical_gradient(f, x)


def differentiate_array(f, x):
    return numerical_gradient_array(lambda x: np.array([f(x), 2 * f(x)]), x, [1.0, 0.0])


DIFFERENTIATE = pytest.mark.parametrize("numerical", [differentiate, differentiate_array])


# --- what x may be ---


@DIFFERENTIATE
@pytest.mark.parametrize(
    "x",
    [
        START.astype(np.float32),
        START.astype(np.float16),
        START.astype(np.longdouble),
        START.astype(">f8"),
        START.T[::-1].T,
        START.tolist(),
        START.astype(object),
        np.array([[fractions.Fraction(entry) for entry in row] for row in START.tolist()]),
        np.broadcast_to(START, (3, 4)),
    ],
    ids=["float32", "float16", "longdouble", "swapped", "strided", "list", "object", "fractions", "read-only"],
)
def test_every_kind_of_numbers_is_differentiated_in_float64(numerical, x):
    slope = 1 / np.cosh(np.array(x, dtype=np.float64)) ** 2
    before = np.array(x)
    assert rel_error(numerical(f, x), slope) < 1e-8
    # What is float16 is altered in place, and its differences know little.
    assert check_gradient(f, x, slope).verdict == ("inconclusive" if before.dtype == np.float16 else "pass")
    assert np.array_equal(np.array(x), before)
    assert np.array(x).dtype == before.dtype


def test_numbers_booleans_and_nothing_at_all_are_differentiated():
    for x in (3, np.int8(3), np.array(3.0), np.float32(3)):
        assert numerical_gradient(lambda x: x**2, x) == pytest.approx(6)
    assert numerical_gradient(lambda x: np.sum(x**2), [True, False]).tolist() == pytest.approx([2, 0])
    assert numerical_gradient(f, np.zeros((0, 3))).shape == (0, 3)
    assert find_kinks(f, np.zeros((0, 3))).shape == (0, 3)


@pytest.mark.parametrize(
    ("x", "message"),
    [
        (START + 1j, "x: expected real numbers, got ndarray of complex128"),
        (None, "x: expected real numbers, got None"),
        ([1.0, None], "x: expected real numbers, got list of object"),
        ([[1.0, 2.0], [3.0]], "x: expected real numbers, got list"),
        ("3", "x: expected real numbers, got str"),
        (np.array(["3"]), "x: expected real numbers, got ndarray of <U1"),
        (np.array(["2020-01-01"], "datetime64[D]"), "x: expected real numbers, got ndarray of datetime64"),
        (np.ma.masked_array(START, START > 0), "x: expected a plain array, got a masked one; fill it"),
        ({"W": START}, "x: expected real numbers, got dict"),
    ],
    ids=str,
)
def test_what_is_no_array_of_real_numbers_is_named(x, message):
    calls = lambda: None, lambda: numerical_gradient(f, x), lambda: find_kinks(f, x), lambda: check_gradient(f, x, x)
    for call in calls[1:]:
        with pytest.raises(ChainruleError, match=message) as caught:
            call()
        assert "\n" not in str(caught.value)
    with pytest.raises(ChainruleError, match=message.replace("x: ", "gradient: ")):
        check_gradient(f, np.zeros(np.shape(x) if isinstance(x, np.ndarray) else 3), x)


# --- what f may return ---


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (None, "f: expected real numbers, got None"),
        ("loss", "f: expected real numbers, got str"),
        (1 + 2j, "f: expected real numbers, got complex"),
        ([1.0, [2.0]], "f: expected real numbers, got list"),
        (np.ma.masked, "f: expected a plain array, got a masked one"),
        ((1.0, START), "f: expected one (number|array), got a tuple"),
    ],
    ids=str,
)
def test_what_f_returns_is_named_if_it_is_no_number(value, message):
    for check in (numerical_gradient, find_kinks, lambda f, x: check_gradient(f, x, x)):
        with pytest.raises(ChainruleError, match=message):
            check(lambda x: value, START.copy())


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_an_f_that_is_not_finite_is_named(value):
    for check in (numerical_gradient, find_kinks):
        with pytest.raises(ChainruleError, match="expected finite values of f, got NaN or infinity at x"):
            check(lambda x: value, START.copy())


# --- float32 ---


def in_float32(x):
    return f(np.asarray(x).astype(np.float32))


def in_float16(x):
    return f(np.asarray(x).astype(np.float16))


@DIFFERENTIATE
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize(
    ("rounded", "name"),
    [
        (in_float32, "float32"),
        (lambda x: float(in_float32(x)), "float32"),
        (lambda x: [in_float32(x).item()], "float32"),
        (in_float16, "float16"),
        (lambda x: float(in_float16(x)), "float16"),
    ],
)
def test_an_f_that_rounds_is_refused_with_advice(numerical, rounded, name, dtype):
    x = START.astype(dtype)
    message = f"expected f to compute in float64, got {name} values, in which a step of h = 1e-05 is lost; build f in"
    single = lambda x: rounded(x)[0] if isinstance(rounded(x), list) else rounded(x)  # noqa: E731
    with pytest.raises(ChainruleError, match=message):
        numerical(single, x)
    np.testing.assert_array_equal(x, START.astype(dtype))


def test_a_step_that_is_long_enough_for_float32_will_do():
    gradient = numerical_gradient(in_float32, START.copy(), h=5e-3)
    assert rel_error(gradient, SLOPE) < 1e-3


@pytest.mark.parametrize("numerical", [differentiate, differentiate_array, find_kinks])
@pytest.mark.parametrize("kind", [np.float32, np.float16, np.int64, list, "read-only", "another array"])
def test_an_f_that_reads_x_from_elsewhere_where_it_is_not_altered_is_refused(numerical, kind):
    x = original = START.copy()
    if kind == "read-only":
        x.flags.writeable = False
    elif kind == "another array":
        x = START.copy()
    else:
        x = original = START.tolist() if kind is list else START.astype(kind)
    with pytest.raises(ChainruleError, match="f gives the same value whatever its argument is|, got float") as caught:
        numerical(lambda _: f(original), x)
    by_value = "f gives the same" in str(caught.value)
    assert by_value == (kind not in (np.float32, np.float16))
    assert ("a float64 copy of x" in str(caught.value)) == (by_value and kind != "another array")
    with pytest.raises(ChainruleError, match="f gives the same value whatever its argument is"):
        numerical(lambda _: float(f(original)), x)
    verdict = check_gradient(lambda _: f(original), x, 1 / np.cosh(np.asarray(x, dtype=float)) ** 2)
    # check_gradient alters arrays of every floating dtype in place.
    assert verdict.verdict == ("pass" if kind is np.float32 else "inconclusive")


def test_a_slope_of_0_is_no_fault_of_f():
    dead = -1 - np.abs(START)
    for x in (dead, dead.astype(np.float32), dead.tolist()):
        assert not np.any(numerical_gradient(lambda x: np.sum(np.maximum(0, x)), x))
        assert not np.any(numerical_gradient(lambda x: np.sum(np.multiply(x, 0)), x))
    assert numerical_gradient(lambda x: float(np.sum(np.sign(x))), START + 0.1).tolist() == np.zeros((3, 4)).tolist()
    # Whole numbers are float32 numbers, too.
    assert numerical_gradient(lambda x: np.sum(np.round(x)) / 1, np.array([0.2, 5.1])).tolist() == [0, 0]


def net(dtype, **settings):
    np.random.seed(0)
    model = FullyConnectedNet([8, 5], 6, 3, weight_scale=0.5, dtype=dtype, **settings)
    X, y = np.random.default_rng(1).normal(size=(4, 6)), np.array([0, 2, 1, 1])
    return model, lambda _: model.loss(X, y)[0], model.loss(X, y)[1]


@pytest.mark.parametrize("name", ["W1", "b1", "W2", "b2", "W3", "b3"])
def test_a_net_of_float32_is_judged_and_never_differentiated_to_0(name):
    model, loss, grads = net(np.float32)
    value, before = model.params[name], model.params[name].copy()
    with pytest.raises(ChainruleError, match="numerical gradient: "):
        numerical_gradient(loss, value)
    verdict = check_gradient(loss, value, grads[name])
    assert verdict.verdict == "pass" or "in float32, hides a gradient as small as this (build f in" in verdict.reason
    assert check_gradient(loss, value, -grads[name]).verdict != "pass"
    np.testing.assert_array_equal(model.params[name], before)


# --- an f that is not the same twice ---


def functions_that_change():
    rng, calls, running = np.random.default_rng(0), [], {"mean": np.zeros(4)}

    def draws_one_number(x):
        return f(x * (0 if rng.random() < 0.3 else 1))

    def draws_from_the_global_state(x):
        return np.sum(x**2 * (np.random.random(x.shape) < 0.5))

    def keeps_an_average(x):
        running["mean"] = 0.9 * running["mean"] + 0.1 * x.mean(axis=0)
        return f(x - running["mean"])

    def learns(x):
        calls.append(1)
        return f(x) / len(calls)

    dropout = net(np.float64, dropout_keep_ratio=0.7)[1]
    return draws_one_number, draws_from_the_global_state, keeps_an_average, learns, dropout


@pytest.mark.parametrize("which", range(5))
def test_an_f_that_changes_between_calls_is_reported_and_has_no_kink(which):
    x, gradient = START.copy(), SLOPE
    for check in (numerical_gradient, find_kinks):
        with pytest.raises(ChainruleError, match="f is not deterministic, .* set the seed"):
            check(functions_that_change()[which], x)
    verdict = check_gradient(functions_that_change()[which], x, gradient)
    assert verdict.verdict == "inconclusive"
    assert "set the seed" in verdict.reason
    assert "kink" not in str(verdict)
    assert verdict.where == ()
    np.testing.assert_array_equal(x, START)


def test_an_f_that_sets_its_seed_or_has_unused_state_is_accepted():
    means = []

    def seeded(x):
        means.append(x.mean())
        np.random.seed(0)
        return np.sum(np.tanh(x) * (np.random.random(x.shape) < 0.5))

    np.random.seed(0)
    slope = SLOPE * (np.random.random((3, 4)) < 0.5)
    assert check_gradient(seeded, START.copy(), slope).verdict == "pass"
    assert rel_error(numerical_gradient(seeded, START.copy()), slope) < 1e-8


@DIFFERENTIATE
def test_an_f_that_changes_x_is_differentiated_as_if_it_did_not(numerical):
    def spoils(x):
        x *= 2
        return f(x)

    x = START.copy()
    # The array version calls f twice on one x.
    slope = 2 / np.cosh(2 * START) ** 2
    if numerical is differentiate:
        assert rel_error(numerical(spoils, x), slope) < 1e-8
    else:
        assert np.all(np.isfinite(numerical(spoils, x)))
    np.testing.assert_array_equal(x, START)


@pytest.mark.parametrize("call", range(1, 26, 4))
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_x_is_as_it_was_whenever_f_raises(call, dtype):
    x = START.astype(dtype)
    for check in (numerical_gradient, find_kinks, lambda f, x: check_gradient(f, x, x)):
        calls_left = [call]

        def breaks(x, calls_left=calls_left):
            calls_left[0] -= 1
            x += 1
            if not calls_left[0]:
                raise KeyError
            return f(x)

        with pytest.raises(KeyError):
            check(breaks, x)
        np.testing.assert_array_equal(x, START.astype(dtype))
