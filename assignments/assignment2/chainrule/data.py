"""Load the images of the course, split into training, validation and test set.

`load_digits` (8x8 handwritten digits) and `load_shapes` (32x32 colour pictures, drawn from a seed) need no
network. `load_cifar10` reads CIFAR-10 from a folder, checking everything it reads; `fetch` downloads that
folder when asked to. Each loader returns a `Split`; `DataError` says in one line what is wrong with a
file.
"""

import json
import os
import pickle
import tarfile
import tempfile
import zlib
from importlib.resources import files
from pathlib import Path
from typing import NamedTuple

import numpy as np

from chainrule.errors import DataError, one_line
from chainrule.shapes import SHAPES, make_shapes

__all__ = ["Split", "fetch", "load_cifar10", "load_digits", "load_shapes"]

CACHE = Path("datasets", "cache")
CIFAR10_FOLDER = "cifar-10-batches-py"
CIFAR10_TRAIN = [f"data_batch_{k}" for k in range(1, 6)]
HOW_TO_GET_CIFAR10 = "try fetch('cifar10') (170 MB), or set CHAINRULE_CIFAR10 to the folder of the unpacked archive"


class Split(NamedTuple):
    """Three disjoint sets of images X (N, ...) with their labels y (N,) int64, which count in class_names."""

    X_train: np.ndarray
    y_train: np.ndarray
    X_val: np.ndarray
    y_val: np.ndarray
    X_test: np.ndarray
    y_test: np.ndarray
    class_names: tuple[str, ...]

    def __repr__(self):
        pairs = zip(self._fields, self, strict=True)
        arrays = ", ".join(f"{name}={x.dtype}{x.shape}" for name, x in pairs if isinstance(x, np.ndarray))
        return f"Split({arrays}, class_names={self.class_names})"


def load_digits(num_train=1000, num_val=297, num_test=500, seed=0, flatten=False):
    """scikit-learn's 1797 handwritten digits, shuffled by the seed.

    X is (N, 8, 8) float64 with values 0 (paper) to 16 (ink), or (N, 64) if flatten.
    """
    from sklearn import datasets  # here, because importing it takes longer than loading the digits

    digits = datasets.load_digits()
    X = (digits.data if flatten else digits.images).astype(np.float64)
    order = np.random.default_rng(seed).permutation(len(X))
    counts = _counts("digits", num_train, num_val, num_test, available=len(X))
    return _split(X[order], digits.target[order], counts, [str(name) for name in digits.target_names])


def load_shapes(num_train=2000, num_val=500, num_test=500, seed=0):
    """Drawn pictures of ten shapes, another set for each seed: X (N, 3, 32, 32) float64 in 0..1."""
    counts = _counts("shapes", num_train, num_val, num_test)
    X, y = make_shapes(sum(counts), seed)
    return _split(X, y, counts, SHAPES)


def load_cifar10(folder=None, num_train=49000, num_val=1000, num_test=10000):
    """CIFAR-10 in the official order: X (N, 3, 32, 32) float32 with values 0..255.

    The first num_train training images, the num_val after them, and the first num_test test images. float32,
    because all 60000 take 740 MB in it. folder is the official Python layout (data_batch_1 to data_batch_5,
    test_batch, batches.meta); by default the environment variable CHAINRULE_CIFAR10, or else
    datasets/cache/cifar-10-batches-py under the current directory, where `fetch` puts it.
    """
    folder = Path(folder or os.environ.get("CHAINRULE_CIFAR10") or CACHE / CIFAR10_FOLDER)
    _require_files(folder, [*CIFAR10_TRAIN, "test_batch", "batches.meta"])
    names = _read_class_names(folder / "batches.meta")
    batches = [_read_batch(folder / name, len(names)) for name in CIFAR10_TRAIN]
    X, y = (np.concatenate(parts) for parts in zip(*batches, strict=True))
    X_test, y_test = _read_batch(folder / "test_batch", len(names))
    num_train, num_val, _ = _counts("CIFAR-10 training images", num_train, num_val, 0, available=len(X))
    _, _, num_test = _counts("CIFAR-10 test images", 0, 0, num_test, available=len(X_test))
    ends = np.cumsum([num_train, num_val])
    parts = (X[: ends[0]], y[: ends[0]], X[ends[0] : ends[1]], y[ends[0] : ends[1]])
    parts = (*parts, X_test[:num_test], y_test[:num_test])
    # The labels are copied, so that they do not keep those of all batches alive.
    return Split(*(part.astype(np.float32 if part.ndim == 4 else np.int64) for part in parts), names)


def fetch(name, folder=None, registry=None, progress=True):
    """Download a data set on request, verify its checksum, unpack it; the path of its folder.

    What is there already is not downloaded again, and nothing is overwritten. folder is the cache (by default
    datasets/cache under the current directory); registry maps names to url, sha256, size and folder (by
    default the one of the package).
    """
    if registry is None:
        registry = json.loads(files("chainrule").joinpath("registry.json").read_text(encoding="utf-8"))
    if name not in registry:
        raise DataError(f"fetch: expected one of {', '.join(sorted(registry))}, got {name!r}")
    entry, cache = registry[name], Path(folder or CACHE)
    unpacked = cache / entry["folder"]
    if not unpacked.exists():
        _unpack(_download(name, entry, cache, progress), unpacked)
    return unpacked


def _counts(what, *counts, available=None):
    """The sizes of training, validation and test set, if there are as many images."""
    if min(counts) < 0:
        raise DataError(f"{what}: expected numbers of images >= 0, got {' + '.join(map(str, counts))}")
    if available is not None and sum(counts) > available:
        requested = " + ".join(str(count) for count in counts if count)
        raise DataError(f"{what}: expected at most {available} images in all, got {requested}; ask for fewer")
    return counts


def _split(X, y, counts, class_names):
    """Consecutive pieces of X and y as a Split."""
    starts = np.cumsum((0, *counts))
    pieces = [slice(a, b) for a, b in zip(starts, starts[1:], strict=False)]
    y = y.astype(np.int64)
    return Split(*(part for piece in pieces for part in (X[piece], y[piece])), tuple(class_names))


def _require_files(folder, names):
    if not folder.is_dir():
        raise DataError(f"CIFAR-10: expected a folder at {folder}, got nothing there; {HOW_TO_GET_CIFAR10}")
    missing = [name for name in names if not (folder / name).is_file()]
    if missing:
        got = f"all but {', '.join(missing)}"
        raise DataError(f"CIFAR-10: expected {len(names)} files in {folder}, got {got}; {HOW_TO_GET_CIFAR10}")


def _read_batch(path, num_classes):
    """Images (N, 3, 32, 32) uint8 and labels (N,) int64 of one batch file, checked."""
    batch = _unpickle(path, ("data", "labels"))
    X, y = batch["data"], batch["labels"]
    if not isinstance(X, np.ndarray) or X.dtype != np.uint8 or X.ndim != 2 or X.shape[1] != 3072:
        raise DataError(f"{path}: expected 'data' to be uint8 of shape (N, 3072), got {_describe(X)}")
    if not isinstance(y, list) or not all(type(label) is int for label in y) or len(y) != len(X):
        raise DataError(f"{path}: expected 'labels' to be a list of {len(X)} integers, got {_describe(y)}")
    wrong = [label for label in y if not 0 <= label < num_classes]
    if wrong:
        raise DataError(f"{path}: expected labels in 0..{num_classes - 1}, got {wrong[0]} (and {len(wrong)} such)")
    return X.reshape(-1, 3, 32, 32), np.array(y, dtype=np.int64)


def _read_class_names(path):
    names = _unpickle(path, ("label_names",))["label_names"]
    if not isinstance(names, list) or len(names) != 10:
        raise DataError(f"{path}: expected 'label_names' to be a list of 10 names, got {_describe(names)}")
    return tuple(_text(name) for name in names)


def _describe(value):
    if isinstance(value, np.ndarray):
        return f"{value.dtype} of shape {value.shape}"
    return f"a list of {len(value)}" if isinstance(value, list) else f"a {type(value).__name__}"


def _text(value):
    return value.decode("latin1") if isinstance(value, bytes) else str(value)


def _numpy_array(subtype, shape, code):
    """What a pickle calls to begin an array: here always a plain, empty one, filled by its __setstate__."""
    return np.ndarray(0, np.int8)


# All that a pickled batch may call, under the names that NumPy 1 and 2 and Python 2 and 3 give it.
ALLOWED = {
    ("numpy.core.multiarray", "_reconstruct"): _numpy_array,
    ("numpy._core.multiarray", "_reconstruct"): _numpy_array,
    ("numpy", "ndarray"): None,  # only the first argument of _reconstruct
    ("numpy", "dtype"): np.dtype,
    ("_codecs", "encode"): lambda text, encoding: text.encode("latin1"),
}


class _Unpickler(pickle.Unpickler):
    """Reads lists, dicts, numbers, strings and arrays; a pickle that asks for anything else is refused."""

    def find_class(self, module, name):
        if (module, name) not in ALLOWED:
            raise DataError(f"expected arrays and lists only, got a pickle that calls {module}.{name}")
        return ALLOWED[module, name]


def _unpickle(path, keys):
    """The dict in a batch file, its keys as str, those named in `keys` among them."""
    try:
        with open(path, "rb") as file:
            content = _Unpickler(file, encoding="latin1").load()
    except DataError as error:
        raise DataError(f"{path}: {error}; do not use this file") from None
    except Exception as error:  # a damaged pickle can raise anything
        what = f"{path}: expected a whole batch file"
        raise DataError(f"{what}, got {one_line(error)}; unpack the archive again") from error
    if not isinstance(content, dict):
        raise DataError(f"{path}: expected a dict with {' and '.join(keys)}, got {_describe(content)}")
    content = {_text(key): value for key, value in content.items()}
    if any(key not in content for key in keys):
        got = ", ".join(sorted(content)) or "an empty dict"
        raise DataError(f"{path}: expected a dict with {' and '.join(keys)}, got {got}")
    return content


def _download(name, entry, cache, progress):
    """The path of the verified archive in the cache."""
    import pooch  # here, because only this function needs it

    archive = cache / entry["url"].rsplit("/", 1)[-1]
    expected = f"{name}: expected {archive.name} with sha256 {entry['sha256']}"
    if archive.exists():
        if (got := pooch.file_hash(str(archive))) != entry["sha256"]:
            raise DataError(f"{expected}, got {got} in {archive}; delete that file and try again")
        return archive
    received = {}

    def download(url, output, manager):
        pooch.HTTPDownloader(progressbar=progress)(url, output, manager)
        received["sha256"] = pooch.file_hash(str(output))

    pooch.get_logger().setLevel("WARNING")
    try:
        pooch.retrieve(entry["url"], f"sha256:{entry['sha256']}", archive.name, cache, downloader=download)
    except OSError as error:  # the errors of requests are among them
        raise DataError(
            f"{name}: expected to download {entry['url']}, got {type(error).__name__}; "
            f"download it by hand ({entry['size']} bytes) and put it at {archive}"
        ) from error
    except ValueError as error:
        got = received.get("sha256", error)
        raise DataError(f"{expected}, got {got} from {entry['url']}; try again later, nothing was kept") from error
    return archive


def _unpack(archive, folder):
    """Unpack an archive that holds `folder`, which appears as a whole or not at all."""
    try:
        with tempfile.TemporaryDirectory(dir=folder.parent) as scratch:
            with tarfile.open(archive) as tar:
                # Pythons before 3.11.4 know no filter; the archive's checksum was verified.
                tar.extractall(scratch, **({"filter": "data"} if hasattr(tarfile, "data_filter") else {}))
            inside = Path(scratch, folder.name)
            if not inside.is_dir():
                got = ", ".join(sorted(path.name for path in Path(scratch).iterdir())) or "nothing"
                raise DataError(f"{archive}: expected a folder {folder.name} in it, got {got}")
            inside.rename(folder)
    except (tarfile.TarError, zlib.error, EOFError, OSError) as error:
        raise DataError(f"{archive}: expected an archive that unpacks, got {one_line(error)}") from error
