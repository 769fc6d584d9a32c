"""Train captioning networks, and show their captions beside the true ones.

`train_captioner` runs the training loop, `race` trains several networks alike; `caption_all` captions a set and scores
it. `show_captions` puts pictures beside their captions, `draw_captioner` draws the network, `show_tokens` a caption
as numbers, and `plot_confused_words` shows which words are taken for which.
"""

import sys

import matplotlib.pyplot as plt
import numpy as np
from tqdm.auto import tqdm

from chainrule.captions import bleu, decode_captions, judge_sentences, nearest_caption, references, sample_minibatch
from chainrule.errors import ChainruleError
from chainrule.plotting import COLOURS, INK, show_confusion

__all__ = [
    "caption_all",
    "draw_captioner",
    "plot_confused_words",
    "race",
    "show_captions",
    "show_tokens",
    "train_captioner",
]


def train_captioner(net, split, update_rule, learning_rate=4e-3, num_steps=600, batch_size=100, seed=0, verbose=False):
    """Train net on minibatches of a `CaptionSet`; the loss of every step, a list.

    The learning rate falls to 0 along half a cosine. update_rule: (w, dw, config) -> (next_w, config), such as adam.
    """
    rng, losses = np.random.default_rng(seed), []
    configs = {name: {"learning_rate": learning_rate} for name in net.params}
    for step in tqdm(range(num_steps), disable=not verbose, file=sys.stderr, unit="step"):
        features, captions, _ = sample_minibatch(split, batch_size, rng)
        loss, grads = net.loss(features, captions)
        if not np.isfinite(loss):
            raise ChainruleError(f"step {step + 1}: expected a finite loss, got {loss}; try a smaller learning rate")
        for name, w in net.params.items():
            configs[name]["learning_rate"] = float(learning_rate * (1 + np.cos(np.pi * step / num_steps)) / 2)
            net.params[name], configs[name] = update_rule(w, grads[name], configs[name])
        losses.append(float(loss))
    return losses


def race(nets, split, update_rule, **options):
    """Train each of nets, a dict by name, on the same batches; {name: losses}."""
    return {name: train_captioner(net, split, update_rule, **options) for name, net in nets.items()}


def caption_all(split, idx_to_word, say):
    """Caption every image of a `CaptionSet` by say(features) -> captions (N, T): (sentences, scores).

    scores: BLEU-4 under "bleu" and, where scenes are known, the shares of `judge_sentences`.
    """
    sentences = decode_captions(np.asarray(say(split.features)), idx_to_word)
    scores = {"bleu": bleu(sentences, references(split, idx_to_word))}
    return sentences, scores | (judge_sentences(sentences, split.scenes) if split.scenes else {})


def show_captions(split, sentences, idx_to_word, picks, title=None):
    """The images of a `CaptionSet` with these numbers, each beside a true caption and the one that was said; a figure.

    The true one is the one that is nearer. A word that was said wrongly is marked with asterisks, so the picture can
    be read without colours, too. COCO's images are not on this machine: their addresses are shown instead.
    """
    true = references(split, idx_to_word)
    rows = (len(picks) + 1) // 2
    fig, axes = plt.subplots(rows, 2, figsize=(11, 1.25 * rows + 0.2), squeeze=False, layout="constrained")
    fig.suptitle(title or "", color=INK)
    for ax in axes.flat:
        ax.axis("off")
    for ax, i in zip(axes.flat, picks, strict=False):
        words = sentences[i].split()
        expected = nearest_caption(words, [sentence.split() for sentence in true[i]])
        marked = [w if k < len(expected) and w == expected[k] else f"*{w}*" for k, w in enumerate(words)]
        right = sentences[i] in true[i]
        _show_image(ax, split, i)
        ax.text(1.15, 0.75, f"true: {' '.join(expected)}", transform=ax.transAxes, color=INK, va="center", fontsize=9)
        verdict = "said, right" if right else "said, wrong"
        colour = COLOURS[2] if right else COLOURS[1]
        ax.text(
            1.15, 0.3, f"{verdict}: {' '.join(marked)}", transform=ax.transAxes, color=colour, va="center", fontsize=9
        )
        ax.set_anchor("W")
    return fig


def _show_image(ax, split, i):
    if split.images is None:
        ax.text(0, 0.5, split.urls[i] if split.urls else f"image {i}", fontsize=6)
        return
    ax.imshow(np.moveaxis(split.images[i], 0, -1), interpolation="nearest")


def show_tokens(caption, idx_to_word):
    """A caption (T,) as a row of boxes: the words above, their numbers in the boxes; the axes."""
    _, ax = plt.subplots(figsize=(11, 1.3), layout="constrained")
    for k, number in enumerate(caption):
        special = idx_to_word[number].startswith("<")
        ax.add_patch(plt.Rectangle((k, 0), 0.92, 1, facecolor=COLOURS[0], alpha=0.15 if special else 0.4))
        ax.text(k + 0.46, 0.5, str(number), ha="center", va="center", color=INK)
        ax.text(k + 0.46, 1.35, idx_to_word[number], ha="center", va="center", color=INK, fontsize=9)
    ax.set(xlim=(0, len(caption)), ylim=(0, 1.7))
    ax.axis("off")
    return ax


def draw_captioner(words, ax=None):
    """The network unrolled over a caption, a list of words with START and END; the axes."""
    if ax is None:
        _, ax = plt.subplots(figsize=(11, 3.6), layout="constrained")
    inputs, outputs = words[:-1], words[1:]
    box = {"boxstyle": "round,pad=0.35", "facecolor": "white", "edgecolor": INK}
    arrow = {"arrowstyle": "->", "color": INK, "shrinkA": 12, "shrinkB": 12}
    ax.text(-0.2, 1, "features\nW_proj, b_proj", ha="center", va="center", bbox=box, fontsize=9, color=INK)
    ax.annotate("", (1, 1), (0.05, 1), arrowprops=arrow | {"shrinkA": 26})
    ax.text(0.62, 1.14, "h0", ha="center", color=INK, fontsize=9)
    for k, (word, next_word) in enumerate(zip(inputs, outputs, strict=True), 1):
        ax.text(k, 0, word, ha="center", va="center", bbox=box, fontsize=9, color=INK)
        ax.text(k, 1, f"h{k}", ha="center", va="center", bbox=box | {"facecolor": "#dce9f5"}, fontsize=9, color=INK)
        ax.text(k, 2, next_word, ha="center", va="center", bbox=box, fontsize=9, color=INK)
        ax.annotate("", (k, 1), (k, 0), arrowprops=arrow)
        ax.annotate("", (k, 2), (k, 1), arrowprops=arrow)
        if k < len(inputs):
            ax.annotate("", (k + 1, 1), (k, 1), arrowprops=arrow)
    for height, name in enumerate(("read, W_embed", "cell: Wx, Wh, b", "to be said: W_vocab, b_vocab")):
        ax.text(len(inputs) + 0.5, height, name, va="center", fontsize=9, color=INK)
    ax.set(xlim=(-0.9, len(inputs) + 2.4), ylim=(-0.4, 2.4))
    ax.axis("off")
    return ax


def plot_confused_words(sentences, scenes, words, title=None, ax=None):
    """How often each of some words, such as the names of the shapes, was said where each is true; the axes.

    Of the two captions of a scene, the one that is nearer to the sentence counts.
    """
    pairs = []
    for sentence, scene in zip(sentences, scenes, strict=True):
        predicted = sentence.split()
        expected = nearest_caption(predicted, [str(version).split() for version in (scene, scene.turned())])
        indices = [[words.index(word) for word in text if word in words] for text in (expected, predicted)]
        pairs += zip(*indices, strict=False)
    return show_confusion(*np.array(pairs).T, words, title, ax)
