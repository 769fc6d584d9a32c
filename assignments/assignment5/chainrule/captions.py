"""Captions as numbers, and captioned images to learn from.

`load_captioned_shapes` draws pictures of two shapes, each with its two true captions; `load_coco_captions` reads
the files of CS231n's captioning data. Both give a `CaptionData`. `build_vocabulary`, `encode_captions` and
`decode_captions` go from sentences to word numbers and back, `sample_minibatch` draws a batch, `bleu` compares
predicted sentences with true ones, and `judge_sentences` counts what is true in them.
"""

import json
import os
import warnings
from pathlib import Path
from typing import NamedTuple

import numpy as np

from chainrule.errors import ChainruleError, DataError, one_line
from chainrule.shapes import COLOURS, SHAPES, SIZES, Scene, make_captioned_shapes
from chainrule.shapes_net import load_shapes_net

__all__ = [
    "HELD_OUT",
    "SPECIAL",
    "CaptionData",
    "CaptionSet",
    "bleu",
    "build_vocabulary",
    "decode_captions",
    "encode_captions",
    "find_regions",
    "judge_sentences",
    "load_captioned_shapes",
    "load_coco_captions",
    "nearest_caption",
    "references",
    "region_features",
    "sample_minibatch",
]

SPECIAL = ("<NULL>", "<START>", "<END>", "<UNK>")
# Combinations that no training picture holds; each colour stands in one of them, and eight of the ten shapes.
HELD_OUT = frozenset((colour, list(SHAPES)[(3 * k + 1) % len(SHAPES)]) for k, colour in enumerate(COLOURS))
REGION = 24  # pixels; the net halves them three times
LOOK = 6  # numbers that tell the look of an object: colour, centre, radius
DIFFERENT = 0.3  # how far from the background a colour is that belongs to an object
HOW_TO_GET_COCO = "set CHAINRULE_COCO to the folder of CS231n's captioning data (coco_captioning), or give its path"


class CaptionSet(NamedTuple):
    """Images with their captions.

    features (N, D) float32, one row an image; captions (M, T) int64, word numbers: START, the words, END, then NULL;
    image_idxs (M,) int64, the image of each caption. Shapes also have images (N, 3, H, W) and scenes, a list of N
    `Scene`; COCO has urls, a list of N. What a set has not is None.
    """

    features: np.ndarray
    captions: np.ndarray
    image_idxs: np.ndarray
    images: np.ndarray | None = None
    scenes: list[Scene] | None = None
    urls: list[str] | None = None

    def __repr__(self):
        return f"CaptionSet({len(self.features)} images, {len(self.captions)} captions)"


class CaptionData(NamedTuple):
    """Sets to train and to validate on; held_out, where there is one, has pictures of combinations never trained on.

    word_to_idx is the vocabulary, a dict from words to numbers, and idx_to_word the list of words by number.
    """

    train: CaptionSet
    val: CaptionSet
    held_out: CaptionSet | None
    word_to_idx: dict[str, int]
    idx_to_word: list[str]

    def __repr__(self):
        sets = ", ".join(f"{name}={getattr(self, name)}" for name in ("train", "val", "held_out"))
        return f"CaptionData({sets}, {len(self.idx_to_word)} words)"


def build_vocabulary(sentences):
    """The words of the sentences, in the order of the alphabet after the four special ones: (word_to_idx, list)."""
    words = [*SPECIAL, *sorted({word for sentence in sentences for word in sentence.split()})]
    return {word: number for number, word in enumerate(words)}, words


def encode_captions(sentences, word_to_idx):
    """Sentences as word numbers (M, T): START, the words, END, NULL; T fits the longest, unknown words are UNK."""
    null, start, end, unknown = (word_to_idx[word] for word in SPECIAL)
    rows = [[start, *(word_to_idx.get(word, unknown) for word in s.split()), end] for s in sentences]
    captions = np.full((len(rows), max(map(len, rows), default=2)), null, dtype=np.int64)
    for caption, row in zip(captions, rows, strict=True):
        caption[: len(row)] = row
    return captions


def decode_captions(captions, idx_to_word):
    """Word numbers (M, T) as sentences, a list of str: the words up to END, without START and NULL."""
    sentences = []
    for row in captions:
        words = [idx_to_word[number] for number in row]
        words = words[: words.index("<END>")] if "<END>" in words else words
        sentences.append(" ".join(word for word in words if word not in ("<START>", "<NULL>")))
    return sentences


def references(split, idx_to_word):
    """The true captions of every image of a `CaptionSet`: a list of lists of sentences."""
    captions = [[] for _ in split.features]
    for image, sentence in zip(split.image_idxs, decode_captions(split.captions, idx_to_word), strict=True):
        captions[image].append(sentence)
    return captions


def sample_minibatch(split, batch_size, rng):
    """Captions of a `CaptionSet` drawn at random with rng, a np.random.Generator: (features, captions, image_idxs)."""
    picks = rng.integers(len(split.captions), size=batch_size)
    image_idxs = split.image_idxs[picks]
    return split.features[image_idxs], split.captions[picks], image_idxs


def bleu(sentences, references, max_n=4):
    """BLEU (Papineni et al., 2002) of a whole set, 0 to 1, by nltk; max_n: the longest runs of words that count.

    sentences: list of N sentences; references: list of N lists of true ones.
    """
    try:
        from nltk.translate.bleu_score import corpus_bleu  # here, because importing it takes a second
    except ImportError:
        raise ChainruleError("bleu: expected the package nltk, found none; try pip install nltk") from None
    weights = (1 / max_n,) * max_n
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it warns where no run of four words is right; then BLEU is 0
        words = [[s.split() for s in of_image] for of_image in references]
        return round(float(corpus_bleu(words, [s.split() for s in sentences], weights)), 12)


def judge_sentences(sentences, scenes):
    """What is true in sentences about scenes: a dict of shares, 0 to 1, for "sentence", "size", "colour", "shape" and
    "relation".

    sentences: list of N sentences, scenes: list of N `Scene`. Each scene has two true captions; a sentence is judged by
    the one it shares more words with. A word that is missing is wrong.
    """
    correct = {"sentence": [], "size": [], "colour": [], "shape": [], "relation": []}
    for sentence, scene in zip(sentences, scenes, strict=True):
        true = [str(version).split() for version in (scene, scene.turned())]
        expected, predicted = _parts(nearest_caption(sentence.split(), true)), _parts(sentence.split())
        correct["sentence"].append(sentence in (str(scene), str(scene.turned())))
        for part, words in expected.items():
            got = [*predicted[part], None, None]
            correct[part] += [a == b for a, b in zip(words, got, strict=False)]
    return {part: float(np.mean(flags)) for part, flags in correct.items()}


def nearest_caption(words, true):
    """Of several captions, each a list of words, the one that agrees with `words` in the most places."""
    return max(true, key=lambda caption: sum(a == b for a, b in zip(caption, words, strict=False)))


def load_captioned_shapes(num=4000, num_val=300, num_held_out=300, seed=0, net=None):
    """Drawn pictures of two shapes with their two true captions each, as `CaptionData`.

    num: pictures to train on. Those of train and val hold none of the combinations HELD_OUT, all those of held_out hold
    one or two. The features are `region_features` with net, by default the trained net of the course. They have a mean
    of 0 over the training pictures, and are scaled so that the looks count as much as what the net sees.
    """
    net = load_shapes_net() if net is None else net
    (train, val), (held_out,) = _draw_pictures(seed, (num, num_val), (num_held_out,))
    X = [region_features(images, net) for images, _ in (train, val, held_out)]
    mean, scale = np.mean(X[0], axis=0), _scale(X[0])
    word_to_idx, idx_to_word = build_vocabulary(str(scene) for scene in train[1])
    sets = []
    for (images, scenes), features in zip((train, val, held_out), X, strict=True):
        sentences = [str(version) for scene in scenes for version in (scene, scene.turned())]
        captions, image_idxs = encode_captions(sentences, word_to_idx), np.repeat(np.arange(len(scenes)), 2)
        sets.append(CaptionSet(scale * (features - mean), captions, image_idxs, images, scenes))
    return CaptionData(*sets, word_to_idx, idx_to_word)


def load_coco_captions(folder=None, num_train=None, pca_features=True):
    """Microsoft COCO's captions with VGG-16's features, as CS231n gives them out, as `CaptionData` without held_out.

    folder: with coco2014_captions.h5, coco2014_vocab.json, train2014_urls.txt, val2014_urls.txt and
    train2014_vgg16_fc7_pca.h5, val2014_vgg16_fc7_pca.h5 (512 numbers an image; with pca_features=False the files
    without _pca, 4096 numbers); by default the environment variable CHAINRULE_COCO. num_train: only so many training
    captions. Captions that are shorter than the longest are filled with NULL.
    """
    folder = Path(folder or os.environ.get("CHAINRULE_COCO") or "coco_captioning")
    if not folder.is_dir():
        raise DataError(f"COCO: expected a folder at {folder}, got nothing there; {HOW_TO_GET_COCO}")
    words = _read_vocabulary(folder / "coco2014_vocab.json")
    ending = "_pca" if pca_features else ""
    sets = []
    for name in ("train", "val"):
        captions, image_idxs = _read_h5(folder / "coco2014_captions.h5", f"{name}_captions", f"{name}_image_idxs")
        (features,) = _read_h5(folder / f"{name}2014_vgg16_fc7{ending}.h5", "features")
        urls = _read_text(folder / f"{name}2014_urls.txt").split()
        limit = num_train if name == "train" else None
        sets.append(_coco_set(name, captions[:limit], image_idxs[:limit], features, urls, len(words)))
    return CaptionData(*sets, None, {word: number for number, word in enumerate(words)}, words)


def _coco_set(name, captions, image_idxs, features, urls, num_words):
    """One set of COCO, if its parts fit together."""
    num = len(features)
    for what, got, valid in (
        ("captions", captions.shape, captions.ndim == 2),
        ("image_idxs", image_idxs.shape, image_idxs.shape == captions.shape[:1]),
        ("features", features.shape, features.ndim == 2),
        (
            "word numbers",
            f"{np.min(captions)}..{np.max(captions)}",
            0 <= np.min(captions) <= np.max(captions) < num_words,
        ),
        (
            "image numbers",
            f"{np.min(image_idxs)}..{np.max(image_idxs)}",
            0 <= np.min(image_idxs) <= np.max(image_idxs) < num,
        ),
        ("urls", len(urls), len(urls) == num),
    ):
        if not valid:
            sizes = f"{num} images and {num_words} words"
            raise DataError(f"COCO, {name}: expected {what} that fit {sizes}, got {got}; unpack the archive again")
    captions, image_idxs = captions.astype(np.int64), image_idxs.astype(np.int64)
    return CaptionSet(features.astype(np.float32), captions, image_idxs, urls=urls)


def _read_h5(path, *names):
    try:
        import h5py  # here, because only COCO needs it
    except ImportError:
        raise ChainruleError(
            f"{path}: expected the package h5py to read it, found none; try pip install h5py"
        ) from None
    try:
        with h5py.File(path) as file:
            missing = [name for name in names if name not in file]
            if missing:
                raise DataError(f"{path}: expected the data set {missing[0]}, got {', '.join(file)}; {HOW_TO_GET_COCO}")
            return [file[name][()] for name in names]
    except OSError as error:
        raise DataError(f"{path}: expected an HDF5 file, got {one_line(error)[:200]}; {HOW_TO_GET_COCO}") from None


def _read_vocabulary(path):
    """The words of coco2014_vocab.json by number."""
    try:
        read = json.loads(_read_text(path))
        words, numbers = read["idx_to_word"], read["word_to_idx"]
        fits = all(numbers[word] == number for number, word in enumerate(words)) and set(SPECIAL) <= set(words)
    except (ValueError, KeyError, TypeError) as error:
        raise DataError(f"{path}: expected idx_to_word and word_to_idx, got {one_line(error)[:200]}") from None
    if not fits or len(numbers) != len(words):
        raise DataError(f"{path}: expected the same words in both directions, with {', '.join(SPECIAL)}, got others")
    return words


def _read_text(path):
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"{path}: expected a text file, got {one_line(error)[:200]}; {HOW_TO_GET_COCO}") from None


def region_features(images, net):
    """What net sees in the regions of `find_regions`, and their looks: (N, 2 * (C + LOOK)) float32.

    Each object, from left to right, gives the means of the C maps of the net's last layer, then its look.
    """
    regions, looks = find_regions(images)
    flat, means = regions.reshape(-1, 3, REGION, REGION), []
    for start in range(0, len(flat), 200):
        (maps,), _ = net.features(flat[start : start + 200], net.layers[-1:])
        means.append(maps.mean(axis=(2, 3)))
    means = np.concatenate(means).reshape(len(images), 2, -1)
    return np.concatenate([means, looks], axis=2).reshape(len(images), -1)


def find_regions(images):
    """The two objects of each picture (N, 3, H, W), from left to right: (regions, looks), both float32.

    An object is a patch of connected pixels that differ from the background. regions (N, 2, 3, REGION, REGION): the
    objects, each enlarged or reduced to one size. looks (N, 2, LOOK): mean colour (3), centre x and y, and radius, as
    parts of the picture. An object that is not found is all zeros.
    """
    regions = np.zeros((len(images), 2, 3, REGION, REGION), dtype=np.float32)
    looks = np.zeros((len(images), 2, LOOK), dtype=np.float32)
    for image, region, look in zip(images, regions, looks, strict=True):
        for k, (mask, box) in enumerate(_objects(image)):
            region[k], look[k] = _cut_out(image, mask, box)
    return regions, looks


def _draw_pictures(seed, num_known, num_held_out):
    """Sets of (images, scenes) of these sizes, without and with combinations that are held out."""
    sets = [[], []]
    for part in range(1000):
        drawn = make_captioned_shapes(500, (seed, part))
        for image, scene in zip(drawn.images.astype(np.float32), drawn.scenes, strict=True):
            things = {(thing.colour, thing.shape) for thing in (scene.first, scene.second)}
            sets[bool(things & HELD_OUT)].append((image, scene))
        if len(sets[0]) >= sum(num_known) and len(sets[1]) >= sum(num_held_out):
            break
    return [_cut(pictures, sizes) for pictures, sizes in zip(sets, (num_known, num_held_out), strict=True)]


def _scale(X):
    """The factors (D,) that give what the net sees and the looks equal sums of squares, D / 2 each a picture."""
    of_look = np.tile(np.arange(X.shape[1] // 2) >= X.shape[1] // 2 - LOOK, 2)
    variance = np.var(X, axis=0)
    total = np.where(of_look, np.sum(variance[of_look]), np.sum(variance[~of_look]))
    return np.sqrt(X.shape[1] / (2 * total)).astype(np.float32)


def _cut(pictures, sizes):
    """Consecutive pieces of a list of (image, scene), each as (array of images, list of scenes)."""
    ends = np.cumsum(sizes)
    pieces = [pictures[end - size : end] for size, end in zip(sizes, ends, strict=True)]
    return [(np.stack([image for image, _ in piece]), [scene for _, scene in piece]) for piece in pieces]


def _objects(image):
    """The pixels (mask) and the box (two slices) of the two largest objects of an image, from left to right."""
    from scipy import ndimage

    away = np.linalg.norm(image - np.median(image, axis=(1, 2))[:, None, None], axis=0) > DIFFERENT
    labels, _ = ndimage.label(away, structure=np.ones((3, 3)))
    objects = [(labels == k, box) for k, box in enumerate(ndimage.find_objects(labels), 1)]
    largest = sorted(objects, key=lambda item: -np.sum(item[0]))[:2]
    return sorted(largest, key=lambda item: item[1][1].start + item[1][1].stop)


def _cut_out(image, mask, box):
    """The enlarged region around an object, and its look: mean colour, centre and radius."""
    size = image.shape[1]
    centre = [(part.start + part.stop - 1) / 2 for part in box]
    radius = max(part.stop - part.start for part in box) / 2
    steps = np.linspace(-1.4, 1.4, REGION) * radius
    rows, columns = (np.clip(np.round(middle + steps), 0, size - 1).astype(int) for middle in centre)
    look = [*image[:, mask].mean(axis=1), *(np.array(centre[::-1]) / size), radius / size]
    return image[:, rows[:, None], columns], look


def _parts(words):
    """The words of a sentence by kind: {"size": [...], "colour": [...], ...}."""
    kinds = {"size": SIZES, "colour": COLOURS, "shape": SHAPES, "relation": ("left", "right", "above", "below")}
    return {kind: [word for word in words if word in members] for kind, members in kinds.items()}
