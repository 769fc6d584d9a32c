"""Keep the state of a training run: in memory, and in a file that holds arrays and JSON, never pickled objects.

`capture` copies the plain parts of a value (arrays, numbers, texts, lists, tuples, dicts, random generators), and
`restore` restores them. `write_checkpoint` stores what was captured in an npz file, which appears whole or not at
all; `read_checkpoint` returns it, or says in one line what is wrong with the file.
"""

import json
import os
import tempfile
from pathlib import Path

import numpy as np

from chainrule.errors import ChainruleError, one_line

__all__ = ["capture", "restore", "read_checkpoint", "write_checkpoint"]

FORMAT = "chainrule checkpoint 1"
PLAIN = (bool, int, float, str, type(None))


class _NotCaptured:
    """Stands for a value that cannot be captured (a function, say): `restore` leaves it unchanged."""


class _GeneratorState(dict):
    """The state of a np.random.Generator or RandomState."""


def capture(value):
    """A deep copy of the plain parts of a value."""
    if isinstance(value, np.ndarray) and value.dtype != object:
        return np.copy(value)  # keeps the order in memory, on which the last bit of a product may depend
    if isinstance(value, (*PLAIN, np.generic)):
        return value
    if isinstance(value, np.random.Generator):
        return _GeneratorState(capture(value.bit_generator.state))
    if isinstance(value, np.random.RandomState):
        return _GeneratorState(capture(value.get_state(legacy=False)))
    if isinstance(value, dict):
        return {key: capture(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return type(value)(capture(item) for item in value) if type(value) in (list, tuple) else _NotCaptured()
    return _NotCaptured()


def restore(value, saved):
    """The value with everything that was captured restored: dicts, lists and generators in place, arrays as copies."""
    if isinstance(saved, _NotCaptured):
        return value
    if isinstance(saved, _GeneratorState):
        return _restored_generator(value, capture(dict(saved)))
    if isinstance(saved, dict):
        old = value if isinstance(value, dict) else {}
        restored = {key: restore(old.get(key), item) for key, item in saved.items()}
        old.clear()
        old.update(restored)
        return old
    if isinstance(saved, list | tuple):
        old = value if isinstance(value, list | tuple) and len(value) == len(saved) else [None] * len(saved)
        restored = [restore(*pair) for pair in zip(old, saved, strict=True)]
        if isinstance(value, list) and isinstance(saved, list):
            value[:] = restored
            return value
        return type(saved)(restored)
    return capture(saved)


def write_checkpoint(path, captured):
    """Store what `capture` returned at path (npz), by way of a temporary file beside it."""
    path, arrays = Path(path), {}
    header = json.dumps({"format": FORMAT, "content": _to_json(captured, arrays)})
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=path.name, suffix=".tmp")
    try:
        with os.fdopen(handle, "wb") as file:
            np.savez(file, json=np.array(header), **arrays)
        os.replace(temporary, path)
    except BaseException:
        os.unlink(temporary)
        raise


def read_checkpoint(path):
    """What `write_checkpoint` stored at path."""
    expected = f"{path}: expected a checkpoint of the Solver"
    try:
        with np.load(path, allow_pickle=False) as file:
            stored = {name: file[name] for name in file.files}
        header = json.loads(str(stored["json"]))
        readable = header["format"] == FORMAT
        content = _from_json(header["content"], stored) if readable else None
    except FileNotFoundError:
        raise ChainruleError(f"{expected}, found no such file; train with this checkpoint_name first") from None
    except Exception as error:  # a damaged archive can raise anything
        raise ChainruleError(f"{expected}, could not read it ({one_line(error)}); delete it and train anew") from None
    if not readable:
        raise ChainruleError(f"{expected}, got the format {header['format']!r}; delete it and train anew")
    return content


def _restored_generator(generator, state):
    """The generator, or a new one of its kind, in a given state."""
    if "has_gauss" in state:  # only a RandomState keeps a second normal number for later
        generator = generator if isinstance(generator, np.random.RandomState) else np.random.RandomState()
        generator.set_state(state)
    else:
        fresh = not isinstance(generator, np.random.Generator)
        generator = np.random.Generator(getattr(np.random, state["bit_generator"])()) if fresh else generator
        generator.bit_generator.state = state
    return generator


def _to_json(value, arrays):
    """JSON for a captured value; its arrays go into `arrays`, named a0, a1 ..."""
    if isinstance(value, PLAIN) and not isinstance(value, np.generic):
        return value
    if isinstance(value, np.ndarray | np.generic):
        kind, name = "array" if isinstance(value, np.ndarray) else "number", f"a{len(arrays)}"
        arrays[name] = value
        return [kind, name]
    if isinstance(value, dict):
        kind = "generator" if isinstance(value, _GeneratorState) else "dict"
        return [kind, [[_to_json(key, arrays), _to_json(item, arrays)] for key, item in value.items()]]
    if isinstance(value, list | tuple):
        return [type(value).__name__, [_to_json(item, arrays) for item in value]]
    return ["left", None]


def _from_json(packed, arrays):
    if not isinstance(packed, list):
        return packed
    kind, inside = packed
    if kind == "array":
        return arrays[inside]
    if kind == "number":
        return arrays[inside][()]
    if kind in ("dict", "generator"):
        pairs = ((_from_json(key, arrays), _from_json(item, arrays)) for key, item in inside)
        return dict(pairs) if kind == "dict" else _GeneratorState(pairs)
    if kind in ("list", "tuple"):
        items = [_from_json(item, arrays) for item in inside]
        return items if kind == "list" else tuple(items)
    return _NotCaptured()
