"""Meet the imports of other courses' files, in the process that runs such a file.

Code written for CS231n imports its helpers, as in `from cs231n.layers import *` or `from past.builtins import xrange`.
`install` answers such imports with what this course has under the same name; what it does not have becomes a stand-in
that fails once it is used. `link_names` is called after the file has run. `possible_functions` says which functions a
name may stand for.

This text alone is sent into that process.
"""

import builtins
import importlib
import inspect
import sys
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from itertools import islice

import numpy as np

__all__ = ["install", "possible_functions", "link_names"]

ROOTS = ("cs231n", "past", "future", "six")
# Files that lie beside the student's in that course.
SIBLINGS = (
    *("layers", "layer_utils", "fast_layers", "rnn_layers", "optim", "solver", "classifiers", "gradient_check"),
    *("data_utils", "coco_utils", "image_utils", "vis_utils", "im2col", "im2col_cython"),
)
FORMER = ("int", "float", "bool", "object", "complex")  # names that NumPy had until 1.24
OTHERS = ("chainrule.gradcheck", "chainrule.solver", "chainrule.captions")
# Layers of one kind that stand for each other, the first that is there.
ALIKE = (
    ("conv_forward_fast", "conv_forward_naive", "conv_forward_im2col", "conv_forward_strides"),
    ("conv_backward_fast", "conv_backward_naive", "conv_backward_im2col", "conv_backward_strides"),
    ("max_pool_forward_fast", "max_pool_forward_naive", "max_pool_forward_reshape", "max_pool_forward_im2col"),
    ("max_pool_backward_fast", "max_pool_backward_naive", "max_pool_backward_reshape", "max_pool_backward_im2col"),
    ("batchnorm_backward", "batchnorm_backward_alt"),
)
# Layers in the names of composed ones: the function's name, how many arrays it takes, how many settings.
LAYERS = {
    "affine": ("affine_{}", 2, 0),
    "conv": ("conv_{}_fast", 2, 1),
    "bn": ("batchnorm_{}", 2, 1),
    "batchnorm": ("batchnorm_{}", 2, 1),
    "ln": ("layernorm_{}", 2, 1),
    "layernorm": ("layernorm_{}", 2, 1),
    "relu": ("relu_{}", 0, 0),
    "pool": ("max_pool_{}_fast", 0, 1),
    "dropout": ("dropout_{}", 0, 1),
}
COMPOSED = (
    *("affine_relu", "affine_bn_relu", "affine_batchnorm_relu", "affine_ln_relu", "affine_layernorm_relu"),
    *("affine_relu_dropout", "conv_relu", "conv_bn_relu", "conv_batchnorm_relu", "conv_relu_pool", "conv_bn_relu_pool"),
)
# Keywords of other years: ours, theirs, and their values for ours.
KEYWORDS = {"FullyConnectedNet": ("normalization", "use_batchnorm", {None: False, "batchnorm": True})}


def possible_functions(name):
    """The functions that a name may stand for: itself, those it is put together from, and their like."""
    base, _, way = name.rpartition("_")
    names = {name}
    if base in COMPOSED and way in ("forward", "backward"):
        names |= {LAYERS[layer][0].format(way) for layer in base.split("_")}
    return names.union(*(group for group in ALIKE if names.intersection(group)))


offer = None  # the `_Offer` of this process


def install(names, **plan):
    """Prepare the variables `names` of a file that is to be run; for `plan`, see `_Offer`."""
    global offer
    offer = _Offer(names, **plan)
    sys.meta_path.append(_Finder())
    # A file of that course lies in a package, from which it imports with dots. And it is imported, not run.
    names["__package__"] = "cs231n.classifiers.code"
    names["__name__"] = "cs231n.classifiers.code.file"
    names["xrange"] = range
    for name in FORMER:
        if name not in vars(np):
            setattr(np, name, getattr(builtins, name))
    for name in offer.missing:
        names[name] = offer.ours(name)


def link_names():
    """Put what the file has defined, and what it has left blank or out, together with what it is lent."""
    names = offer.names
    for name in offer.blank & offer.known.keys():
        names[name] = offer.ours(name)
    for module in map(importlib.import_module, offer.modules):
        for name in offer.written & names.keys():
            vars(module).setdefault(name, names[name])
    for method, module in offer.methods.items():
        owner, _, name = method.partition(".")
        cls = names.get(owner)
        is_defined = (
            isinstance(cls, type) and any(name in vars(c) for c in cls.__mro__[:-1]) and method not in offer.blank
        )
        if isinstance(cls, type) and not is_defined:
            setattr(cls, name, vars(getattr(importlib.import_module(module), owner))[name])
    for owner, keywords in KEYWORDS.items():
        _take_keywords(names.get(owner), *keywords)


def _take_keywords(cls, ours, theirs, values):
    """Let a class be made with our keyword where it has another one for the same thing."""
    begin = vars(cls).get("__init__") if isinstance(cls, type) else None
    taken = inspect.signature(begin).parameters if inspect.isfunction(begin) else {}
    if ours in taken or theirs not in taken:
        return

    def begin_with_ours(self, *args, **kwargs):
        if ours in kwargs:
            value = kwargs.pop(ours)
            if value not in values:
                raise TypeError(f"{cls.__name__} takes {theirs}, which cannot say {ours}={value!r}")
            kwargs[theirs] = values[value]
        begin(self, *args, **kwargs)

    cls.__init__ = begin_with_ours


class _Offer:
    """What can be imported.

    names: the file's variables. known: {name: module} of the course's own functions. missing: those the file gets
    without asking. written, blank: names the file fills with code, and those it leaves empty. methods: {"Class.method":
    module} and modules: where the parts that are lent stand.
    """

    def __init__(self, names, known, missing, written, blank, methods, modules):
        self.names, self.known, self.missing, self.methods, self.modules = names, known, missing, methods, modules
        self.written, self.blank = set(written), set(blank)

    def ours(self, name):
        return getattr(importlib.import_module(self.missing.get(name) or self.known[name]), name)

    def find(self, name):
        """The file's own function of a name, else the course's, else one that does the same, else a stand-in."""
        last = name.rpartition(".")[2]
        alike = next((group for group in ALIKE if last in group), ())
        for same in (last, *alike):
            if same in self.written and same in self.names:
                return self.names[same]
        for same in (last, *alike):
            if same in self.known:
                return self.ours(same)
        for table in (HELPERS, composed):
            if last in table:
                return table[last]
        for module in OTHERS:
            try:
                loaded = importlib.import_module(module)
            except ImportError:  # not in the edition of this assignment
                continue
            if last in loaded.__all__:
                return getattr(loaded, last)
        return Absent(name)


class Absent:
    """Stands for something that is imported and not there."""

    def __init__(self, name):
        self._name = name

    def _fail(self, *_, **__):
        raise ImportError(f"{self._name} is neither in the file nor among what this task may use of the course")

    __call__ = __iter__ = __len__ = __getitem__ = __array__ = __enter__ = _fail

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        return offer.find(f"{self._name}.{name}")

    def __mro_entries__(self, bases):
        return ()


class _Finder(MetaPathFinder, Loader):
    """Finds modules that are nowhere else; it is asked last."""

    def find_spec(self, fullname, path=None, target=None):
        root = fullname.partition(".")[0]
        return ModuleSpec(fullname, self, is_package=True) if root in ROOTS or fullname in SIBLINGS else None

    def exec_module(self, module):
        def found(name):
            if name.startswith("__"):
                raise AttributeError(name)
            return offer.find(f"{module.__name__}.{name}")

        module.__all__ = sorted({*offer.known, *HELPERS, *composed})
        module.__getattr__ = found


def _forward(layers):
    def forward(x, *given):
        parts = [LAYERS[layer] for layer in layers]
        arrays = sum(count for _, count, _ in parts)
        first, settings, caches = iter(given[:arrays]), iter(given[arrays:]), []
        for name, count, extra in parts:
            run = offer.find(name.format("forward"))
            x, cache = run(x, *islice(first, count), *islice(settings, extra))
            caches.append(cache)
        return x, caches

    return forward


def _backward(layers):
    def backward(dout, caches):
        gradients = []
        for layer, cache in zip(reversed(layers), reversed(caches), strict=True):
            found = offer.find(LAYERS[layer][0].format("backward"))(dout, cache)
            dout, *more = found if isinstance(found, tuple) else (found,)
            gradients = [*more, *gradients]
        return (dout, *gradients) if gradients else dout

    return backward


composed = {f"{name}_forward": _forward(name.split("_")) for name in COMPOSED}
composed |= {f"{name}_backward": _backward(name.split("_")) for name in COMPOSED}


def _numerical_gradient(f, x, verbose=True, h=1e-5):
    return importlib.import_module("chainrule.gradcheck").numerical_gradient(f, x, h)


def _numerical_gradient_array(f, x, df, h=1e-5):
    return importlib.import_module("chainrule.gradcheck").numerical_gradient_array(f, x, df, h)


def _sparse_gradient_check(f, x, analytic_grad, num_checks=10, h=1e-5):
    return importlib.import_module("chainrule.gradcheck").check_gradient(f, x, analytic_grad)


HELPERS = {
    "xrange": range,
    "range": range,
    "install_aliases": lambda: None,
    "eval_numerical_gradient": _numerical_gradient,
    "eval_numerical_gradient_array": _numerical_gradient_array,
    "grad_check_sparse": _sparse_gradient_check,
}
