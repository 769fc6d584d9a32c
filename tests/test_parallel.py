"""Objects that the checks pass to a student's code can be passed on to other processes and threads."""

import copy
import pickle
import re
import subprocess
import sys

import numpy as np
import pytest

from autograder.course.edition import write_edition
from autograder.grading.notebook import Run
from autograder.grading.submission import Options
from autograder.tasks.catalog import task_named
from chainrule.judging import gan_stubs, model_stubs, net_stubs, stubs, style_stubs
from chainrule.linear import LinearClassifier
from chainrule.two_layer import TwoLayerNet

FOLDS = """
import copy, multiprocessing
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
import numpy as np

def fold(job):
    classifier, X_rest, y_rest, X, y, k = job
    classifier = copy.deepcopy(classifier)
    classifier.train(X_rest, y_rest)
    return np.mean(classifier.predict(X, k=k) == y)

def cross_validate(classifier, X, y, k_choices, num_folds=5):
    Xs, ys = np.array_split(X, num_folds), np.array_split(y, num_folds)
    rest = lambda parts, n: np.concatenate(parts[:n] + parts[n + 1:])
    folds = range(num_folds)
    jobs = [(classifier, rest(Xs, n), rest(ys, n), Xs[n], ys[n], k) for k in k_choices for n in folds]
    found = at_once(jobs)
    return {k: found[n * num_folds:(n + 1) * num_folds] for n, k in enumerate(k_choices)}

"""
WAYS = {
    "pool": """
def at_once(jobs):
    with multiprocessing.Pool(2) as pool:
        return pool.map(fold, jobs)
""",
    "executor": """
def at_once(jobs):
    with ProcessPoolExecutor(2) as pool:
        return list(pool.map(fold, jobs))
""",
    "threads": """
def at_once(jobs):
    with ThreadPoolExecutor(2) as pool:
        return list(pool.map(fold, jobs))
""",
    "joblib": """
def at_once(jobs):
    from joblib import Parallel, delayed
    return Parallel(n_jobs=2)(delayed(fold)(job) for job in jobs)
""",
    # A process that starts anew does not know a notebook's functions, only what can be imported.
    "spawn": """
def at_once(jobs):
    found = []
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        for classifier, X_rest, y_rest, X, y, k in jobs:
            classifier.train(X_rest, y_rest)
            found.append(np.mean(pool.apply(classifier.predict, (X,), {"k": k}) == y))
    return found
""",
}
TUNE = """
import multiprocessing
import numpy as np

def one(job):
    net_class, setting, X, y, X_val, y_val = job
    net = net_class()
    net.train(X, y, X_val, y_val, **setting)
    return net, np.mean(net.predict(X_val) == y_val)

def tune(net_class, settings, X, y, X_val, y_val):
    with multiprocessing.Pool(2) as pool:
        found = pool.map(one, [(net_class, setting, X, y, X_val, y_val) for setting in settings])
    accuracies = [accuracy for _, accuracy in found]
    return found[int(np.argmax(accuracies))][0], accuracies
"""


def judged(folder, sandbox, assignment, code, task):
    write_edition(folder, assignment)
    run = Run(folder, Options(sandbox))
    try:
        assert run.cell(code) == []
        return run.judge(task_named(task), 7)
    finally:
        run.close()


@pytest.mark.slow
@pytest.mark.parametrize("way", WAYS)
def test_folds_may_be_validated_at_once_in_the_sandbox(way, tmp_path, sandbox):
    verdict = judged(tmp_path, sandbox, "assignment1", FOLDS + WAYS[way], "cross_validate")
    assert verdict.passed, verdict.reason()


@pytest.mark.slow
def test_nets_may_be_tuned_at_once_in_the_sandbox(tmp_path, sandbox):
    verdict = judged(tmp_path, sandbox, "assignment2", TUNE, "tune")
    assert verdict.passed, verdict.reason()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("assignment", "code", "task"),
    [*[("assignment1", FOLDS + text, "cross_validate") for text in WAYS.values()], ("assignment2", TUNE, "tune")],
    ids=[*WAYS, "tune"],
)
def test_the_visible_check_passes_them_too(assignment, code, task, tmp_path):
    write_edition(tmp_path, assignment)
    checked = f'\nif __name__ == "__main__":\n    from chainrule import check\n    check({task})\n'
    (tmp_path / "answer.py").write_text(code + checked, encoding="utf-8")
    completed = subprocess.run(
        [sys.executable, "answer.py"], cwd=tmp_path, capture_output=True, encoding="utf-8", check=False
    )
    assert completed.returncode == 0, completed.stdout + completed.stderr


def stand_ins():
    rng = np.random.default_rng(0)
    W1, b1, W2, b2 = (rng.normal(size=shape) for shape in ((3, 4), 4, (4, 2), 2))
    return [
        stubs.FixedResult(W1),
        stubs.RecordingClassifier(),
        stubs.leaky,
        stubs.probe(LinearClassifier, W1),
        net_stubs.probe_net(TwoLayerNet, W1, b1, W2, b2),
        net_stubs.PassingNorm().forward,
        net_stubs.ScriptedNets(),
        net_stubs.ScriptedNets()(),
        model_stubs.PixelModel(W1, b1, W2, b2),
        style_stubs.SmoothNet(W1),
        gan_stubs.LinearNet(W1, b1),
        gan_stubs.Noise(W1),
        gan_stubs.Descent(0.1),
        gan_stubs.discriminator_loss,
        gan_stubs.generator_loss,
    ]


@pytest.mark.parametrize(
    "stand_in", stand_ins(), ids=lambda stand_in: getattr(stand_in, "__name__", type(stand_in).__name__)
)
def test_every_stand_in_can_be_pickled_and_copied(stand_in):
    for other in (pickle.loads(pickle.dumps(stand_in)), copy.deepcopy(stand_in)):
        assert type(other).__qualname__ == type(stand_in).__qualname__
        assert state(other) == state(stand_in)


def state(stand_in):
    return repr(getattr(stand_in, "__self__", stand_in).__dict__) if hasattr(stand_in, "__dict__") else ""


def test_a_pickled_probe_behaves_like_the_original():
    X, y = np.ones((8, 3)), np.zeros(8, int)
    original = stubs.probe(LinearClassifier, np.ones((3, 2)))
    copied = pickle.loads(pickle.dumps(original))
    for probe in (original, copied):
        probe.train(X, y, learning_rate=0.1, num_iters=3, batch_size=4)
    np.testing.assert_array_equal(copied.W, original.W)
    assert len(copied.ids) == 3


def test_every_call_passes_only_picklable_objects():
    """Classes and functions that a call makes itself have no module from which another process could import them."""
    from autograder.tasks.catalog import TASKS

    calls = {call: task.name for task in TASKS for call in (task.call, *(check.call or "" for check in task.checks))}
    names = {
        name for call, name in calls.items() if re.search(r"\btype\(\"|\bclass \w|^(?!read = ).*lambda", call, re.M)
    }
    assert names == {"Value.backward"}  # a graph is made of functions inside functions, as the notebook shows it
