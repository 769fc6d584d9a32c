"""The Solver: epochs, decay, best weights, history; resume that repeats the uninterrupted run bit for bit; NaN."""

import json
import zipfile

import numpy as np
import pytest

from chainrule import data
from chainrule.checkpoints import capture, read_checkpoint, restore, write_checkpoint
from chainrule.errors import ChainruleError
from chainrule.solver import Solver


class Net:
    """A softmax classifier with every kind of state: a running mean, three random generators, a name."""

    def __init__(self, seed=0):
        rng = np.random.default_rng(seed)
        self.params = {"W": 0.01 * rng.normal(size=(6, 3)), "b": np.zeros(3)}
        self.bn_params = [{"mode": "train", "running_mean": np.zeros(6, np.float32)}, {"mode": "train"}]
        self.dropout_param = {"mode": "train", "p": 0.8, "rng": np.random.default_rng(seed)}
        self.old_rng = np.random.RandomState(seed)
        self.dtype, self.act = np.float64, lambda s: s  # neither can be captured

    def loss(self, X, y=None):
        bn = self.bn_params[0]
        if y is None:
            return self.act((X - bn["running_mean"]) @ self.params["W"] + self.params["b"])
        bn["running_mean"] = (0.9 * bn["running_mean"] + 0.1 * X.mean(axis=0)).astype(np.float32)
        self.bn_params[1]["steps"] = self.bn_params[1].get("steps", 0) + 1
        noise = self.dropout_param["rng"].normal() + self.old_rng.randn() + np.random.randn()
        X = (X - bn["running_mean"]) * (1 + 0.01 * noise)
        s = self.act(X @ self.params["W"] + self.params["b"])
        p = np.exp(s - s.max(axis=1, keepdims=True))
        p /= p.sum(axis=1, keepdims=True)
        rows = np.arange(len(y))
        loss = -np.log(p[rows, y]).mean()
        p[rows, y] -= 1
        return loss, {"W": X.T @ p / len(y), "b": p.mean(axis=0)}


def momentum(w, dw, config):
    v = 0.9 * config.get("velocity", 0) - config["learning_rate"] * dw
    return w + v, config | {"velocity": v, "t": config.get("t", 0) + 1}


@pytest.fixture
def problem():
    rng = np.random.default_rng(1)
    X, centres = rng.normal(size=(90, 6)), rng.normal(size=(6, 3))
    y = np.argmax(X @ centres + rng.normal(size=(90, 3)), axis=1)
    return {"X_train": X[:55], "y_train": y[:55], "X_val": X[55:], "y_val": y[55:]}


def make_solver(problem, seed=3, **options):
    chosen = {"optim_config": {"learning_rate": 0.1}, "batch_size": 10, "num_epochs": 4, "num_train_samples": 20}
    return Solver(Net(), problem, momentum, **(chosen | options), seed=seed)


def state_text(run):
    """Return the whole state of a run as text."""
    values = [run.loss_history, run.train_acc_history, run.val_acc_history, run.best_val_acc, run.epoch]
    values += [run.model.params, run.best_params, run.model.bn_params, run.optim_configs]
    values += [run.model.dropout_param["rng"].normal(), run.model.old_rng.randn(), np.random.randn(), run.rng.normal()]
    return json.dumps(values, default=lambda a: [a.dtype.str, a.shape, a.tobytes().hex()])


# Training.


def test_an_epoch_sees_every_image_once_and_leaves_the_rest_for_another(problem):
    batches = []

    class Watching(Net):
        def loss(self, X, y=None):
            if y is not None:
                batches.append(X[:, 0])
            return super().loss(X, y)

    run = Solver(Watching(), problem, batch_size=10, num_epochs=3)
    run.train()
    assert (run.steps_per_epoch, len(batches), len(run.loss_history)) == (5, 15, 15)
    epochs = [np.concatenate(batches[k : k + 5]) for k in (0, 5, 10)]
    assert all(len(np.unique(epoch)) == 50 for epoch in epochs)
    assert not np.array_equal(epochs[0], epochs[1])
    assert set(np.concatenate(epochs)) == set(problem["X_train"][:, 0])


def test_one_step_of_the_default_rule_is_w_minus_rate_times_gradient(problem):
    # By hand: zero weights give p = 1/3 for each class, so db is 1/3 minus the share of the class.
    class Plain(Net):
        def loss(self, X, y=None):
            s = np.zeros((len(X), 3)) + self.params["b"]
            if y is None:
                return s
            shares = np.bincount(y, minlength=3) / len(y)
            return 0.0, {"W": 0 * self.params["W"], "b": 1 / 3 - shares}

    run = Solver(Plain(), problem, optim_config={"learning_rate": 0.5}, batch_size=100, num_epochs=1)
    run.train()
    shares = np.bincount(problem["y_train"], minlength=3) / 55
    assert run.batch_size == 55
    assert run.val_acc_history[1] > run.val_acc_history[0]  # otherwise the old weights would be the best
    np.testing.assert_allclose(run.model.params["b"], 0.5 * (shares - 1 / 3), rtol=1e-12)


def test_training_learns_and_ends_with_the_best_weights(problem):
    run = make_solver(problem, num_epochs=8, num_train_samples=None)
    run.train()
    assert run.loss_history[-1] < 0.8 * run.loss_history[0]
    assert len(run.train_acc_history) == len(run.val_acc_history) == 9
    assert run.best_val_acc == max(run.val_acc_history)
    # The running mean is that of the best epoch, too: the model scores what was measured then.
    assert run.check_accuracy(problem["X_val"], problem["y_val"]) == run.best_val_acc
    for name, w in run.model.params.items():
        np.testing.assert_array_equal(w, run.best_params[name])


def test_best_weights_are_those_of_the_best_epoch_and_not_of_the_last(problem):
    def spoil(w, dw, config):
        t = config["t"] = config.get("t", 0) + 1
        return (w if t > 10 else w - 0.1 * dw) * (-1 if t == 11 else 1), config  # in epoch 3 all signs are turned

    run = Solver(Net(), problem, spoil, batch_size=10, num_epochs=3)
    run.train()
    assert run.val_acc_history[3] < run.best_val_acc == max(run.val_acc_history)
    # What the model remembers is that of the same epoch, which had five steps.
    assert run.model.bn_params[1].get("steps", 0) == 5 * np.argmax(run.val_acc_history)
    assert run.check_accuracy(problem["X_val"], problem["y_val"]) == run.best_val_acc


def test_on_a_tie_the_earlier_epoch_is_the_best(problem):
    class NoMean(Net):
        def loss(self, X, y=None):
            return X @ self.params["W"] if y is None else super().loss(X, y)

    run = Solver(NoMean(), problem, lambda w, dw, config: (2 * w, config), num_epochs=3)
    run.train()
    assert len(set(run.val_acc_history)) == 1
    np.testing.assert_array_equal(run.model.params["W"], Net().params["W"])


def test_accuracy_by_hand_and_on_a_sample(problem):
    class Fixed(Net):
        def loss(self, X, y=None):
            return X

    X, y = np.eye(3)[[0, 1, 2, 0, 1]], np.array([0, 1, 2, 1, 0])
    run = Solver(Fixed(), problem)
    assert run.check_accuracy(X, y) == run.check_accuracy(X, y, batch_size=2) == 0.6
    assert run.check_accuracy(X, y, num_samples=5) == 0.6
    # Three of five are right, and no image is drawn twice.
    assert {run.check_accuracy(X, y, num_samples=4) for _ in range(100)} == {0.5, 0.75}


@pytest.mark.parametrize(
    ("lr_decay", "rates"),
    [
        (1.0, [0.1, 0.1, 0.1]),
        (0.5, [0.1, 0.05, 0.025]),
        (lambda learning_rate, epoch: learning_rate / (1 + epoch), [0.1, 0.1 / 2, 0.1 / 3]),
    ],
)
def test_the_learning_rate_of_each_epoch(problem, lr_decay, rates):
    used = []

    def watching(w, dw, config):
        used.append(config["learning_rate"])
        return w, config

    Solver(Net(), problem, watching, {"learning_rate": 0.1}, lr_decay=lr_decay, batch_size=55, num_epochs=3).train()
    np.testing.assert_allclose(used, np.repeat(rates, 2), rtol=1e-12)  # two parameters, one step an epoch


def test_parameters_do_not_share_their_config(problem):
    run = make_solver(problem)
    run.train()
    assert run.optim_configs["W"]["velocity"].shape == (6, 3)
    assert run.optim_configs["b"]["velocity"].shape == (3,)
    assert run.optim_config == {"learning_rate": 0.1}


def test_a_split_is_as_good_as_a_dict():
    digits = data.load_digits(num_train=100, num_val=50, num_test=0, flatten=True)
    run = Solver(Net(), digits)
    assert set(run.data) == {"X_train", "y_train", "X_val", "y_val"}
    np.testing.assert_array_equal(run.data["X_val"], digits.X_val)


def test_the_progress_bar_is_optional_and_on_stderr(problem, capsys):
    make_solver(problem, num_epochs=2).train()
    assert capsys.readouterr() == ("", "")
    make_solver(problem, num_epochs=2, verbose=True, print_every=5).train()
    out, err = capsys.readouterr()
    assert out == ""
    assert "10/10" in err
    assert "val_acc=" in err
    assert "loss=" in err


# Checkpoints.


@pytest.mark.parametrize("stop", [1, 2, 3])
def test_resume_repeats_the_uninterrupted_run_bit_for_bit(problem, tmp_path, stop):
    decay = {"lr_decay": lambda rate, epoch: rate * np.cos(epoch / 9)}
    np.random.seed(7)
    uninterrupted = make_solver(problem, **decay)
    uninterrupted.train()
    expected = state_text(uninterrupted)

    np.random.seed(7)
    path = tmp_path / "run"
    make_solver(problem, **decay, num_epochs=stop, checkpoint_name=path).train()
    np.random.seed(99)
    resumed = make_solver(problem, **decay, checkpoint_name=path, seed=50)
    resumed.model = Net(seed=5)
    resumed.resume()
    assert resumed.epoch == stop
    resumed.train()
    assert state_text(resumed) == expected


def test_a_run_killed_within_an_epoch_resumes_after_the_last_complete_one(problem, tmp_path):
    class Killed(Net):
        steps_left = 13

        def loss(self, X, y=None):
            if y is not None:
                Killed.steps_left -= 1
                if not Killed.steps_left:
                    raise KeyboardInterrupt
            return super().loss(X, y)

    np.random.seed(7)
    uninterrupted = make_solver(problem)
    uninterrupted.train()
    expected = state_text(uninterrupted)
    np.random.seed(7)
    first = make_solver(problem, checkpoint_name=tmp_path / "run")
    first.model.__class__ = Killed
    with pytest.raises(KeyboardInterrupt):
        first.train()
    second = make_solver(problem, checkpoint_name=tmp_path / "run")
    second.resume()
    assert second.epoch == 2
    second.train()
    assert state_text(second) == expected


def test_resume_restores_the_model_in_place_and_leaves_what_cannot_be_stored(problem, tmp_path):
    make_solver(problem, checkpoint_name=tmp_path / "run").train()
    run = make_solver(problem, checkpoint_name=tmp_path / "run")
    run.model.act = act = lambda s: s
    run.resume()
    assert run.model.act is act
    assert run.model.dtype is np.float64
    assert run.model.bn_params[1] == {"mode": "train", "steps": 20}
    assert run.model.bn_params[0]["running_mean"].dtype == np.float32


def test_a_checkpoint_holds_no_pickle_and_leaves_no_temporary_file(problem, tmp_path):
    make_solver(problem, checkpoint_name=tmp_path / "deep" / "run").train()
    assert [p.name for p in (tmp_path / "deep").iterdir()] == ["run.npz"]
    with np.load(tmp_path / "deep" / "run.npz", allow_pickle=False) as file:
        assert all(file[name].dtype.kind in "biufU" for name in file.files)


def test_a_failed_write_leaves_the_old_checkpoint(tmp_path, monkeypatch):
    path = tmp_path / "run.npz"
    write_checkpoint(path, {"a": 1})

    def full(file, **arrays):
        file.write(b"half")
        raise OSError("no space left")

    monkeypatch.setattr(np, "savez", full)
    with pytest.raises(OSError, match="no space"):
        write_checkpoint(path, {"a": 2})
    assert read_checkpoint(path) == {"a": 1}
    assert [p.name for p in tmp_path.iterdir()] == ["run.npz"]


def test_captured_values_come_back_the_same(tmp_path):
    value = {
        "arrays": [np.arange(6.0).reshape(2, 3).T, np.float32(0.1), np.int64(3), np.zeros((0, 2))],
        "numbers": (1, 2.5, float("inf"), True, None, 2**100),
        3: {"text": "é", "list": [], "tuple": ((),)},
    }
    write_checkpoint(tmp_path / "a.npz", capture(value))
    back = restore(None, read_checkpoint(tmp_path / "a.npz"))
    assert repr(back) == repr(value)
    assert back["arrays"][0].flags.f_contiguous
    assert type(back["arrays"][1]) is np.float32


@pytest.mark.parametrize("bit_generator", [np.random.PCG64, np.random.MT19937, np.random.Philox, np.random.SFC64])
def test_a_generator_goes_on_where_it_was(tmp_path, bit_generator):
    rng = np.random.Generator(bit_generator(1))
    rng.normal(size=3)
    write_checkpoint(tmp_path / "a.npz", capture([rng]))
    expected = rng.normal(size=5)
    for old in (np.random.Generator(bit_generator(2)), None):
        np.testing.assert_array_equal(restore([old], read_checkpoint(tmp_path / "a.npz"))[0].normal(size=5), expected)


def test_captured_values_do_not_change_later():
    value = {"a": np.zeros(2), "b": [np.zeros(2)], "rng": np.random.default_rng(0)}
    captured = capture(value)
    value["a"] += 1
    value["b"][0] += 1
    value["new"] = 1
    first = value["rng"].normal()
    restored = restore(value, captured)
    assert restored is value
    assert "new" not in restored
    assert not restored["a"].any()
    assert not restored["b"][0].any()
    assert restored["rng"].normal() == first
    restored["a"] += 1
    assert not captured["a"].any()


class Trap:
    """Creates a file when it is unpickled."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return open, (str(self.path), "w")


def test_nothing_is_unpickled(tmp_path):
    np.savez(tmp_path / "run.npz", json=np.array([Trap(tmp_path / "sprung")]))
    with pytest.raises(ChainruleError, match="expected a checkpoint of the Solver, could not read it"):
        read_checkpoint(tmp_path / "run.npz")
    assert not (tmp_path / "sprung").exists()


def one_line(error):
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("damage", ["cut", "flipped", "empty", "text", "foreign", "object", "other format"])
def test_a_damaged_or_foreign_checkpoint_gets_one_line(problem, tmp_path, damage):
    path = tmp_path / "run.npz"
    make_solver(problem, num_epochs=1, checkpoint_name=tmp_path / "run").train()
    raw = bytearray(path.read_bytes())
    with zipfile.ZipFile(path) as archive:
        where = archive.infolist()[1].header_offset + 200
    raw[where] ^= 255
    contents = {"cut": path.read_bytes()[:-300], "flipped": raw, "empty": b"", "text": b"hello\nworld"}
    if damage in contents:
        path.write_bytes(contents[damage])
    else:
        text = json.dumps({"format": "another", "content": None})
        arrays = {"foreign": {"a": np.zeros(3)}, "object": {"json": np.array([{}])}, "other format": {"json": text}}
        np.savez(path, **arrays[damage])
    run = make_solver(problem, checkpoint_name=tmp_path / "run")
    with pytest.raises(ChainruleError, match=r"run\.npz: expected a checkpoint of the Solver, .*; delete it") as error:
        run.resume()
    one_line(error)
    assert (run.epoch, run.loss_history) == (0, [])
    np.testing.assert_array_equal(run.model.params["W"], Net().params["W"])


@pytest.mark.parametrize(
    ("changes", "match"),
    [
        ({"batch_size": 11}, "expected batch_size to be 11, got 10; it is the checkpoint of another run"),
        ({"update_rule": None}, "expected update_rule to be sgd, got momentum"),
        ({"fewer": True}, "expected number of training images to be 54, got 55"),
        ({"model": True}, r"expected parameters to be W \(7, 3\) float64, .* got W \(6, 3\) float64"),
    ],
)
def test_the_checkpoint_of_another_run_is_refused(problem, tmp_path, changes, match):
    make_solver(problem, num_epochs=1, checkpoint_name=tmp_path / "run").train()
    if changes.pop("fewer", False):
        problem = problem | {"X_train": problem["X_train"][1:], "y_train": problem["y_train"][1:]}
    other = "update_rule" in changes
    options = {"batch_size": 10, "checkpoint_name": tmp_path / "run"} | {
        k: v for k, v in changes.items() if k == "batch_size"
    }
    run = Solver(Net(), problem, **options) if other else make_solver(problem, **options)
    if changes.get("model"):
        run.model.params["W"] = np.zeros((7, 3))
    with pytest.raises(ChainruleError, match=match) as error:
        run.resume()
    one_line(error)


def test_resume_without_a_name_or_a_file(problem, tmp_path):
    with pytest.raises(ChainruleError, match="resume: expected a checkpoint_name, got none"):
        make_solver(problem).resume()
    with pytest.raises(ChainruleError, match=r"run\.npz: .* found no such file; train with this checkpoint_name first"):
        make_solver(problem, checkpoint_name=tmp_path / "run").resume()


# Errors in training.


def failing(at, loss=None, grads=None):
    class Failing(Net):
        calls = 0

        def loss(self, X, y=None):
            result = super().loss(X, y)
            if y is None:
                return result
            self.calls += 1
            if self.calls < at:
                return result
            self.before = capture(self.params)
            return (result[0] if loss is None else loss), result[1] | (grads or {})

    return Failing()


@pytest.mark.parametrize(
    ("at", "loss", "grads", "match"),
    [
        (3, np.nan, {}, r"step 3 \(epoch 1\): .* the loss nan; the largest gradient is that of W \(norm 0\.\d+\)"),
        (7, np.inf, {"b": np.full(3, 100.0)}, r"step 7 \(epoch 2\): .* loss inf; .* that of b \(norm 173\)"),
        (2, None, {"b": np.array([0, np.nan, 0])}, r"step 2 .* b has gradients that are not finite \(norm .* nan\)"),
        (2, None, {"W": np.full((6, 3), 1e308)}, r"step 2 .* W has new weights that are not finite \(norm .* inf\)"),
    ],
)
def test_a_loss_that_is_not_finite_stops_with_step_and_parameter(problem, at, loss, grads, match):
    def large(w, dw, config):
        with np.errstate(over="ignore"):
            return w - 1e3 * dw if np.max(dw) > 1e300 else w - 0.01 * dw, config

    run = Solver(failing(at, loss, grads), problem, large, batch_size=10)
    with pytest.raises(ChainruleError, match=match) as error:
        run.train()
    one_line(error)
    assert "try a smaller learning rate" in str(error.value)
    assert len(run.loss_history) == at - 1
    for name, w in run.model.before.items():
        np.testing.assert_array_equal(run.model.params[name], w)


def test_nan_weights_are_reported(problem):
    model = Net()
    model.params["b"][1] = np.nan
    with pytest.raises(ChainruleError, match="step 1 .* b has weights that are not finite"):
        Solver(model, problem).train()


def test_wrong_arguments_get_one_line(problem):
    for wrong, match in [
        ({"update_rule": "adam"}, r"update_rule: expected a function .*, got 'adam'; import the function"),
        ({"batch_size": 0}, "batch_size: expected at least 1, got 0"),
        ({"lr_decay": 0.9}, "lr_decay: expected optim_config=.* got no learning_rate"),
        ({"data": {"X_train": 1}}, "data: expected X_train, y_train, X_val, y_val, got no y_train, X_val, y_val"),
        ({"data": problem | {"y_val": [0]}}, "data: expected a label for every image, got 35 X_val, 1 y_val"),
    ]:
        with pytest.raises(ChainruleError, match=match) as error:
            Solver(Net(), **({"data": problem} | wrong))
        one_line(error)


def test_a_missing_gradient_is_reported(problem):
    class Half(Net):
        def loss(self, X, y=None):
            result = super().loss(X, y)
            return result if y is None else (result[0], {"W": result[1]["W"]})

    with pytest.raises(ChainruleError, match="expected a gradient for every parameter, got none for b"):
        Solver(Half(), problem).train()
