"""Plain files in other courses' form: what is parsed, which dependencies they are given, and how they are judged."""

import ast
import json
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from autograder.__main__ import main
from autograder.errors import UsageError
from autograder.grading.notebook import Run
from autograder.grading.submission import Options
from autograder.plainfile import foreign_imports as foreign
from autograder.plainfile.judge import _cache_hints as cache_hints
from autograder.plainfile.judge import judge_file
from autograder.plainfile.parse import PythonFile
from autograder.plainfile.substitutes import (
    cache_contents,
    find_substitutes,
    parts_of_assignment,
    public_names,
    write_package,
)
from autograder.sandbox.kernel import TimeUp
from autograder.tasks.catalog import TASKS, task_named
from autograder.tasks.spec import exam_of
from chainrule import layers
from chainrule.check import case_runner
from chainrule.judging.runner import BadReply
from chainrule.judging.verdict import AnswerError, Unanswered, judge

FOLDER = Path(__file__).parent / "foreign"
NAMES = {task.name for task in TASKS}

per_task = pytest.mark.parametrize("task", TASKS, ids=lambda task: task.name)


def parse(text):
    return PythonFile("mine.py", text, NAMES)


# What a file defines, and which parts are blank.


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("def adam(w, dw): pass", {"adam"}),
        ("class A:\n    def f(self): pass\nclass B(A):\n    def g(self): pass", {"A", "A.f", "B", "B.f", "B.g"}),
        ("class A(B):\n    pass\nclass B(A):\n    def f(self): pass", {"A", "A.f", "B", "B.f"}),
        ("class A: pass\ndef f(self): pass\nA.g = f", {"A", "A.g", "f"}),
        ("f = lambda x: x\nclass A:\n    g = f", {"f", "A", "A.g"}),
        ("try:\n    f = 1\nexcept ValueError:\n    def g(): pass\nif f:\n    def h(): pass", {"f", "g", "h"}),
        ("from cs231n.layers import *\nfrom a import adam\nimport sgd", set()),
        ("def f():\n    def g(): pass", {"f"}),
        ("%matplotlib inline\n!ls\ndef f(): pass", {"f"}),
    ],
)
def test_names_of_a_file(text, names):
    assert parse(text).names == names


MARKS = "    # *****START OF YOUR CODE (DO NOT DELETE/MODIFY THIS LINE)*****\n{}\n    # *****END OF YOUR CODE*****\n"
EMPTY = MARKS.format("\n    pass\n")
FULL = MARKS.format("\n    out = x * 2\n")
TODO = "    #####\n    # TODO: Implement it. #\n    #####\n{}\n    #####\n    #  END OF YOUR CODE  #\n    #####\n"


@pytest.mark.parametrize(
    ("body", "blank"),
    [
        ("    pass", True),
        ("    ...", True),
        ('    """What it does."""', True),
        ("    raise NotImplementedError", True),
        ("    raise NotImplementedError('write me')", True),
        ("    return None", True),
        (f"    out = None\n{EMPTY}    cache = (x, x)\n    return out, cache", True),
        (f"    loss, dW = 0.0, np.zeros(x.shape)\n{EMPTY}{EMPTY}    return loss, dW", True),
        (f"    out = None\n{TODO.format('    pass')}    return out", True),
        (f"    out = None\n{EMPTY}{FULL}    return out", False),
        (f"    out = None\n{FULL}    return out", False),
        (f"    out = None\n{TODO.format('    out = x')}    return out", False),
        (f"    out = None\n{MARKS.format('    raise NotImplementedError')}    return out", True),
        (f"    out = None\n{TODO.format('')}    cache = x\n    return out, cache", True),
        (f"    dx, cache = None, x\n{TODO.format('    # later')}    return dx", True),
        (f"    loss = 0.0\n    dW = np.zeros_like(x)\n{MARKS.format('')}{MARKS.format('')}    return loss, dW", True),
        (f"    out = None\n{TODO.format('')}    out = np.maximum(0, x)\n    return out, x", False),
        (f"    out = x * (x > 0)\n{TODO.format('')}    return out, x", False),
        (
            f"    dW = np.zeros_like(x)\n    for i in range(3):\n        dW[i] += x\n{TODO.format('')}    return dW",
            False,
        ),
        (f"    loss = 0.0\n    for v in x:\n        loss += v\n{TODO.format('')}    return loss", False),
        (f"{TODO.format('')}    return np.maximum(0, x)", False),
        (f"    np.maximum(0, x, out=x)\n{TODO.format('')}    return x", False),
        ("    out = None\n    out = x\n    return out", False),
        ("    out = None\n    return out, x", True),
        (f"    db = None\n{MARKS.format('    dx = x')}    return dx, db", False),
        ("    # TODO: faster\n    return x + 1", False),
        ("    out = x + 1  # TODO: faster\n    return out", False),
        ("    out = x + 1\n    # TODO: faster\n    return out", False),
        ("    return x", False),
        ("    return 0.0", False),
        ("    if x > 0:\n        pass\n    return x", False),
    ],
)
def test_a_function_as_released_is_blank(body, blank):
    assert parse(f"def adam(x):\n{body}\n").is_blank("adam") == blank


def test_only_an_exercise_can_be_blank():
    file = parse("class LinearClassifier:\n    def loss(self): pass\n    def train(self): pass\n")
    assert file.implemented == {"LinearClassifier", "LinearClassifier.loss"}


def test_an_inherited_method_is_blank_where_the_base_is():
    file = parse(
        "class Net:\n    def predict(self): pass\nclass TwoLayerNet(Net):\n    def loss(self): return self.x\n"
    )
    assert (file.is_blank("TwoLayerNet.predict"), file.is_blank("TwoLayerNet.loss")) == (True, False)


def test_a_syntax_error_is_reported_with_its_place():
    with pytest.raises(UsageError, match="mine.py: expected Python, got .* in line 2"):
        parse("\nx = = 1\n")


def test_a_file_without_a_task_is_told_what_of_it_was_left_out(tmp_path):
    path = tmp_path / "mine.py"
    path.write_text("x = 1\nx = = 1\n", "utf-8")
    with pytest.raises(UsageError, match="found none; line 2 is not Python"):
        judge_file(path, Options("none"), 5)


@pytest.mark.parametrize(
    "line",
    [
        "import not_there",
        "import not_there.transforms as T",
        "from not_there.misc import imread",
        "from not_there import *",
        "if True:\n    import not_there",
        "import not_there\nclass Net(not_there.nn.Module): pass",
    ],
)
def test_a_module_that_is_not_there_costs_only_the_code_that_uses_it(run, line):
    assert run(f"{line}\ndef relu_forward(x): return x")["relu_forward"](3) == 3


def test_a_module_that_is_not_there_is_named_once_it_is_used(run):
    names = run("import not_there.misc as misc\ndef f(): return misc.imread('a.png')")
    with pytest.raises(
        ImportError, match="there is no module not_there here, of which not_there.misc.imread is a part"
    ):
        names["f"]()


def test_a_missing_part_of_a_module_that_is_there_is_named_itself(run):
    names = run("from json.not_there import imread\ndef f(): return imread('a.png')")
    with pytest.raises(
        ImportError, match="there is no module json.not_there here, of which json.not_there.imread is a"
    ):
        names["f"]()


def test_names_of_modules_with_many_dots_take_no_memory():
    assert parse(f"import {'a.' * 5000}a\nimport torch.nn.functional").needed_modules == {
        *("torch", "torch.nn", "torch.nn.functional")
    }


def test_a_method_set_from_outside_is_no_variable():
    file = parse("softmax_loss = 3\nclass TwoLayerNet: pass\nTwoLayerNet.loss = f")
    assert (file.is_variable("softmax_loss"), file.is_variable("TwoLayerNet.loss")) == (True, False)


def test_an_import_in_a_try_fails_as_it_should(run):
    names = run("try:\n    import not_there as pickle\nexcept ImportError:\n    import pickle")
    assert names["pickle"].dumps


@pytest.mark.parametrize(
    "call", ["np.reshape(x, newshape=(2, 2))", "np.reshape(x, (2, 2))", "np.reshape(a=x, shape=(2, 2))"]
)
def test_reshape_takes_its_former_argument(run, call):
    assert run(f"x = np.arange(4)\ny = {call}")["y"].shape == (2, 2)


@pytest.mark.parametrize("name", [*foreign.FORMER_NUMPY_NAMES, "NINF"])
def test_former_names_of_numpy_are_there(run, name):
    run("")
    assert getattr(np, name) is not None


def test_composed_layers_take_their_arguments_by_name(run):
    names = run("from cs231n.layer_utils import affine_relu_forward, conv_relu_pool_forward, affine_relu_backward")
    x, w, b = np.arange(-3.0, 3.0).reshape(2, 3), np.ones((3, 2)), np.zeros(2)
    out, cache = names["affine_relu_forward"](x=x, w=w, b=b)
    assert out.tolist() == [[0, 0], [3, 3]]
    by_name, _ = names["affine_relu_backward"](dout=out, cache=cache)[:2]
    assert by_name.shape == x.shape
    with pytest.raises(TypeError, match="missing a required argument: 'b'"):
        names["affine_relu_forward"](x, w)
    images, param = np.ones((1, 1, 4, 4)), {"pool_height": 2, "pool_width": 2, "stride": 2}
    conv = {"w": np.ones((1, 1, 3, 3)), "b": np.zeros(1), "conv_param": {"stride": 1, "pad": 1}}
    assert names["conv_relu_pool_forward"](images, pool_param=param, **conv)[0].shape == (1, 1, 2, 2)


PYTHON_2 = '''
def relu_forward(x, verbose=True):
    """`x` <> 0; print x"""
    if verbose: print "x is", `x`  # print
    print 'row %d of %d' % (
        1, 2)
    print "é", x; print
    try:
        mode = 0755 + 10L
    except ValueError, error:
        raise ValueError, "no"
    except (IOError, OSError), error:
        pass
    if mode <> 4: exec "y = 1"
    return x * (x > 0), x
'''


def test_python_2_is_converted_and_said():
    file = parse(PYTHON_2)
    assert (file.names, file.left_out) == ({"relu_forward"}, set())
    assert file.note.startswith("the file is in Python 2 and was converted to Python 3")
    names = {}
    exec(file.text, names)
    function = names["relu_forward"]
    assert function(np.array([-1.0, 2.0]), False)[0].tolist() == [0, 2]
    assert function.__doc__ == "`x` <> 0; print x"


@pytest.mark.parametrize("text", ["print 'x'", "print `x`, 'y'", "exec 'x'", "a = 1 <> 2", "raise A, 'b' % (\n1)"])
def test_python_2_that_is_alone_in_a_file_parses(text):
    assert parse(f"a = 1\n{text}\nb = 2").names == {"a", "b"}


def test_a_part_that_does_not_parse_costs_itself_alone():
    file = parse(
        "def relu_forward(x):\n    return x\ndef relu_backward(dout, cache):\n    return (dout\n"
        "class TwoLayerNet:\n    def loss(self):\n        return = 1\ndef mine(:\n    pass\n"
    )
    assert file.names == {"relu_forward"}
    assert file.left_out == {"relu_backward", "TwoLayerNet.loss"}
    assert "lines that are not Python were left out" in file.note


def test_a_task_in_a_part_that_was_left_out_is_not_judged(tmp_path):
    path = tmp_path / "mine.py"
    path.write_text("def relu_forward(x):\n    return x\ndef relu_backward(dout, cache):\n    return (dout\n", "utf-8")
    (verdict,) = judge_file(path, Options("none"), 5, ["relu_backward"])
    assert {outcome.result for outcome in verdict.outcomes} == {"not judged"}
    assert verdict.reason().startswith("it is in a part of the file that was left out: line 4 is not Python")


# The dependencies that a task gets.


def dependency_names(task, text):
    return {name for _, name in find_substitutes(task_named(task), parse(text))}


@pytest.mark.parametrize(
    ("task", "text", "names"),
    [
        ("lstm_forward", "def lstm_forward(): lstm_step_forward()", {"lstm_step_forward", "sigmoid_forward"}),
        ("lstm_forward", "def lstm_forward(): return 1", set()),
        ("lstm_forward", "def lstm_forward(): lstm_step_forward()\ndef lstm_step_forward(): return 1", set()),
        (
            "lstm_forward",
            "def lstm_forward(): lstm_step_forward()\ndef lstm_step_forward(): pass",
            {"lstm_step_forward", "sigmoid_forward"},
        ),
        ("rnn_forward", "def rnn_forward(): rnn_step_forward()", {"rnn_step_forward"}),
        ("affine_backward", "def affine_backward(): return 1", {"affine_forward"}),
        ("affine_backward", "def affine_backward(): return 1\ndef affine_forward(): return 1", set()),
        ("svm_loss_vectorized", "def svm_loss_vectorized(): svm_loss_naive()", set()),
        ("batchnorm_backward_alt", "def batchnorm_backward_alt(): batchnorm_backward()", {"batchnorm_forward"}),
        ("conv_forward_naive", "def conv_forward_naive(): conv_forward_fast()", set()),
        (
            "KNearestNeighbor.predict_labels",
            "class KNearestNeighbor:\n    def predict_labels(self): return 1",
            {"KNearestNeighbor.train"},
        ),
    ],
)
def test_a_task_gets_its_dependencies(task, text, names):
    assert dependency_names(task, text) == names


def test_a_net_gets_the_layers_that_composed_ones_need():
    text = "class FullyConnectedNet:\n    def __init__(self): return 1\n    def loss(self): affine_bn_relu_forward()"
    layers_lent = {"affine_forward", "batchnorm_forward", "relu_forward"}
    assert dependency_names("FullyConnectedNet.loss", text) == layers_lent


def test_a_convnet_gets_a_convolution_whatever_it_calls_it():
    text = "class ThreeLayerConvNet:\n    def __init__(self): return 1\n    def loss(self): max_pool_forward_fast()"
    assert dependency_names("ThreeLayerConvNet.loss", text) == {"max_pool_forward_naive", "conv_output_size"}


@dataclass
class Greedy:
    """Stands for a file that defines one task and uses every name."""

    implemented: frozenset
    used_names = frozenset(name.rpartition(".")[2] for name in NAMES)


@per_task
def test_no_task_gets_its_own_reference(task, tmp_path):
    parts = parts_of_assignment(find_substitutes(task, Greedy(frozenset(task.name.split(".")[:1]))), task.assignment)
    assert task.name not in {name for _, name in parts}
    assert task.name not in public_names(task.assignment, parts)
    # The dependencies parse as Python, and define or import every name.
    write_package(tmp_path, task.assignment, parts)
    for module in {module for module, _ in parts}:
        text = Path(tmp_path, *module.split(".")).with_suffix(".py").read_text(encoding="utf-8")
        defined_names = parse(text).names | {a.asname or a.name for n in ast.walk(ast.parse(text)) for a in _aliases(n)}
        function, owner = task.name.split(".")[-1], task.name.rpartition(".")[0]
        assert f"{owner}.{function}".lstrip(".") not in parse(text).names
        assert {name for home, name in parts if home == module} <= defined_names


def test_a_partial_module_imports_what_it_needs(tmp_path):
    file = parse("def lstm_backward(dh, cache): return lstm_step_backward(dh, dh, cache)")
    parts = parts_of_assignment(find_substitutes(task_named("lstm_backward"), file), "assignment4")
    write_package(tmp_path, "assignment4", parts)
    text = (tmp_path / "chainrule/recurrent/lstm.py").read_text(encoding="utf-8")
    assert "import numpy as np\n" in text
    assert "from chainrule.activations import sigmoid_forward" in text
    assert "__all__ = ['lstm_forward', 'lstm_step_backward', 'lstm_step_forward']" in text


def test_a_partial_module_leaves_out_what_the_file_defines(tmp_path):
    file = parse("def batchnorm_forward(x): return x\ndef spatial_batchnorm_backward(dout, cache): return dout")
    parts = parts_of_assignment(find_substitutes(task_named("spatial_batchnorm_backward"), file), "assignment3")
    assert {name for _, name in parts} == {"spatial_batchnorm_forward"}
    write_package(tmp_path, "assignment3", parts)
    assert "def batchnorm_forward" not in (tmp_path / "chainrule/norm.py").read_text(encoding="utf-8")


def _aliases(node):
    return node.names if isinstance(node, ast.Import | ast.ImportFrom) else []


@pytest.mark.parametrize(
    ("module", "name", "holds"),
    [
        ("chainrule.layers", "affine_forward", "(x, w)"),
        ("chainrule.layers", "relu_forward", "x"),
        ("chainrule.recurrent.lstm", "lstm_forward", ""),
    ],
)
def test_cache_contents(module, name, holds):
    assert cache_contents(module, name) == holds


@pytest.mark.parametrize(
    ("module", "forward", "backward", "holds"),
    [
        ("chainrule.layers", "relu_forward", "relu_backward", "holds x"),
        ("chainrule.conv", "conv_forward_naive", "conv_backward_naive", "holds (x, w, b, conv_param)"),
        ("chainrule.norm", "batchnorm_forward", "batchnorm_backward_alt", "holds (x, mean, std, gamma)"),
    ],
)
def test_a_backward_without_its_forward_is_told_what_the_cache_holds(module, forward, backward, holds):
    file = parse(f"def {backward}(dout, cache): return dout * cache")
    (hint,) = cache_hints(task_named(backward), {(module, forward)}, file)
    assert hint.startswith(f"The cache of the course's {forward} {holds}: ")


# Foreign imports, resolved in this process.


@pytest.fixture
def run(monkeypatch):
    """A function that runs a file as `judge` does and returns its names."""
    before, of_numpy = set(sys.modules), set(vars(np))
    monkeypatch.setattr(sys, "meta_path", [*sys.meta_path])
    monkeypatch.setattr(foreign, "available", None)
    monkeypatch.setattr(np, "reshape", np.reshape)

    def run_file(text, **tables):
        file, names = parse(text), {"np": np}
        defaults = {"substitutes": {}, "methods": {}, "modules": [], "needed": sorted(file.needed_modules)}
        defaults["public"] = public_names("assignment5", frozenset())
        tables |= {"implemented": sorted(file.implemented), "blank": sorted(file.names - file.implemented)}
        foreign.install(names, **defaults | tables)
        exec(compile(text, "mine.py", "exec"), names)
        foreign.link_names()
        return names

    yield run_file
    for name in set(vars(np)) - of_numpy:
        delattr(np, name)
    for name in set(sys.modules) - before:
        if (
            name.partition(".")[0] in (*foreign.FOREIGN_PACKAGES, *foreign.FOREIGN_MODULES, "not_there")
            or "not_there" in name
        ):
            del sys.modules[name]


@pytest.mark.parametrize(
    "line",
    [
        "from cs231n.layers import *",
        "from cs231n.layers import affine_forward",
        "from .layers import *",
        "from ..layers import affine_forward",
        "from layers import affine_forward",
        "import cs231n.layers\naffine_forward = cs231n.layers.affine_forward",
        "from cs231n import layers\naffine_forward = layers.affine_forward",
    ],
)
def test_foreign_imports_resolve_to_the_course(run, line):
    assert run(line)["affine_forward"] is layers.affine_forward


def test_helpers_of_older_pythons_and_gradient_checks(run):
    names = run(
        "from past.builtins import xrange as counted\n"
        "from future import standard_library\nstandard_library.install_aliases()\n"
        "from cs231n.gradient_check import eval_numerical_gradient, eval_numerical_gradient_array, rel_error\n"
    )
    assert (names["counted"], names["xrange"]) == (range, range)
    assert np.ones(2).astype(np.int).dtype == int
    x = np.array([1.0, 2.0])
    np.testing.assert_allclose(names["eval_numerical_gradient"](lambda x: np.sum(x**2), x, False), 2 * x, rtol=1e-8)
    dx = names["eval_numerical_gradient_array"](lambda x: x**2, x, np.ones(2))
    assert names["rel_error"](dx, 2 * x) < 1e-8


def test_a_missing_import_fails_on_use(run):
    names = run(
        "from cs231n.data_utils import load_CIFAR10\n"
        "from cs231n.classifiers.linear_classifier import Unknown\n"
        "class Net(Unknown):\n    kind = 1\n"
    )
    assert names["Net"]().kind == 1
    for use in (lambda absent: absent("folder"), list, lambda absent: absent[0], len):
        with pytest.raises(ImportError, match="cs231n.data_utils.load_CIFAR10 is neither in the file nor"):
            use(names["load_CIFAR10"])


def test_main_is_not_run(run):
    assert "x" not in run("if __name__ == '__main__':\n    x = 1 / 0\n")


def test_composed_layers_use_the_files_own_first(run):
    text = "from cs231n.layer_utils import *\ndef relu_forward(x):\n    return -x, 'mine'\n"
    names = run(text)
    x, w, b = np.ones((2, 3)), np.ones((3, 4)), np.zeros(4)
    out, cache = names["affine_relu_forward"](x, w, b)
    np.testing.assert_array_equal(out, -3 * np.ones((2, 4)))
    assert cache[1] == "mine"


def test_composed_layers_and_their_gradients(run):
    names = run("from cs231n.layer_utils import *\nfrom cs231n.gradient_check import eval_numerical_gradient_array")
    rng = np.random.default_rng(0)
    x, w, b = rng.normal(size=(2, 2, 4, 4)), rng.normal(size=(3, 2, 3, 3)), rng.normal(size=3)
    settings = {"stride": 1, "pad": 1}, {"pool_height": 2, "pool_width": 2, "stride": 2}
    out, cache = names["conv_relu_pool_forward"](x, w, b, *settings)
    dout = rng.normal(size=out.shape)
    gradients = names["conv_relu_pool_backward"](dout, cache)
    for position, gradient in enumerate(gradients):
        inputs = [x, w, b]

        def forward(value, inputs=inputs, position=position):
            changed_inputs = [*inputs[:position], value, *inputs[position + 1 :]]
            return names["conv_relu_pool_forward"](*changed_inputs, *settings)[0]

        numeric = names["eval_numerical_gradient_array"](forward, inputs[position], dout)
        np.testing.assert_allclose(gradient, numeric, rtol=1e-6, atol=1e-8)


def test_gradients_of_a_composed_layer_with_norm_come_in_the_order_of_the_inputs(run):
    names = run("from cs231n.layer_utils import *")
    rng = np.random.default_rng(0)
    inputs = [rng.normal(size=shape) for shape in ((5, 3), (3, 4), 4, 4, 4)]
    out, cache = names["affine_bn_relu_forward"](*inputs, {"mode": "train"})
    gradients = names["affine_bn_relu_backward"](np.ones_like(out), cache)
    assert [g.shape for g in gradients] == [(5, 3), (3, 4), (4,), (4,), (4,)]
    np.testing.assert_array_equal(gradients[4], np.sum(out > 0, axis=0))  # beta's


def test_a_blank_layer_is_replaced(run):
    names = run("def affine_forward(x, w, b):\n    pass\n")
    assert names["affine_forward"] is layers.affine_forward


def test_a_dependency_uses_the_functions_of_the_file(run, monkeypatch):
    plan = {"modules": ["chainrule.layers"], "substitutes": {"affine_forward": "chainrule.layers"}}
    monkeypatch.delattr(layers, "relu_forward")  # as where it is lent in part
    names = run("def relu_forward(x):\n    return -x, None\n", **plan)
    assert layers.relu_forward is names["relu_forward"]
    assert names["affine_forward"] is layers.affine_forward


def test_a_missing_method_is_added_to_the_files_class(run):
    text = "class KNearestNeighbor:\n    def predict(self): return self.y_train\n"
    classifier = run(text, methods={"KNearestNeighbor.train": "chainrule.neighbors"})["KNearestNeighbor"]()
    classifier.train(np.ones((2, 3)), "labels")
    assert classifier.predict() == "labels"
    text_with_train = text + "    def train(self, X, y): self.y_train = 'own'\n"
    classifier = run(text_with_train, methods={"KNearestNeighbor.train": "chainrule.neighbors"})["KNearestNeighbor"]()
    classifier.train(1, 2)
    assert classifier.predict() == "own"


def test_the_keyword_of_another_year(run):
    text = "class FullyConnectedNet:\n    def __init__(self, dims, use_batchnorm=False): self.norm = use_batchnorm\n"
    net = run(text)["FullyConnectedNet"]
    assert [net([], normalization=kind).norm for kind in (None, "batchnorm")] == [False, True]
    assert net([], use_batchnorm=3).norm == 3
    with pytest.raises(TypeError, match="takes use_batchnorm, which cannot say normalization='layernorm'"):
        net([], normalization="layernorm")


# Conventions of other years: the message says which one this course uses.

SQUARES = "this course uses reg * sum(W * W), without 1/2"
SQUARES_GRADIENT = "this course uses reg * sum(W * W), which gives 2 * reg * W"
HALF_SQUARES = "this course uses 0.5 * reg * sum(W * W) in deep nets, with 1/2"
HALF_GRADIENT = "this course uses 0.5 * reg * sum(W * W), which gives reg * W"
HALVED = (("reg * np.sum(W * W)", "0.5 * reg * np.sum(W * W)"), ("2 * reg * W", "reg * W"))
BIAS_ROW = (("np.sum(W * W)", "np.sum(W[:-1] ** 2)"), ("2 * reg * W", "2 * reg * np.vstack((W[:-1], 0 * W[-1:]))"))


@pytest.mark.parametrize(
    ("stem", "task", "changes", "parts_of_message"),
    [
        ("linear_svm", "svm_loss_naive", HALVED, {SQUARES, SQUARES_GRADIENT}),
        ("linear_svm", "svm_loss_vectorized", HALVED, {SQUARES, SQUARES_GRADIENT}),
        ("softmax", "softmax_loss_naive", HALVED, {SQUARES, SQUARES_GRADIENT}),
        ("softmax", "softmax_loss_vectorized", HALVED, {SQUARES, SQUARES_GRADIENT}),
        ("linear_svm", "svm_loss_vectorized", BIAS_ROW, {"this course penalises the whole of W"}),
        (
            "neural_net",
            "TwoLayerNet.loss",
            (("reg * np.sum(W", "0.5 * reg * np.sum(W"), ("2 * reg * W", "reg * W")),
            {"this course uses reg * sum of squares in this net, without 1/2", SQUARES_GRADIENT},
        ),
        (
            "fc_net",
            "FullyConnectedNet.loss",
            (("0.5 * self.reg", "self.reg"), ("+= self.reg * W", "+= 2 * self.reg * W")),
            {HALF_SQUARES, HALF_GRADIENT},
        ),
        (
            "cnn",
            "ThreeLayerConvNet.loss",
            (("0.5 * self.reg", "self.reg"), ("+ self.reg * W", "+ 2 * self.reg * W")),
            {HALF_SQUARES, HALF_GRADIENT},
        ),
        (
            "layers",
            "dropout_forward",
            (("(np.random.rand(*x.shape) < p) / p", "(np.random.rand(*x.shape) >= p) / (1 - p)"),),
            {"in this course it is that of keeping it"},
        ),
        (
            "layers",
            "batchnorm_forward",
            tuple(
                (f"momentum * {r} + (1 - momentum) *", f"(1 - momentum) * {r} + momentum *")
                for r in ("running_mean", "running_var")
            ),
            {"this course uses running = momentum * running + (1 - momentum) * batch"},
        ),
        ("layers", "batchnorm_forward", (('"momentum", 0.9', '"momentum", 0.99'),), {"momentum is 0.9 in this course"}),
        (
            "layers",
            "batchnorm_forward",
            (("(1 - momentum) * var", "(1 - momentum) * x.var(axis=0, ddof=1)"),),
            {"this course uses the one divided by N"},
        ),
        (
            "knn",
            "KNearestNeighbor.predict_labels",
            (("np.bincount(closest_y).argmax()", "max(closest_y, key=list(closest_y).count)"),),
            {"in this course the smaller label wins"},
        ),
        (
            "optim",
            "sgd_momentum",
            (
                ('v = config["momentum"] * v - config["learning_rate"] * dw', 'v = config["momentum"] * v + dw'),
                ("next_w = w + v", 'next_w = w - config["learning_rate"] * v'),
            ),
            {"this course uses v = momentum * velocity - learning_rate * dw"},
        ),
        (
            "rnn_layers",
            "temporal_softmax_loss",
            (("y_flat]) / N\n", "y_flat]) / (N * T)\n"), ("dx_flat /= N", "dx_flat /= N * T")),
            {"this course divides by N: a sum over the steps, a mean over the sequences"},
        ),
        (
            "rnn_layers",
            "lstm_step_forward",
            (("ai, af, ao, ag = np.split", "ai, af, ag, ao = np.split"),),
            {"the blocks of columns are read as i f g o, expected i f o g"},
        ),
        (
            "layers",
            "spatial_groupnorm_backward",
            tuple(
                (f"axis=(0, 2, 3), keepdims=True)\n    {end}", f"axis=(0, 2, 3))\n    {end}")
                for end in ("dbeta", "shape")
            ),
            {"dgamma and dbeta have shape (C,), expected (1, C, 1, 1)"},
        ),
    ],
)
def test_a_convention_of_another_year_is_reported_with_the_one_used_here(run, stem, task, changes, parts_of_message):
    text = (FOLDER / f"{stem}.py").read_text(encoding="utf-8")
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    verdict = judge(exam_of(task_named(task), 5), case_runner(run(text)), 5)
    assert verdict.score < verdict.points
    assert [part for part in parts_of_message if part not in verdict.reason()] == []


# Whole files, judged in the sandbox.


def judged(path, sandbox, names=None):
    return {verdict.task: verdict for verdict in judge_file(path, Options(sandbox), 5, names)}


def lost_reasons(verdicts):
    return {name: v.reason() for name, v in verdicts.items() if not v.passed}


DEFINED = {path.stem: parse(path.read_text(encoding="utf-8")).names & NAMES for path in sorted(FOLDER.glob("*.py"))}


def test_the_samples_define_most_tasks_of_cs231n():
    assert len(frozenset().union(*DEFINED.values())) == sum(map(len, DEFINED.values())) == 59


@pytest.mark.slow
@pytest.mark.parametrize("stem", [stem for stem in DEFINED if stem != "rnn"])
def test_a_file_of_cs231n_gets_full_marks(stem, sandbox):
    verdicts = judged(FOLDER / f"{stem}.py", sandbox)
    assert set(verdicts) == DEFINED[stem]
    assert lost_reasons(verdicts) == {}


@pytest.mark.slow
def test_a_captioner_of_cs231n_loses_only_what_it_does_not_know(sandbox):
    """It has no gated recurrent unit, which some checks need."""
    verdicts = judged(FOLDER / "rnn.py", sandbox)
    assert [name for name in DEFINED["rnn"] if not verdicts[name].score] == ["CaptioningRNN.__init__"]
    passed_checks = {outcome.name for outcome in verdicts["CaptioningRNN.loss"].outcomes if outcome.passed}
    assert {"rnn: loss, and gradients against numeric ones", "lstm: loss and gradients"} < passed_checks
    for verdict in verdicts.values():
        for outcome in verdict.checks_with_lost_points():
            # What counts only beside a right value, or is asked in float32, is asked of a gru, too.
            words = "gru", "float32", "counts only once a value is right"
            assert any(word in outcome.name + outcome.message for word in words)
    assert "the course's own functions were used" in verdicts["CaptioningRNN.loss"].note


PARTIAL = """
from rnn_layers import *
import matplotlib.pyplot as plt

def lstm_forward(x, h0, Wx, Wh, b):
    h, c, cache, out = h0, np.zeros_like(h0), [], []
    for t in xrange(x.shape[1]):
        h, c, step = lstm_step_forward(x[:, t], h, c, Wx, Wh, b)
        out.append(h)
        cache.append(step)
    return np.stack(out, axis=1), cache

def relu_backward(dout, cache):
    return dout * (cache > 0)

def affine_backward(dout, cache):
    x, w, b = cache
    return dout.dot(w.T).reshape(x.shape), x.reshape(len(x), -1).T.dot(dout), dout.sum(axis=0)

picture = plt.imread("kitten.jpg")

def relu_forward(x):
    out = None
    # *****START OF YOUR CODE (DO NOT DELETE/MODIFY THIS LINE)*****

    pass

    # *****END OF YOUR CODE (DO NOT DELETE/MODIFY THIS LINE)*****
    cache = x
    return out, cache

def sgd(w, dw):
    return w - 1e-2 * dw, {}
"""


FC_NET = """
from .layers import *
from .layer_utils import *

class TwoLayerNet(object):
    def __init__(self, input_dim=8, hidden_dim=9, num_classes=3, weight_scale=1e-3, reg=0.0):
        self.reg = reg
        self.params = {"W1": weight_scale * np.random.randn(input_dim, hidden_dim), "b1": np.zeros(hidden_dim),
                       "W2": weight_scale * np.random.randn(hidden_dim, num_classes), "b2": np.zeros(num_classes)}

    def loss(self, X, y=None):
        W1, b1, W2, b2 = (self.params[name] for name in ("W1", "b1", "W2", "b2"))
        hidden, first = affine_relu_forward(X, W1, b1)
        scores, second = affine_forward(hidden, W2, b2)
        if y is None:
            return scores
        loss, dscores = softmax_loss(scores, y)
        loss += 0.5 * self.reg * (np.sum(W1 * W1) + np.sum(W2 * W2))
        dhidden, dW2, db2 = affine_backward(dscores, second)
        _, dW1, db1 = affine_relu_backward(dhidden, first)
        return loss, {"W1": dW1 + self.reg * W1, "b1": db1, "W2": dW2 + self.reg * W2, "b2": db2}
"""


@pytest.mark.slow
def test_the_two_layer_net_of_fc_net_is_judged_in_its_own_form(tmp_path, sandbox):
    path = tmp_path / "fc_net.py"
    path.write_text(FC_NET, encoding="utf-8")
    verdicts = judged(path, sandbox)
    assert [(v.task, v.passed) for v in verdicts.values()] == [
        ("TwoLayerNet.__init__", True),
        ("TwoLayerNet.loss", True),
    ]
    assert all("as CS231n's fc_net.py has it" in verdict.note for verdict in verdicts.values())
    path.write_text(FC_NET.replace("dW1 + self.reg", "dW1 + 2 * self.reg"), encoding="utf-8")
    wrong = {o.name for o in judged(path, sandbox)["TwoLayerNet.loss"].checks_with_lost_points()}
    assert "gradients of W1, b1 against numeric" in wrong
    assert "gradients of W2, b2 against numeric" not in wrong


def test_a_net_in_the_courses_form_stays_as_it_is(run):
    init, loss = "def __init__(self, i, h, o, std=1): self.std = std", "def loss(self, X, y=None, reg=0): return reg"
    text = f"class TwoLayerNet:\n    {init}\n    {loss}"
    net = run(text)["TwoLayerNet"](1, 2, 3)
    assert (net.std, net.loss(0, reg=5)) == (1, 5)


TENSORS = """import torch
def gram_matrix(features, normalize=True):
    f = features[:, 0]{}
    return f @ f.transpose(1, 2)
"""


@pytest.mark.parametrize(
    ("text", "result"), [(TENSORS.format(""), "not judged"), (TENSORS.format(" * np.pi"), "wrong")]
)
def test_code_for_tensors_is_not_judged(tmp_path, text, result):
    path = tmp_path / "mine.py"
    path.write_text(text, encoding="utf-8")
    (verdict,) = judge_file(path, Options("none"), 5)
    assert {outcome.result for outcome in verdict.outcomes} == {result}
    if result == "not judged":
        assert "the file imports torch, whose tensors it may need: here it gets NumPy arrays" in verdict.reason()


@pytest.mark.slow
def test_a_file_with_gaps(tmp_path, sandbox, capsys):
    path = tmp_path / "mine.py"
    path.write_text(PARTIAL, encoding="utf-8")
    tasks = ["lstm_forward", "relu_backward", "relu_forward", "affine_backward", "sgd", "adam"]
    command = ["judge", str(path), "--seed=5", f"--sandbox={sandbox}", *(f"--task={name}" for name in tasks)]
    assert main([*command, "--json"]) == 0
    verdicts = {f["task"]: f for f in json.loads(capsys.readouterr().out)}
    assert {name: f["score"] == f["max"] for name, f in verdicts.items()} == {
        **dict.fromkeys(["lstm_forward", "relu_backward"], True),
        **dict.fromkeys(["relu_forward", "affine_backward", "sgd"], False),
    }
    assert "running the file raised FileNotFoundError" in verdicts["sgd"]["note"].replace("Running", "running")
    assert "The file lacks lstm_step_forward: the course's own functions were used." in verdicts["lstm_forward"]["note"]
    assert "The file lacks relu_forward" in verdicts["relu_backward"]["note"]  # it is blank there
    assert "the course's affine_forward holds (x, w): if yours differs" in verdicts["affine_backward"]["note"]
    assert "The file has sgd(w, dw), this course sgd(w, dw, config=None)." in verdicts["sgd"]["note"]
    assert [name for name, f in verdicts.items() if not f.get("attempted", True)] == ["relu_forward"]
    assert {c["result"] for c in verdicts["relu_forward"]["checks"]} == {"blank"}

    assert main([*command[:4], "--task=relu_forward", "--task=adam"]) == 0
    *_, summary, seed = capsys.readouterr().out.splitlines()
    assert summary == f"{path}: 0 tasks judged, 0 of 1 points; not attempted: relu_forward; missing: adam"
    assert seed == "seed 5"


CHEATING = """
from cs231n.layers import *
from cs231n.classifiers.softmax import softmax_loss_naive as of_course
from cs231n import linear_svm

def svm_loss_vectorized(W, X, y, reg):
    return svm_loss_naive(W, X, y, reg)

def softmax_loss_vectorized(W, X, y, reg):
    return of_course(W, X, y, reg)

def squared_hinge_loss_vectorized(W, X, y, reg):
    import chainrule.linear
    return chainrule.linear.squared_hinge_loss_vectorized(W, X, y, reg)

kl_divergence = linear_svm.kl_divergence

class TwoLayerNet(object):
    def loss(self, X, y=None, reg=0.0):
        from chainrule.two_layer import TwoLayerNet
        return TwoLayerNet.loss(self, X, y, reg)

def batchnorm_backward_alt(dout, cache):
    return batchnorm_backward(dout, cache)

def conv_forward_naive(x, w, b, conv_param):
    from cs231n.fast_layers import conv_forward_fast
    return conv_forward_fast(x, w, b, conv_param)

def conv_as_affine(*given):
    return conv_forward_fast(*given)
"""


@pytest.mark.slow
def test_calls_of_the_course_package_earn_nothing(tmp_path, bwrap):
    path = tmp_path / "mine.py"
    path.write_text(CHEATING, encoding="utf-8")
    verdicts = judged(path, "bwrap")
    assert set(verdicts) == parse(CHEATING).names & NAMES
    assert {name: v.score for name, v in verdicts.items() if v.score} == {}
    assert all(v.attempted for v in verdicts.values())


@pytest.mark.parametrize("text", ["from cs231n.layers import *\n", "import numpy as np\n", "x = svm_loss_naive\n"])
def test_what_is_imported_is_no_answer(tmp_path, text):
    path = tmp_path / "mine.py"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(UsageError, match="expected a function called as a task is .*, found none"):
        judge_file(path, Options(), 5)


@pytest.mark.slow
def test_a_file_that_ends_half_way(tmp_path, sandbox, capsys):
    path, other = tmp_path / "mine.py", tmp_path / "other.py"
    path.write_text(
        "def max_norm(W, c):\n    return W * np.minimum(1, c / np.maximum(np.sqrt((W ** 2).sum(axis=0)), 1e-300))\n"
        "data = open('no_such_file')\n"
        "def kl_divergence(p, q):\n    return 1.0\n",
        encoding="utf-8",
    )
    other.write_text("from cs231n.layers import *\n", encoding="utf-8")
    assert main(["judge", str(path), str(other), "--json", "--sandbox", sandbox]) == 2
    printed = capsys.readouterr()
    verdicts = {f["task"]: f for f in json.loads(printed.out)}
    assert verdicts["max_norm"]["score"] == verdicts["max_norm"]["max"]
    assert "Running the file raised FileNotFoundError: [Errno 2] No such file" in verdicts["max_norm"]["note"]
    assert verdicts["kl_divergence"]["score"] == 0
    assert "after that only imports, functions and classes were run" in verdicts["kl_divergence"]["note"]
    assert "wrong" in {c["result"] for c in verdicts["kl_divergence"]["checks"]}
    assert "other.py: expected a function called as a task is" in printed.err


class Answers:
    """Stands for a kernel: returns an answer, or raises it."""

    def __init__(self, answer):
        self.answer = answer

    def ask(self, *_):
        if isinstance(self.answer, Exception):
            raise self.answer
        return {"found": np.array(self.answer)}


@pytest.mark.parametrize(
    ("answer", "defined"),
    [
        ([True, False], ["a"]),
        *((found, ["a", "K.b"]) for found in ([True], True, [[True, False]], [0] * 3)),
        *((error("x"), ["a", "K.b"]) for error in (Unanswered, BadReply, TimeUp)),
        (AnswerError("TypeError", "x", ""), ["a", "K.b"]),
    ],
)
def test_without_a_valid_answer_everything_counts_as_defined(tmp_path, monkeypatch, answer, defined):
    run = Run(tmp_path, Options("none"))
    monkeypatch.setattr(run, "_running_kernel", lambda: Answers(answer))
    assert run.defined(["a", "K.b"]) == defined


@pytest.mark.slow
def test_a_file_that_overrides_builtins_is_judged(tmp_path, sandbox):
    path = tmp_path / "mine.py"
    path.write_text(
        f"import numpy as np\ncallable = None\nvars = 3\n{task_named('max_norm').source()}", encoding="utf-8"
    )
    assert [v.passed for v in judge_file(path, Options(sandbox), 1)] == [True]
