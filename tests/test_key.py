"""Answer keys: the same bytes on every machine, and kept where a new one is equivalent."""

import platform
from dataclasses import replace

import numpy as np
import pytest

from autograder.course.answer_key import VISIBLE_SEED, equivalent_keys, round_exam, write_key
from autograder.errors import GradingError
from autograder.tasks.catalog import task_named
from autograder.tasks.spec import exam_of
from chainrule.judging.compare import same
from chainrule.judging.exam import save_exams

SMALLEST = "assignment1"
x86 = pytest.mark.skipif(platform.machine().lower() not in ("x86_64", "amd64"), reason="kernels of OpenBLAS for x86-64")


@pytest.fixture(scope="module")
def released(root):
    return root / "assignments" / SMALLEST / "chainrule" / "answers" / f"{SMALLEST}.npz"


def contents(path):
    """Return {name: bytes}; an array's name is a hash of its dtype, shape and bytes."""
    with np.load(path, allow_pickle=False) as file:
        return {name: file[name].tobytes() for name in file.files}


def write_changed_key(source, target, change):
    """Write a copy of a key in which one array of many floats is changed under its old name."""
    with np.load(source, allow_pickle=False) as file:
        arrays = dict(file)
    name = next(n for n, a in arrays.items() if a.dtype == np.float64 and 3 < a.size < 50 and not (a % 1 == 0).any())
    np.savez_compressed(target, **arrays | {name: change(arrays[name])})


@x86
@pytest.mark.parametrize("kernel", ["Prescott", "Haswell"])
def test_a_key_is_the_same_on_other_processors_in_another_folder(tmp_path, monkeypatch, released, kernel):
    monkeypatch.setenv("OPENBLAS_CORETYPE", kernel)
    monkeypatch.setenv("OPENBLAS_NUM_THREADS", "2")
    monkeypatch.chdir(tmp_path)
    write_key(tmp_path / "key.npz", SMALLEST)
    assert contents(tmp_path / "key.npz") == contents(released)


def with_noise(exam):
    """Return the exam as another processor computes it: each number differs by a bit or two."""

    def move_last_bits(array):
        return array * (1 + 4e-16) if array.dtype == np.float64 else array

    def case(old):
        wrong = {name: {n: move_last_bits(a) for n, a in outputs.items()} for name, outputs in old.mistakes.items()}
        return replace(old, expected={n: move_last_bits(a) for n, a in old.expected.items()}, mistakes=wrong)

    return replace(exam, checks=tuple(replace(c, cases=tuple(map(case, c.cases))) for c in exam.checks))


@pytest.mark.parametrize("task", ["softmax_loss_vectorized", "TwoLayerNet.loss", "KNearestNeighbor.predict_labels"])
def test_last_bits_leave_the_numbers_of_a_key_alone(tmp_path, task):
    exam = exam_of(task_named(task), VISIBLE_SEED)
    save_exams(tmp_path / "a.npz", [round_exam(exam)])
    save_exams(tmp_path / "b.npz", [round_exam(with_noise(exam))])
    assert contents(tmp_path / "a.npz") == contents(tmp_path / "b.npz")


@pytest.mark.parametrize("task", ["softmax_loss_vectorized", "initialize"])  # the other holds a share to an atol alone
def test_numbers_of_a_key_stay_far_within_the_tolerance_of_their_check(task):
    exam = exam_of(task_named(task), VISIBLE_SEED)
    for check, rounded_check in zip(exam.checks, round_exam(exam).checks, strict=True):
        for case, rounded in zip(check.cases, rounded_check.cases, strict=True):
            assert all(
                same(rounded.expected[n], a, check.rtol / 500, check.atol / 500) for n, a in case.expected.items()
            )


def test_a_key_is_equivalent_where_only_last_bits_differ(tmp_path, released):
    write_changed_key(released, tmp_path / "old.npz", lambda a: a * (1 + 4e-16))
    assert contents(tmp_path / "old.npz") != contents(released)
    assert equivalent_keys(tmp_path / "old.npz", released)


@pytest.mark.parametrize("change", [lambda a: a * (1 + 1e-4), lambda a: a.astype(np.float32), lambda a: a[:-1]])
def test_a_key_that_differs_is_reported(tmp_path, released, change):
    write_changed_key(released, tmp_path / "old.npz", change)
    assert not equivalent_keys(tmp_path / "old.npz", released)


@pytest.mark.parametrize("old", [None, b"", b"no key"])
def test_a_missing_or_damaged_key_is_not_equivalent(tmp_path, released, old):
    if old is not None:
        (tmp_path / "old.npz").write_bytes(old)
    assert not equivalent_keys(tmp_path / "old.npz", released)


def test_an_equivalent_key_is_kept_byte_for_byte(tmp_path, released):
    write_changed_key(released, tmp_path / "old.npz", lambda a: a * (1 + 4e-16))
    write_key(tmp_path / "new.npz", SMALLEST, tmp_path / "old.npz")
    assert (tmp_path / "new.npz").read_bytes() == (tmp_path / "old.npz").read_bytes()


def test_a_key_that_cannot_be_made_gets_one_line(tmp_path):
    with pytest.raises(GradingError, match="release: expected the answer key of assignment1 to be made, got .*Error"):
        write_key(tmp_path / "no" / "folder" / "key.npz", SMALLEST)
