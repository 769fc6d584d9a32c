import functools
import hashlib
import http.server
import io
import json
import os
import pickle
import re
import tarfile
import threading
import time
from importlib.resources import files
from itertools import combinations

import numpy as np
import pytest

from chainrule import data, shapes
from chainrule.data import Split, fetch, load_cifar10, load_digits, load_shapes
from chainrule.errors import DataError
from chainrule.shapes import COLOURS, SHAPES, make_captioned_shapes, make_shapes

NAMES = ["airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"]
ROWS = 20
REAL = os.environ.get("CHAINRULE_CIFAR10")


@pytest.mark.parametrize("module", [data, shapes])
def test_every_public_name_exists(module):
    assert all(hasattr(module, name) for name in module.__all__)


def one_line_of(error, message):
    assert "\n" not in str(error.value)
    assert re.search(message, str(error.value)), error.value


# digits


def test_digits_are_split_without_overlap():
    split = load_digits()
    assert split.X_train.shape == (1000, 8, 8)
    assert [len(part) for part in split[:6]] == [1000, 1000, 297, 297, 500, 500]
    assert split.class_names == tuple("0123456789")
    assert split.X_train.dtype == np.float64
    assert split.y_train.dtype == np.int64
    assert (split.X_train.min(), split.X_train.max()) == (0, 16)
    # scikit-learn's 1797 images are all different, so sets of images tell whether the parts overlap.
    parts = [{image.tobytes() for image in X} for X in (split.X_train, split.X_val, split.X_test)]
    assert sum(map(len, parts)) == len(set.union(*parts)) == 1797


def test_digits_keep_their_labels_when_shuffled():
    from sklearn import datasets

    digits = datasets.load_digits()
    label_of = {image.tobytes(): label for image, label in zip(digits.images, digits.target, strict=True)}
    split = load_digits(seed=3)
    for X, y in ((split.X_train, split.y_train), (split.X_val, split.y_val), (split.X_test, split.y_test)):
        assert [label_of[image.tobytes()] for image in X] == y.tolist()


def test_digits_follow_the_seed_and_flatten():
    a, b, flat = load_digits(seed=1), load_digits(seed=2), load_digits(seed=1, flatten=True)
    assert not np.array_equal(a.y_train, b.y_train)
    np.testing.assert_array_equal(a.X_val.reshape(297, 64), flat.X_val)
    np.testing.assert_array_equal(load_digits(seed=1).X_test, a.X_test)


def test_a_split_shows_shapes_not_numbers():
    text = repr(load_digits(10, 0, 5))
    assert text.startswith("Split(X_train=float64(10, 8, 8), y_train=int64(10,), X_val=float64(0, 8, 8)")
    assert len(text) < 300


@pytest.mark.parametrize(
    ("counts", "message"),
    [
        ((1700, 97, 1), "at most 1797 images in all, got 1700 \\+ 97 \\+ 1; ask for fewer"),
        ((5, -1, 5), ">= 0, got 5 \\+ -1"),
    ],
)
def test_too_many_digits(counts, message):
    with pytest.raises(DataError, match=message):
        load_digits(*counts)


# shapes


def test_shapes_are_determined_by_the_seed():
    (X, y), (X2, y2), (X3, _) = make_shapes(50, seed=1), make_shapes(50, seed=1), make_shapes(50, seed=2)
    np.testing.assert_array_equal(X, X2)
    np.testing.assert_array_equal(y, y2)
    assert not np.array_equal(X, X3)
    a, b = make_captioned_shapes(50, seed=1), make_captioned_shapes(50, seed=1)
    np.testing.assert_array_equal(a.images, b.images)
    assert a.scenes == b.scenes
    assert a.captions != make_captioned_shapes(50, seed=2).captions


def test_shapes_have_the_documented_form():
    X, y = make_shapes(105)
    assert X.shape == (105, 3, 32, 32)
    assert X.dtype == np.float64
    assert X.min() >= 0
    assert X.max() <= 1
    assert sorted(np.bincount(y)) == [10] * 5 + [11] * 5
    assert len(SHAPES) == 10
    assert make_shapes(3, size=48)[0].shape == (3, 3, 48, 48)
    assert make_shapes(0)[0].shape == (0, 3, 32, 32)
    assert make_captioned_shapes(0).captions == []


def test_each_shape_lies_in_the_unit_circle_and_looks_unlike_the_others():
    grid = (np.arange(200) + 0.5) / 100 - 1
    u, v = np.meshgrid(grid, -grid)
    masks = {name: inside(u, v) for name, inside in SHAPES.items()}
    for name, mask in masks.items():
        assert not mask[np.hypot(u, v) > 1.01].any(), name
        assert mask.mean() > 0.12, name
    for a, b in combinations(SHAPES, 2):
        common, either = (masks[a] & masks[b]).sum(), (masks[a] | masks[b]).sum()
        assert common / either < 0.8, (a, b)


@pytest.mark.parametrize(
    ("name", "inside", "outside"),
    [
        ("triangle", (0, 0.9), (0, -0.9)),  # points up
        ("star", (0, 0.9), (0, -0.9)),
        ("heart", (0, -0.75), (0, 0.75)),  # points down
        ("crescent", (-0.8, 0), (0.8, 0)),  # opens to the right
        ("bar", (0.9, 0), (0, 0.9)),  # lies flat
        ("ring", (0.75, 0), (0, 0)),
    ],
)
def test_shapes_are_the_right_way_up(name, inside, outside):
    draw = SHAPES[name]
    assert draw(*np.array(inside, dtype=float))
    assert not draw(*np.array(outside, dtype=float))


def test_up_is_the_first_row_of_a_picture():
    place = (np.array([value]) for value in (16.0, 16.0, 12.0, 0.0))
    cover = shapes._coverage(SHAPES["triangle"], *place, 32)[0].sum(axis=1)
    # From its top corner at 16 - 12 down to its base at 16 + 12 / 2.
    assert (cover[:4].sum(), cover[22:].sum()) == (0, 0)
    assert 0 < cover[5] < cover[12] < cover[20]


def test_edges_are_anti_aliased():
    cover = shapes._coverage(SHAPES["circle"], *(np.array([value]) for value in (16.0, 16.0, 8.0, 0.0)), 32)
    assert len(np.unique(cover)) > 4
    assert cover.sum() == pytest.approx(np.pi * 0.9 * 64, rel=0.02)  # the area of a circle of radius^2 0.9


def test_shapes_can_be_told_apart_by_nearest_neighbours_better_than_by_chance():
    split = load_shapes(1500, 0, 200)
    train, test = split.X_train.reshape(1500, -1), split.X_test.reshape(200, -1)
    dists = (train**2).sum(axis=1) - 2 * test @ train.T
    accuracy = np.mean(split.y_train[dists.argmin(axis=1)] == split.y_test)
    assert accuracy > 0.2  # chance is 0.1


def test_load_shapes_splits_one_drawing():
    split = load_shapes(30, 20, 10, seed=4)
    X, y = make_shapes(60, seed=4)
    np.testing.assert_array_equal(np.concatenate([split.X_train, split.X_val, split.X_test]), X)
    np.testing.assert_array_equal(np.concatenate([split.y_train, split.y_val, split.y_test]), y)
    assert split.class_names == tuple(SHAPES)


CAPTION = re.compile(
    rf"a (small|large) ({'|'.join(COLOURS)}) ({'|'.join(SHAPES)}) (left of|right of|above|below)"
    rf" a ({'|'.join(COLOURS)}) ({'|'.join(SHAPES)})"
)


def where_is(image, colour):
    """Return the centroid (x, y) of the pixels of a colour, and their number."""
    far = np.abs(image - np.array(COLOURS[colour])[:, None, None]).max(axis=0)
    rows, columns = np.nonzero(far < 0.13)
    return columns.mean(), rows.mean(), len(rows)


def test_captions_are_true_of_the_picture():
    drawn = make_captioned_shapes(400, seed=5)
    checked = 0
    for image, caption, scene in zip(*drawn, strict=True):
        spoken = CAPTION.fullmatch(caption).groups()
        assert spoken == (*scene.first[:3], scene.relation, *scene.second[1:3])
        _, colour, _, relation, other, _ = spoken
        if colour == other:
            continue
        (x, y, count), (x2, y2, count2) = where_is(image, colour), where_is(image, other)
        assert min(count, count2) >= 8
        sign, along, across = {
            "left of": (-1, x - x2, y - y2),
            "right of": (1, x - x2, y - y2),
            "above": (-1, y - y2, x - x2),
            "below": (1, y - y2, x - x2),
        }[relation]
        assert sign * along > abs(across), caption
        assert sign * along > 5, caption
        checked += 1
    assert checked > 300


def test_sizes_in_captions_are_true():
    drawn = make_captioned_shapes(600, seed=6)
    pixels = {(size, shape): [] for size in shapes.SIZES for shape in SHAPES}
    for image, scene in zip(drawn.images, drawn.scenes, strict=True):
        if scene.first.colour != scene.second.colour:
            pixels[scene.first.size, scene.first.shape].append(where_is(image, scene.first.colour)[2])
    for shape in SHAPES:
        assert np.median(pixels["large", shape]) > 1.5 * np.median(pixels["small", shape]), shape


def test_objects_of_a_scene_are_apart_inside_and_not_alike():
    for scene in make_captioned_shapes(1000, seed=7).scenes:
        a, b = scene.first, scene.second
        assert np.hypot(a.x - b.x, a.y - b.y) >= a.radius + b.radius
        assert (a.shape, a.colour) != (b.shape, b.colour)
        for thing in (a, b):
            assert thing.radius <= min(thing.x, thing.y)
            assert max(thing.x, thing.y) <= 32 - thing.radius


def test_every_word_is_used():
    words = " ".join(make_captioned_shapes(500).captions).split()
    assert set(words) == {"a", "left", "right", "of", "above", "below", "small", "large", *COLOURS, *SHAPES}


def test_the_work_for_shapes_grows_with_their_number_and_no_faster():
    def work(count):
        start = time.process_time()
        make_shapes(count)
        return time.process_time() - start

    work(100)
    few, many = zip(*[(work(100), work(800)) for _ in range(3)], strict=True)
    assert min(many) < 2 * 8 * min(few)


def test_impossible_shapes():
    with pytest.raises(DataError, match="num >= 0 pictures of size >= 8, got num = 5, size = 4"):
        make_shapes(5, size=4)


# CIFAR-10


def batch(seed, rows=ROWS):
    rng = np.random.default_rng(seed)
    return {
        b"batch_label": b"batch",
        b"labels": [int(label) for label in rng.integers(0, 10, rows)],
        b"data": rng.integers(0, 256, (rows, 3072), dtype=np.uint8),
        b"filenames": [b"x.png"] * rows,
    }


def write(path, value, style="python3"):
    """Pickle as Python 3 and NumPy 2 do, or under the names of Python 2 and NumPy 1."""
    if style == "text keys":
        value = {key.decode(): item for key, item in value.items()}
    content = pickle.dumps(value, protocol=2)
    if style == "numpy1":
        content = content.replace(b"cnumpy._core.multiarray\n", b"cnumpy.core.multiarray\n")
        assert b"numpy._core" not in content
    path.write_bytes(content)


def write_folder(folder, style="python3"):
    folder.mkdir(parents=True)
    for k in range(1, 6):
        write(folder / f"data_batch_{k}", batch(k), style)
    write(folder / "test_batch", batch(6), style)
    write(folder / "batches.meta", {b"label_names": [name.encode() for name in NAMES]}, style)
    return folder


@pytest.fixture
def folder(tmp_path):
    return write_folder(tmp_path / "cifar-10-batches-py")


@pytest.mark.parametrize("style", ["python3", "numpy1", "text keys"])
def test_cifar10_is_read_in_the_official_order(tmp_path, style):
    split = load_cifar10(write_folder(tmp_path / "c", style), 50, 30, 15)
    assert isinstance(split, Split)
    assert split.class_names == tuple(NAMES)
    assert [part.shape for part in split[:6:2]] == [(50, 3, 32, 32), (30, 3, 32, 32), (15, 3, 32, 32)]
    assert split.X_train.dtype == np.float32
    X = np.concatenate([batch(k)[b"data"] for k in range(1, 6)])
    y = np.concatenate([batch(k)[b"labels"] for k in range(1, 6)])
    np.testing.assert_array_equal(split.X_train.reshape(50, 3072), X[:50])
    np.testing.assert_array_equal(split.X_val.reshape(30, 3072), X[50:80])
    np.testing.assert_array_equal(np.concatenate([split.y_train, split.y_val]), y[:80])
    # A row holds the red plane, row by row, then the green, then the blue one.
    assert split.X_test[3, 1, 2, 5] == batch(6)[b"data"][3, 1024 + 2 * 32 + 5]
    assert split.y_test.tolist() == batch(6)[b"labels"][:15]


def test_cifar10_folder_from_the_environment_or_the_cache(folder, tmp_path, monkeypatch):
    monkeypatch.setenv("CHAINRULE_CIFAR10", str(folder))
    assert len(load_cifar10(None, 5, 5, 5).X_val) == 5
    monkeypatch.delenv("CHAINRULE_CIFAR10")
    (tmp_path / "datasets/cache").mkdir(parents=True)
    folder.rename(tmp_path / "datasets/cache/cifar-10-batches-py")
    monkeypatch.chdir(tmp_path)
    assert len(load_cifar10(None, 5, 5, 5).X_val) == 5


class Malicious:
    def __init__(self, target):
        self.target = target

    def __reduce__(self):
        return os.mkdir, (str(self.target),)


def spoil(**changes):
    """Return a batch with some entries changed; None removes one."""
    value = {**batch(3), **{key.encode(): item for key, item in changes.items()}}
    return {key: item for key, item in value.items() if item is not None}


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (spoil(data=None), "expected a dict with data and labels, got batch_label, filenames, labels"),
        (spoil(labels=None), "expected a dict with data and labels, got batch_label, data, filenames"),
        ([1, 2], "expected a dict with data and labels, got a list of 2"),
        ({}, "expected a dict with data and labels, got an empty dict"),
        (spoil(data=np.zeros((20, 3071), np.uint8)), r"shape \(N, 3072\), got uint8 of shape \(20, 3071\)"),
        (spoil(data=np.zeros((20, 3, 32, 32), np.uint8)), r"got uint8 of shape \(20, 3, 32, 32\)"),
        (spoil(data=np.zeros((20, 3072))), r"got float64 of shape \(20, 3072\)"),
        (spoil(data=b"abc"), r"to be uint8 of shape \(N, 3072\), got a "),
        (spoil(labels=[0] * 19), "list of 20 integers, got a list of 19"),
        (spoil(labels=[0.5] * 20), "list of 20 integers, got a list of 20"),
        (spoil(labels=[0] * 18 + [10, -1]), r"expected labels in 0..9, got 10 \(and 2 such\)"),
    ],
)
def test_a_wrong_batch_is_named(folder, value, message):
    write(folder / "data_batch_3", value)
    with pytest.raises(DataError) as caught:
        load_cifar10(folder, 5, 5, 5)
    one_line_of(caught, f"data_batch_3: .*{message}")


@pytest.mark.parametrize("keep", [0, 1, 1000, -1])
def test_a_truncated_batch_is_named(folder, keep):
    path = folder / "data_batch_2"
    path.write_bytes(path.read_bytes()[:keep])
    with pytest.raises(DataError) as caught:
        load_cifar10(folder, 5, 5, 5)
    one_line_of(caught, "data_batch_2: expected a whole batch file, got .*; unpack the archive again")


@pytest.mark.parametrize(
    "content", [b"<html>\nnot found</html>", bytes(range(256)), b"\x80\x02]q\x00(cnumpy\nndarray\n)R."]
)
def test_rubbish_is_one_line(folder, content):
    (folder / "test_batch").write_bytes(content)
    with pytest.raises(DataError) as caught:
        load_cifar10(folder, 5, 5, 5)
    one_line_of(caught, "test_batch: expected ")


def test_a_pickle_that_wants_to_run_code_does_not(folder, tmp_path):
    target = tmp_path / "made-by-the-pickle"
    write(folder / "data_batch_1", {**batch(1), b"data": Malicious(target)})
    with pytest.raises(DataError) as caught:
        load_cifar10(folder, 5, 5, 5)
    one_line_of(caught, "data_batch_1: expected arrays and lists only, got a pickle that calls posix.mkdir; do not use")
    assert not target.exists()
    pickle.loads((folder / "data_batch_1").read_bytes())  # the plain unpickler does run it
    assert target.exists()


def test_the_class_names_are_checked(folder):
    write(folder / "batches.meta", {b"label_names": [b"cat"]})
    with pytest.raises(
        DataError, match="batches.meta: expected 'label_names' to be a list of 10 names, got a list of 1"
    ):
        load_cifar10(folder, 5, 5, 5)


def test_an_absent_folder_says_how_to_get_it(tmp_path):
    with pytest.raises(DataError) as caught:
        load_cifar10(tmp_path / "none")
    one_line_of(caught, "expected a folder at .*none, got nothing there; try fetch.'cifar10'.*CHAINRULE_CIFAR10")


def test_missing_files_are_listed(folder):
    (folder / "data_batch_4").unlink()
    (folder / "batches.meta").unlink()
    with pytest.raises(DataError) as caught:
        load_cifar10(folder)
    one_line_of(caught, "expected 7 files in .*, got all but data_batch_4, batches.meta; try fetch")


def test_more_images_than_there_are(folder):
    with pytest.raises(DataError, match=r"training images: expected at most 100 images in all, got 90 \+ 11; ask"):
        load_cifar10(folder, 90, 11, 5)
    with pytest.raises(DataError, match="test images: expected at most 20 images in all, got 21"):
        load_cifar10(folder, 9, 1, 21)


@pytest.mark.skipif(not REAL, reason="set CHAINRULE_CIFAR10 to a folder cifar-10-batches-py to run this")
def test_real_cifar10():
    split = load_cifar10(num_train=4000, num_val=1000, num_test=1000)
    assert split.class_names == tuple(NAMES)
    assert split.y_train[:10].tolist() == [6, 9, 9, 4, 1, 1, 2, 7, 8, 3]  # frog, truck, truck, deer, ...
    assert split.y_test[:5].tolist() == [3, 8, 8, 0, 6]  # cat, ship, ship, airplane, frog
    # Mean colours of the training set, known from the usual normalisation .491 .482 .447 (in 0..1).
    np.testing.assert_allclose(split.X_train.mean(axis=(0, 2, 3)) / 255, [0.491, 0.482, 0.447], atol=0.01)


# fetch


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *args):
        self.server.requests_seen.append(self.path)


@pytest.fixture
def server(tmp_path, monkeypatch):
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    (tmp_path / "www").mkdir()
    handler = functools.partial(Quiet, directory=str(tmp_path / "www"))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        server.requests_seen = []
        thread = threading.Thread(target=server.serve_forever, args=[0.01])
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def offer(server, tmp_path, members, **changes):
    """Serve a small archive; return its registry."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as tar:
        for name, content in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            tar.addfile(info, io.BytesIO(content))
    (tmp_path / "www/tiny.tar.gz").write_bytes(buffer.getvalue())
    entry = {
        "url": f"http://127.0.0.1:{server.server_port}/tiny.tar.gz",
        "sha256": hashlib.sha256(buffer.getvalue()).hexdigest(),
        "size": len(buffer.getvalue()),
        "folder": "tiny",
    }
    return {"tiny": entry | changes}


def test_fetch_downloads_once_verifies_and_unpacks(server, tmp_path, capsys):
    registry = offer(server, tmp_path, {"tiny/a.txt": b"hello"})
    cache = tmp_path / "deep/cache"
    folder = fetch("tiny", cache, registry)
    assert folder == cache / "tiny"
    assert (folder / "a.txt").read_bytes() == b"hello"
    assert "100%" in capsys.readouterr().err  # the progress bar
    assert sorted(path.name for path in cache.iterdir()) == ["tiny", "tiny.tar.gz"]
    (folder / "a.txt").write_bytes(b"mine")
    assert fetch("tiny", cache, registry) == folder
    assert (folder / "a.txt").read_bytes() == b"mine"
    assert len(server.requests_seen) == 1


def test_fetch_takes_an_archive_put_there_by_hand_and_can_be_quiet(server, tmp_path, monkeypatch, capsys):
    registry = offer(server, tmp_path, {"tiny/a.txt": b"hello"})
    monkeypatch.chdir(tmp_path)
    fetch("tiny", registry=registry, progress=False)
    cache = tmp_path / "datasets/cache"
    assert (cache / "tiny/a.txt").exists()
    other = tmp_path / "other"
    other.mkdir()
    (cache / "tiny.tar.gz").rename(other / "tiny.tar.gz")
    assert (fetch("tiny", other, registry) / "a.txt").exists()
    assert len(server.requests_seen) == 1
    assert capsys.readouterr() == ("", "")


def test_a_wrong_checksum_keeps_nothing(server, tmp_path):
    right = offer(server, tmp_path, {"tiny/a.txt": b"hello"})["tiny"]["sha256"]
    registry = offer(server, tmp_path, {"tiny/a.txt": b"hello"}, sha256="0" * 64)
    got = hashlib.sha256((tmp_path / "www/tiny.tar.gz").read_bytes()).hexdigest()
    assert right  # the archive of the first offer; a gzip header holds the time, so it may differ
    with pytest.raises(DataError) as caught:
        fetch("tiny", tmp_path / "cache", registry, progress=False)
    one_line_of(
        caught, f"tiny: expected tiny.tar.gz with sha256 {'0' * 64}, got {got} from http://127.*try again later"
    )
    assert list((tmp_path / "cache").iterdir()) == []


def test_an_archive_that_is_there_but_wrong_is_not_overwritten(server, tmp_path):
    registry = offer(server, tmp_path, {"tiny/a.txt": b"hello"})
    (tmp_path / "tiny.tar.gz").write_bytes(b"half")
    with pytest.raises(DataError) as caught:
        fetch("tiny", tmp_path, registry)
    one_line_of(caught, f"got {hashlib.sha256(b'half').hexdigest()} in .*tiny.tar.gz; delete that file and try again")
    assert (tmp_path / "tiny.tar.gz").read_bytes() == b"half"
    assert server.requests_seen == []


@pytest.mark.parametrize("path", ["", "/absent.tar.gz"])
def test_no_network_or_no_such_file_says_what_to_do_by_hand(server, tmp_path, path):
    # Nothing listens on port 1; a file that is absent is answered with 404.
    host = f"http://127.0.0.1:{server.server_port}" if path else "http://127.0.0.1:1"
    registry = offer(server, tmp_path, {}, url=host + (path or "/absent.tar.gz"), size=170498071)
    with pytest.raises(DataError) as caught:
        fetch("tiny", tmp_path / "cache", registry, progress=False)
    one_line_of(caught, rf"{host}/absent.tar.gz.*by hand \(170498071 bytes\) and put it at .*cache.absent.tar.gz")


@pytest.mark.parametrize(
    ("members", "message"),
    [
        ({"other/a.txt": b""}, "expected a folder tiny in it, got other"),
        ({}, "expected a folder tiny in it, got nothing"),
        ({"tiny/a.txt": b"", "../evil.txt": b""}, "expected an archive that unpacks, got OutsideDestinationError"),
    ],
)
def test_an_archive_with_something_else_in_it_leaves_no_folder(server, tmp_path, members, message):
    with pytest.raises(DataError) as caught:
        fetch("tiny", tmp_path / "cache", offer(server, tmp_path, members), progress=False)
    one_line_of(caught, message)
    assert [path.name for path in (tmp_path / "cache").iterdir()] == ["tiny.tar.gz"]
    assert not list(tmp_path.rglob("evil.txt"))


def test_a_damaged_archive_with_the_right_checksum(server, tmp_path):
    registry = offer(server, tmp_path, {"tiny/a.txt": os.urandom(5000)})
    archive = tmp_path / "www/tiny.tar.gz"
    archive.write_bytes(archive.read_bytes()[:3000])
    registry["tiny"]["sha256"] = hashlib.sha256(archive.read_bytes()).hexdigest()
    with pytest.raises(DataError) as caught:
        fetch("tiny", tmp_path / "cache", registry, progress=False)
    one_line_of(caught, "expected an archive that unpacks, got ")


def test_an_unknown_name_lists_the_known_ones():
    with pytest.raises(DataError, match="fetch: expected one of cifar10.*, got 'mnist'"):
        fetch("mnist")


def test_the_registry_is_complete_and_what_the_loader_expects():
    registry = json.loads(files("chainrule").joinpath("registry.json").read_text(encoding="utf-8"))
    for entry in registry.values():
        assert {"title", "url", "sha256", "size", "folder", "licence", "citation"} <= set(entry)
        assert re.fullmatch("[0-9a-f]{64}", entry["sha256"])
        assert entry["url"].startswith("https://")
    assert registry["cifar10"]["folder"] == data.CIFAR10_FOLDER
