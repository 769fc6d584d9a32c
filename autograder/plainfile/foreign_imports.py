"""Provide the imports of files from other courses, in the process that runs such a file.

Code written for CS231n imports its helpers, as in `from cs231n.layers import *` or `from past.builtins import xrange`.
`install` lets such imports return what this course has under the same name, or an object that fails once it is used.
`link_names` is called after the file has run. `possible_functions` lists the functions that a name may refer to.

This module is sent into that process as text; it may use no other module of autograder.
"""

import builtins
import importlib
import inspect
import sys
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec

import numpy as np

__all__ = ["install", "possible_functions", "link_names"]

FOREIGN_PACKAGES = ("cs231n", "past", "future", "six")
# Modules beside the student's files in CS231n.
FOREIGN_MODULES = (
    *("layers", "layer_utils", "fast_layers", "rnn_layers", "optim", "solver", "classifiers", "gradient_check"),
    *("data_utils", "coco_utils", "image_utils", "vis_utils", "im2col", "im2col_cython"),
)
# Former names of NumPy, by what they are now: removed in 1.24, in 2.0 and later.
FORMER_NUMPY_NAMES = {name: name for name in ("int", "float", "bool", "object", "complex", "str")} | {
    **{"product": "prod", "cumproduct": "cumprod", "sometrue": "any", "alltrue": "all", "round_": "round"},
    **{"float_": "float64", "complex_": "complex128", "bool8": "bool_", "int0": "intp", "uint0": "uintp"},
    **{"cfloat": "complex128", "singlecomplex": "complex64", "unicode_": "str_", "string_": "bytes_"},
    **{"Inf": "inf", "Infinity": "inf", "infty": "inf", "PINF": "inf", "NaN": "nan", "NAN": "nan"},
    **{"row_stack": "vstack", "trapz": "trapezoid", "asfarray": "asarray", "mat": "asmatrix", "in1d": "isin"},
}
HELPER_MODULES = ("chainrule.gradcheck", "chainrule.solver", "chainrule.captions")
# Names of equivalent layers; the first that exists is used for all of them.
EQUIVALENT = (
    ("conv_forward_fast", "conv_forward_naive", "conv_forward_im2col", "conv_forward_strides"),
    ("conv_backward_fast", "conv_backward_naive", "conv_backward_im2col", "conv_backward_strides"),
    ("max_pool_forward_fast", "max_pool_forward_naive", "max_pool_forward_reshape", "max_pool_forward_im2col"),
    ("max_pool_backward_fast", "max_pool_backward_naive", "max_pool_backward_reshape", "max_pool_backward_im2col"),
    ("batchnorm_backward", "batchnorm_backward_alt"),
)
# Layers in the names of composed ones: the function's name, its arrays and its settings.
LAYERS = {
    "affine": ("affine_{}", ("w", "b"), ()),
    "conv": ("conv_{}_fast", ("w", "b"), ("conv_param",)),
    "bn": ("batchnorm_{}", ("gamma", "beta"), ("bn_param",)),
    "batchnorm": ("batchnorm_{}", ("gamma", "beta"), ("bn_param",)),
    "ln": ("layernorm_{}", ("gamma", "beta"), ("ln_param",)),
    "layernorm": ("layernorm_{}", ("gamma", "beta"), ("ln_param",)),
    "relu": ("relu_{}", (), ()),
    "pool": ("max_pool_{}_fast", (), ("pool_param",)),
    "dropout": ("dropout_{}", (), ("dropout_param",)),
}
COMPOSED = (
    *("affine_relu", "affine_bn_relu", "affine_batchnorm_relu", "affine_ln_relu", "affine_layernorm_relu"),
    *("affine_relu_dropout", "conv_relu", "conv_bn_relu", "conv_batchnorm_relu", "conv_relu_pool", "conv_bn_relu_pool"),
)
# Keywords of other years of the course: our keyword, theirs, and {value of ours: value of theirs}.
KEYWORDS = {"FullyConnectedNet": ("normalization", "use_batchnorm", {None: False, "batchnorm": True})}


def possible_functions(name):
    """Return the names of functions that a name may refer to: itself, the layers it is composed of, and equivalents."""
    base, _, direction = name.rpartition("_")
    names = {name}
    if base in COMPOSED and direction in ("forward", "backward"):
        names |= {LAYERS[layer][0].format(direction) for layer in base.split("_")}
    return names.union(*(group for group in EQUIVALENT if names.intersection(group)))


available = None  # the `_Available` of this process


def install(names, **tables):
    """Prepare the variables `names` of a file before it runs. tables: the other arguments of `_Available`."""
    global available
    available = _Available(names, **tables)
    sys.meta_path.append(_Finder())
    # In CS231n the file is a module of a package, with relative imports, and it is not run as a script.
    names["__package__"] = "cs231n.classifiers.code"
    names["__name__"] = "cs231n.classifiers.code.file"
    names["xrange"] = range
    _restore_numpy()
    for name in available.substitutes:
        names[name] = available.course_function(name)


def _restore_numpy():
    """Give NumPy its former names back, and `reshape` the former name of its argument."""
    for former, name in FORMER_NUMPY_NAMES.items():
        if former not in vars(np):
            setattr(np, former, getattr(builtins if former == name else np, name))
    np.NINF = -np.inf
    reshape = np.reshape
    if "newshape" not in inspect.signature(reshape).parameters:
        np.reshape = lambda a, *shape, **options: reshape(
            a, *shape, **{"shape" if name == "newshape" else name: value for name, value in options.items()}
        )


def link_names():
    """Replace what the file left blank by the course's functions, and let these use what the file implements."""
    names = available.names
    for name in available.blank & available.public.keys():
        names[name] = available.course_function(name)
    for module in map(importlib.import_module, available.modules):
        for name in available.implemented & names.keys():
            vars(module).setdefault(name, names[name])
    for method, module in available.methods.items():
        owner, _, name = method.partition(".")
        cls = names.get(owner)
        is_defined = (
            isinstance(cls, type) and any(name in vars(c) for c in cls.__mro__[:-1]) and method not in available.blank
        )
        if isinstance(cls, type) and not is_defined:
            setattr(cls, name, vars(getattr(importlib.import_module(module), owner))[name])
    for owner, keywords in KEYWORDS.items():
        _accept_keyword(names.get(owner), *keywords)
    _accept_two_layer_net(names.get("TwoLayerNet"))


def _accept_keyword(cls, ours, theirs, values):
    """Let a class accept our keyword if it has another one for the same setting."""
    init = vars(cls).get("__init__") if isinstance(cls, type) else None
    parameters = inspect.signature(init).parameters if inspect.isfunction(init) else {}
    if ours in parameters or theirs not in parameters:
        return

    def init_with_ours(self, *args, **kwargs):
        if ours in kwargs:
            value = kwargs.pop(ours)
            if value not in values:
                raise TypeError(f"{cls.__name__} takes {theirs}, which cannot say {ours}={value!r}")
            kwargs[theirs] = values[value]
        init(self, *args, **kwargs)

    cls.__init__ = init_with_ours


def _accept_two_layer_net(cls):
    """Let the net of CS231n's fc_net.py be called as that of neural_net.py: `std` for `weight_scale`, `reg` in `loss`.

    There the penalty is 0.5 * reg * sum(W * W), here reg * sum(W * W).
    """
    init, loss = (vars(cls).get(name) if isinstance(cls, type) else None for name in ("__init__", "loss"))
    known = [set(inspect.signature(f).parameters) if inspect.isfunction(f) else set() for f in (init, loss)]
    if "weight_scale" not in known[0] or "std" in known[0] or "reg" in known[1]:
        return

    def init_with_std(self, input_size, hidden_size, output_size, std=1e-4):
        init(self, input_size, hidden_size, output_size, weight_scale=std)

    def loss_with_reg(self, X, y=None, reg=0.0):
        self.reg = 2 * reg
        return loss(self, X, y)

    cls.__init__, cls.loss = init_with_std, loss_with_reg if loss else cls.loss


class _Available:
    """The functions that a file can import.

    names: the file's variables. needed: modules that it imports, those in a `try` apart. public: {name: module} of the
    course's functions that it may import. substitutes: {name: module} of those that are put into its variables.
    implemented, blank: names of its functions with and without code. methods: {"Class.method": module}; modules: the
    modules that hold substitutes.
    """

    def __init__(self, names, needed, public, substitutes, implemented, blank, methods, modules):
        self.names, self.needed, self.public, self.substitutes = names, needed, public, substitutes
        self.methods, self.modules = methods, modules
        self.implemented, self.blank = set(implemented), set(blank)

    def course_function(self, name):
        return getattr(importlib.import_module(self.substitutes.get(name) or self.public[name]), name)

    def find(self, name):
        """The file's own function of a name, else the course's, else a helper, else a MissingImport."""
        if "." in name and not _is_foreign(name):
            return MissingImport(name)
        last = name.rpartition(".")[2]
        equivalent = next((group for group in EQUIVALENT if last in group), ())
        for candidate in (last, *equivalent):
            if candidate in self.implemented and candidate in self.names:
                return self.names[candidate]
        for candidate in (last, *equivalent):
            if candidate in self.public:
                return self.course_function(candidate)
        for table in (HELPERS, composed):
            if last in table:
                return table[last]
        for module in HELPER_MODULES:
            try:
                loaded = importlib.import_module(module)
            except ImportError:  # not in the edition of this assignment
                continue
            if last in loaded.__all__:
                return getattr(loaded, last)
        return MissingImport(name)


class MissingImport:
    """Returned for an import that does not exist; it raises ImportError once it is used."""

    def __init__(self, name):
        self._name = name

    def _fail(self, *_, **__):
        if not _is_foreign(self._name):
            parents = [".".join(self._name.split(".")[:n]) for n in range(1, self._name.count(".") + 1)]
            made = [name for name in parents if isinstance(getattr(sys.modules.get(name), "__loader__", None), _Finder)]
            raise ImportError(f"there is no module {(made or [self._name])[0]} here, of which {self._name} is a part")
        raise ImportError(f"{self._name} is neither in the file nor a function of the course that this task may use")

    __call__ = __iter__ = __len__ = __getitem__ = __array__ = __enter__ = _fail

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        return available.find(f"{self._name}.{name}")

    def __mro_entries__(self, bases):
        return ()


def _is_foreign(name):
    return name.partition(".")[0] in (*FOREIGN_PACKAGES, *FOREIGN_MODULES)


class _Finder(MetaPathFinder, Loader):
    """Finds modules of other courses, and those that are not installed; it comes last in sys.meta_path."""

    def find_spec(self, fullname, path=None, target=None):
        is_wanted = _is_foreign(fullname) or fullname in available.needed
        return ModuleSpec(fullname, self, is_package=True) if is_wanted else None

    def exec_module(self, module):
        def find_attribute(name):
            if name.startswith("__"):
                raise AttributeError(name)
            return available.find(f"{module.__name__}.{name}")

        module.__all__ = sorted({*available.public, *HELPERS, *composed}) if _is_foreign(module.__name__) else []
        module.__getattr__ = find_attribute


def _forward(layers):
    parts = [LAYERS[layer] for layer in layers]
    names = [
        "x",
        *(name for _, arrays, _ in parts for name in arrays),
        *(s for *_, settings in parts for s in settings),
    ]
    signature = inspect.Signature([inspect.Parameter(name, inspect.Parameter.POSITIONAL_OR_KEYWORD) for name in names])

    def forward(*arguments, **by_name):
        given = signature.bind(*arguments, **by_name).arguments
        x, caches = given["x"], []
        for name, arrays, settings in parts:
            x, cache = available.find(name.format("forward"))(x, *(given[key] for key in (*arrays, *settings)))
            caches.append(cache)
        return x, caches

    return forward


def _backward(layers):
    def backward(dout, cache):
        gradients = []
        for layer, layer_cache in zip(reversed(layers), reversed(cache), strict=True):
            result = available.find(LAYERS[layer][0].format("backward"))(dout, layer_cache)
            dout, *parameter_gradients = result if isinstance(result, tuple) else (result,)
            gradients = [*parameter_gradients, *gradients]
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
