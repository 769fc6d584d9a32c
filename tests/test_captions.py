import json
import re
import sys

import matplotlib.pyplot as plt
import numpy as np
import pytest

from chainrule import captions
from chainrule.captioning import CaptioningRNN
from chainrule.captions import (
    HELD_OUT,
    bleu,
    build_vocabulary,
    decode_captions,
    encode_captions,
    find_regions,
    judge_sentences,
    load_captioned_shapes,
    load_coco_captions,
    references,
    sample_minibatch,
)
from chainrule.errors import ChainruleError, DataError
from chainrule.lessons import caption_pictures
from chainrule.optim import adam
from chainrule.shapes import COLOURS, SHAPES, Scene, Thing, make_captioned_shapes
from chainrule.shapes_net import ShapesNet


@pytest.fixture(scope="module")
def data():
    return load_captioned_shapes(num=300, num_val=40, num_held_out=40, net=ShapesNet())


# words and numbers


def test_captions_are_encoded_and_decoded():
    word_to_idx, words = build_vocabulary(["a red circle", "a blue circle"])
    assert words == ["<NULL>", "<START>", "<END>", "<UNK>", "a", "blue", "circle", "red"]
    coded = encode_captions(["a red circle", "a mauve"], word_to_idx)
    assert coded.tolist() == [[1, 4, 7, 6, 2], [1, 4, 3, 2, 0]]
    assert decode_captions(coded, words) == ["a red circle", "a <UNK>"]
    assert decode_captions([[4, 2, 7, 7]], words) == ["a"]


# the pictures


def test_held_out_combinations_are_in_all_held_out_pictures_and_in_no_others(data):
    def combinations(scene):
        return {(thing.colour, thing.shape) for thing in (scene.first, scene.second)}

    assert all(combinations(scene) & HELD_OUT for scene in data.held_out.scenes)
    for split in (data.train, data.val):
        assert not any(combinations(scene) & HELD_OUT for scene in split.scenes)
    words = {word for sentence in decode_captions(data.train.captions, data.idx_to_word) for word in sentence.split()}
    assert {*COLOURS, *SHAPES} <= words
    assert len(HELD_OUT) == len(COLOURS)
    assert [len(split.features) for split in data[:3]] == [300, 40, 40]
    assert not (data.held_out.captions == data.word_to_idx["<UNK>"]).any()


def test_both_captions_of_a_scene_are_true():
    steps = {"left of": (0, -1), "right of": (0, 1), "above": (1, -1), "below": (1, 1)}
    for scene in make_captioned_shapes(50, seed=4).scenes:
        for version in (scene, scene.turned()):
            axis, sign = steps[version.relation]
            first, second = ((thing.x, thing.y) for thing in (version.first, version.second))
            assert sign * (first[axis] - second[axis]) > 0
            assert {version.first, version.second} == {scene.first, scene.second}
    assert str(scene.turned().turned()) == str(scene)


def test_regions_are_where_the_objects_are():
    drawn = make_captioned_shapes(60, seed=5)
    _, looks = find_regions(drawn.images)
    matches = []
    for look, scene in zip(looks, drawn.scenes, strict=True):
        things = sorted((scene.first, scene.second), key=lambda thing: thing.x)
        places = np.array([[thing.x / 32, thing.y / 32] for thing in things])
        colours = np.array([COLOURS[thing.colour] for thing in things])
        matches.append(np.abs(look[:, 3:5] - places).max() < 0.12 and np.abs(look[:, :3] - colours).max() < 0.25)
    assert np.mean(matches) > 0.85  # two that stand nearly above each other may change places


def test_features_of_the_training_pictures_are_centred_and_looks_count_as_much(data):
    X = data.train.features.astype(float)
    half = X.shape[1] // 2
    np.testing.assert_allclose(X.mean(axis=0), 0, atol=1e-4)
    looks = np.tile(np.arange(half) >= half - 6, 2)
    for part in (looks, ~looks):
        assert np.sum(X[:, part] ** 2) / 300 == pytest.approx(half, rel=1e-3)
    assert X.dtype == float
    assert data.train.features.dtype == np.float32


def test_a_minibatch_has_captions_with_the_features_of_their_images(data):
    X, coded, image_idxs = sample_minibatch(data.train, 7, np.random.default_rng(0))
    np.testing.assert_array_equal(X, data.train.features[image_idxs])
    for sentence, i in zip(decode_captions(coded, data.idx_to_word), image_idxs, strict=True):
        assert sentence in (str(data.train.scenes[i]), str(data.train.scenes[i].turned()))
        assert sentence in references(data.train, data.idx_to_word)[i]


# scores


@pytest.mark.parametrize(
    ("caption", "max_n", "expected"),
    [
        ("a b c d", 4, 1.0),
        ("a b c e", 3, (3 / 4 * 2 / 3 * 1 / 2) ** (1 / 3)),  # runs of 1, 2, 3 words that are right
        ("a b c", 1, np.exp(1 - 4 / 3)),  # too short: the brevity penalty
        ("a a a a", 1, 1 / 4),  # a word counts as often as it is true
        ("a b d e", 4, 0.0),
    ],
)
def test_bleu_by_hand(caption, max_n, expected):
    assert bleu([caption], [["a b c d"]], max_n) == pytest.approx(expected, abs=1e-9)
    assert bleu([caption], [["x y z w", "a b c d"]], max_n) == pytest.approx(expected, abs=1e-9)


def test_sentences_are_judged_by_the_nearer_caption():
    scene = Scene(Thing("small", "red", "circle", 8, 9, 4), "left of", Thing("large", "blue", "bar", 24, 9, 7))
    turned_caption = "a large blue bar right of a red circle"
    assert set(judge_sentences([str(scene), turned_caption], [scene, scene]).values()) == {1.0}
    wrong = judge_sentences(["a large blue star right of a"], [scene])
    assert wrong == {"sentence": 0, "size": 1, "colour": 0.5, "shape": 0, "relation": 1}


def test_without_nltk_the_error_is_one_line(monkeypatch):
    monkeypatch.setitem(sys.modules, "nltk.translate.bleu_score", None)
    with pytest.raises(ChainruleError, match=r"^bleu: expected the package nltk, found none; try pip install nltk$"):
        bleu(["a"], [["a"]])


# COCO


def write_coco(folder, **changes):
    h5py = pytest.importorskip("h5py", reason="COCO's files are HDF5")
    rng, words = np.random.default_rng(0), ["<NULL>", "<START>", "<END>", "<UNK>", "a", "cat", "dog"]
    vocab = {"idx_to_word": words, "word_to_idx": {word: k for k, word in enumerate(words)}}
    (folder / "coco2014_vocab.json").write_text(json.dumps(vocab | changes.get("vocab", {})), encoding="utf-8")
    parts = {}
    for name, num in (("train", 5), ("val", 3)):
        parts[f"{name}_captions"] = np.tile(np.int32([[1, 4, 5, 2, 0], [1, 4, 6, 5, 2]]), (num, 1))
        parts[f"{name}_image_idxs"] = np.arange(2 * num, dtype=np.int32) // 2
        (folder / f"{name}2014_urls.txt").write_text(
            "".join(f"http://example.org/{k}.jpg\n" for k in range(num)), encoding="utf-8"
        )
        for ending, size in (("_pca", 4), ("", 8)):
            with h5py.File(folder / f"{name}2014_vgg16_fc7{ending}.h5", "w") as file:
                file["features"] = rng.normal(size=(num, size)).astype(np.float32)
    with h5py.File(folder / "coco2014_captions.h5", "w") as file:
        for name, array in (parts | changes.get("captions", {})).items():
            if array is not None:
                file[name] = array
    return folder


def test_coco_is_read_by_the_interface_of_the_shapes(tmp_path, monkeypatch):
    data = load_coco_captions(write_coco(tmp_path))
    assert data.held_out is None
    assert data.train.features.shape == (5, 4)
    assert data.val.captions.dtype == np.int64
    assert references(data.val, data.idx_to_word)[2] == ["a cat", "a dog cat"]
    assert data.train.urls[4] == "http://example.org/4.jpg"
    monkeypatch.setenv("CHAINRULE_COCO", str(tmp_path))
    few = load_coco_captions(num_train=3, pca_features=False)
    assert few.train.captions.shape == (3, 5)
    assert few.val.features.shape == (3, 8)
    net = CaptioningRNN(few.word_to_idx, input_dim=8, wordvec_dim=4, hidden_dim=6)
    losses = caption_pictures.train_captioner(net, few.train, adam, num_steps=3, batch_size=2)
    assert len(losses) == 3
    sentences, scores = caption_pictures.caption_all(few.val, few.idx_to_word, lambda X: net.sample(X, 5))
    assert scores.keys() == {"bleu"}
    plt.close(caption_pictures.show_captions(few.val, sentences, few.idx_to_word, [0, 1]))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"vocab": {"word_to_idx": {"a": 0}}}, r"vocab.json: expected idx_to_word and word_to_idx, got KeyError"),
        ({"vocab": {"idx_to_word": ["a"], "word_to_idx": {"a": 0}}}, r"expected the same words .* got others"),
        ({"captions": {"val_captions": None}}, r"captions.h5: expected the data set val_captions, got train_captions"),
        ({"captions": {"train_captions": np.full((10, 5), 7)}}, r"train: expected word numbers that fit .* got 7..7"),
        ({"captions": {"val_image_idxs": np.full(6, 3)}}, r"val: expected image numbers that fit 3 images .* got 3..3"),
        ({"captions": {"val_image_idxs": np.zeros(5)}}, r"val: expected image_idxs that fit .* got \(5,\)"),
    ],
)
def test_a_wrong_coco_file_gets_one_line(tmp_path, changes, message):
    with pytest.raises(DataError) as error:
        load_coco_captions(write_coco(tmp_path, **changes))
    assert re.search(message, str(error.value)), error.value
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("name", ["coco2014_captions.h5", "train2014_urls.txt", "val2014_vgg16_fc7_pca.h5"])
def test_a_missing_or_garbled_coco_file_gets_one_line(tmp_path, name):
    write_coco(tmp_path)
    (tmp_path / name).write_bytes(b"\xff\xfe no")
    with pytest.raises(DataError, match=f"{name}: expected an? (HDF5|text) file, got"):
        load_coco_captions(tmp_path)
    (tmp_path / name).unlink()
    with pytest.raises(DataError, match=f"{name}: expected an? (HDF5|text) file, got FileNotFoundError"):
        load_coco_captions(tmp_path)


def test_without_the_folder_or_h5py_one_line_says_what_to_do(tmp_path, monkeypatch):
    with pytest.raises(DataError, match="nothing there; set CHAINRULE_COCO"):
        load_coco_captions(tmp_path / "nowhere")
    write_coco(tmp_path)
    monkeypatch.setitem(sys.modules, "h5py", None)
    with pytest.raises(ChainruleError, match="expected the package h5py to read it, found none; try pip install h5py"):
        load_coco_captions(tmp_path)


# training and pictures


def test_training_lowers_the_loss_and_is_the_same_each_time(data):
    def train():
        np.random.seed(0)
        net = CaptioningRNN(data.word_to_idx, data.train.features.shape[1], 16, 24, "gru")
        return caption_pictures.train_captioner(net, data.train, adam, learning_rate=0.01, num_steps=40, batch_size=20)

    losses = train()
    assert losses == train()
    assert np.mean(losses[-5:]) < 0.7 * losses[0]


def test_a_loss_that_is_not_finite_stops_the_training(data):
    net = CaptioningRNN(data.word_to_idx, data.train.features.shape[1])
    net.params["b_vocab"][:] = np.nan
    with pytest.raises(ChainruleError, match="step 1: expected a finite loss, got nan; try a smaller learning rate"):
        caption_pictures.train_captioner(net, data.train, adam, num_steps=2)


def test_pictures_are_drawn(data):
    sentences = [str(scene) for scene in data.val.scenes]
    sentences[1] = "a small red circle"
    fig = caption_pictures.show_captions(data.val, sentences, data.idx_to_word, [0, 1, 2], "val")
    texts = [text.get_text() for ax in fig.axes for text in ax.texts]
    assert f"said, right: {sentences[0]}" in texts
    assert any(text.startswith("said, wrong: a") and "*" in text for text in texts)
    caption_pictures.plot_confused_words(sentences, data.val.scenes, list(SHAPES))
    caption_pictures.show_tokens(data.val.captions[0], data.idx_to_word)
    caption_pictures.draw_captioner(["<START>", "a", "<END>"])
    plt.close("all")


@pytest.mark.parametrize("module", [captions, caption_pictures])
def test_every_public_name_exists(module):
    assert all(hasattr(module, name) for name in module.__all__)
