"""Tasks of captioning.ipynb: the loss of true captions, and one step of a sentence."""

import numpy as np

from autograder.tasks.assignment4.caption_draws import NAMES, NET, draw_captions, draw_weights, task
from autograder.tasks.layer_checks import FIRST_ENTRIES
from autograder.tasks.spec import NUMERIC_RTOL, CheckSpec, mistake, untouched, values

__all__ = ["TASKS"]

LOSS = NET + "loss, grads = net.loss(features, captions)\n"
READ = "".join(f'd{name} = grads.get("{name}", 0)\n' for name in NAMES)  # 0 where one is missing
SINGLE = f"""
loss, grads = net.loss(features.astype(np.float32), captions)
entries = {FIRST_ENTRIES.format("grads")}
float32_kept = entries.dtype == np.float32
dW_proj, dWh = grads["W_proj"], grads["Wh"]
"""


def draw_loss(cell, num=2, length=5, dtype=float, lengths=None):
    def draw(rng):
        inputs = draw_weights(rng, cell, D=4, W=3, H=2, V=7)
        special = {name: inputs[name] for name in ("null", "start", "end")}
        captions = draw_captions(rng, num, length, 7, special, lengths)
        inputs |= {"features": rng.normal(size=(num, 4)), "captions": captions}
        return {n: v.astype(dtype) if n in NAMES else v for n, v in inputs.items()}

    return draw


GRADIENTS = tuple(f"d{name}" for name in NAMES)
NUMERIC = {"gradients": tuple((f"d{n}", "loss", n) for n in NAMES), "rtol": NUMERIC_RTOL}


SPLIT_LINE = "captions_in, captions_out, mask = split_captions(captions, self._null)"
LOSS_LINE = "loss, dscores = temporal_softmax_loss(scores, captions_out, mask)"
PROJ_LINE = '_, grads["W_proj"], grads["b_proj"] = affine_backward(dh0, proj_cache)'
EMBED_LINE = 'grads["W_embed"] = word_embedding_backward(dx, embed_cache)'


def split_mistake(*parts, mask="captions_out != self._null"):
    return (SPLIT_LINE, "captions_in, captions_out = {}, {}\n    mask = {}".format(*parts, mask))


loss = task(
    "CaptioningRNN.loss",
    LOSS + READ,
    draw_loss("rnn"),
    (
        CheckSpec("rnn: loss, and gradients against numeric ones", 2, ("loss", *GRADIENTS), cases=2, **NUMERIC),
        values("lstm: loss and gradients", 1.5, "loss", *GRADIENTS, draw=draw_loss("lstm")),
        values("gru: loss and gradients", 1.5, "loss", *GRADIENTS, draw=draw_loss("gru")),
        values(
            "short captions, most of them NULL",
            *(1, "loss", "dW_embed", "dW_vocab", "db_vocab"),
            draw=draw_loss("rnn", num=3, length=9, lengths=(1, 3, 2)),
            cases=2,
        ),
        values(
            "one image; a caption of one word; a second call",
            *(1, "loss", "dW_proj", "dWh"),
            call=LOSS.replace("features, captions", "features.copy(), captions.copy()") + LOSS.removeprefix(NET) + READ,
            draw=draw_loss("lstm", num=1, length=3),
            cases=2,
        ),
        values(
            "float32 kept",
            *(0.5, "float32_kept", "loss", "dW_proj", "dWh"),
            call=NET + SINGLE,
            draw=draw_loss("gru", dtype=np.float32),
            cases=1,
            rtol=1e-4,  # float32 keeps seven digits, and loses some in the sums
        ),
        untouched(0.5, "features", "captions", *NAMES),
    ),
    (
        mistake("same", "what is read and what is to be said are the same words: the next word is due")(
            split_mistake("captions[:, :-1]", "captions[:, :-1]")
        ),
        mistake(
            "backwards", "the words are shifted the wrong way: each word is to be read, and the NEXT one to be said"
        )(split_mistake("captions[:, 1:]", "captions[:, :-1]")),
        mistake("start_not_read", "START is never read: leave out the last column of what is read, not the first")(
            split_mistake("captions[:, 1:-1]", "captions[:, 2:]")
        ),
        mistake("null_counts", "NULL counts like a word: mask out the steps where NULL is to be said")(
            split_mistake("captions[:, :-1]", "captions[:, 1:]", mask="np.ones(captions_out.shape, dtype=bool)")
        ),
        mistake(
            "mask_of_in", "the mask is made from captions_in, expected captions_out: then the NULL after END counts"
        )(split_mistake("captions[:, :-1]", "captions[:, 1:]", mask="captions_in != self._null")),
        mistake("null_is_0", "the mask hides the word with the number 0, expected the one of NULL, self._null")(
            split_mistake("captions[:, :-1]", "captions[:, 1:]", mask="captions_out != 0")
        ),
        mistake("end_masked", "END is masked out: the network must learn where to stop")(
            (SPLIT_LINE, f"{SPLIT_LINE}\n    mask = mask & (captions_out != self._end)")
        ),
        mistake(
            "mean_over_words",
            "the loss is averaged over the words that count; this course takes their sum, averaged over the captions",
        )(
            (
                LOSS_LINE,
                f"{LOSS_LINE}\n    loss, dscores = loss * len(mask) / np.sum(mask), dscores * len(mask) / np.sum(mask)",
            )
        ),
        mistake("summed", "the loss is summed over the captions, expected their mean")(
            (LOSS_LINE, f"{LOSS_LINE}\n    loss, dscores = loss * len(mask), dscores * len(mask)")
        ),
        mistake("unmasked_gradient", "the loss is masked, but its gradient is not")(
            (
                LOSS_LINE,
                f"{LOSS_LINE}\n    _, dscores = temporal_softmax_loss(scores, captions_out, np.ones(mask.shape, bool))",
            )
        ),
        mistake(
            "h0_zero", "the images are not looked at: the first hidden state is zeros, expected the projected features"
        )(("forward(x, h0, ", "forward(x, np.zeros_like(h0), ")),
        mistake(
            "h0_tanh", "a tanh stands between the projection and the first hidden state: the projection is affine alone"
        )(("forward(x, h0, ", "forward(x, np.tanh(h0), ")),
        mistake("no_b_proj", "the bias b_proj is not added in the projection")(
            ('affine_forward(features, p["W_proj"], p["b_proj"])', 'affine_forward(features, p["W_proj"], 0)')
        ),
        mistake("no_b_vocab", "the bias b_vocab is not added to the scores")(
            ('p["W_vocab"], p["b_vocab"])', 'p["W_vocab"], 0)')
        ),
        mistake(
            "no_projection_gradient",
            "the gradient of the projection, W_proj and b_proj, is missing: go back through h0, too",
        )((PROJ_LINE, "pass")),
        mistake(
            "first_state",
            "the projection gets the gradient of h_1, expected that of h_0: dh0, which the cell's backward returns",
        )(("affine_backward(dh0, proj_cache)", "affine_backward(dh[:, 0], proj_cache)")),
        mistake("zero_dh0", "the projection gets the gradient 0: dh0 is forgotten")(
            ("affine_backward(dh0, proj_cache)", "affine_backward(0 * dh0, proj_cache)")
        ),
        mistake("no_embedding_gradient", "the gradient of the word vectors, W_embed, is missing")((EMBED_LINE, "pass")),
        mistake(
            "embedding_overwritten",
            "of a word that is read more than once only the last gradient is kept: in W_embed they add up",
        )((EMBED_LINE, 'grads["W_embed"] = np.zeros_like(p["W_embed"])\n    grads["W_embed"][captions_in] = dx')),
        mistake(
            "embedding_of_out", "the gradient of W_embed goes to the words to be said, expected those that were read"
        )(
            (
                EMBED_LINE,
                'grads["W_embed"] = np.zeros_like(p["W_embed"])\n    np.add.at(grads["W_embed"], captions_out, dx)',
            )
        ),
        mistake(
            "last_step_alone",
            "the gradients of the last step alone are sent back, expected those of all steps: dh as it is",
        )(
            (
                "backward(dh, cell_cache)",
                "backward(dh * (np.arange(dh.shape[1]) == dh.shape[1] - 1)[:, None], cell_cache)",
            )
        ),
        mistake("wx_wh_swapped", "the gradients of Wx and Wh are exchanged")(
            ('grads["Wx"], grads["Wh"], grads["b"] = ', 'grads["Wh"], grads["Wx"], grads["b"] = ')
        ),
    ),
)

# step

STEP = NET + "log_probs, (next_h, next_c) = net.step(words, (h, c))\n"


def draw_step(cell, num=3, large=1.0):
    def draw(rng):
        weights = draw_weights(rng, cell, D=4, W=5, H=3, V=7, large=large)
        state = {"h": rng.normal(size=(num, 3)), "c": rng.normal(size=(num, 3)), "words": rng.integers(0, 7, num)}
        return weights | state

    return draw


LOG_LINE = "return shifted - np.log(np.sum(np.exp(shifted), axis=1, keepdims=True)), (h, c)"
LSTM_LINE = 'h, c, _ = lstm_step_forward(x, h, c, p["Wx"], p["Wh"], p["b"])'

step = task(
    "CaptioningRNN.step",
    STEP,
    draw_step("rnn"),
    (
        values("rnn", 1, "log_probs", "next_h"),
        values("lstm: hidden state and cell", 1, "log_probs", "next_h", "next_c", draw=draw_step("lstm")),
        values("gru", 0.5, "log_probs", "next_h", draw=draw_step("gru")),
        values("one sentence", 0.5, "log_probs", "next_h", "next_c", draw=draw_step("lstm", num=1), cases=2),
        values(
            "finite at scores of 1e4", 0.5, "log_probs", draw=draw_step("rnn", large=1e4), cases=2, strict="extremes"
        ),
        untouched(0.5, "h", "c", "words", *NAMES, draw=draw_step("lstm")),
    ),
    (
        mistake("scores", "these are the scores, expected the logarithms of their softmax")(
            (LOG_LINE, "return scores, (h, c)")
        ),
        mistake("probabilities", "these are probabilities, expected their logarithms")(
            (LOG_LINE, "e = np.exp(shifted)\n    return e / np.sum(e, axis=1, keepdims=True), (h, c)")
        ),
        mistake("minus", "these are minus the logarithms, expected the logarithms: numbers below 0")(
            (LOG_LINE, "return np.log(np.sum(np.exp(shifted), axis=1, keepdims=True)) - shifted, (h, c)")
        ),
        mistake("wrong_axis", "the softmax runs over the sentences, expected over the words of the vocabulary")(
            (LOG_LINE, "s = scores - np.max(scores, axis=0)\n    return s - np.log(np.sum(np.exp(s), axis=0)), (h, c)")
        ),
        mistake("no_shift", "large scores overflow: subtract the largest score of each row before exp")(
            (LOG_LINE, "e = np.exp(scores)\n    return np.log(e / np.sum(e, axis=1, keepdims=True)), (h, c)")
        ),
        mistake(
            "log_of_softmax",
            "the logarithm is taken of probabilities that have become 0: write it as score minus log of the sum",
        )((LOG_LINE, "e = np.exp(shifted)\n    return np.log(e / np.sum(e, axis=1, keepdims=True)), (h, c)")),
        mistake("no_b_vocab", "the bias b_vocab is not added to the scores")((' + p["b_vocab"]', "")),
        mistake("old_h", "the hidden state is returned as it came: return the new one")(
            (LOG_LINE, LOG_LINE.replace("(h, c)", "state"))
        ),
        mistake("cell_not_carried", "the lstm starts each step from a cell of zeros: use the one that was passed in")(
            (LSTM_LINE, LSTM_LINE.replace("h, c, p", "h, np.zeros_like(c), p"))
        ),
        mistake("old_c", "the cell of the lstm is returned as it came: return the new one")(
            (LSTM_LINE, LSTM_LINE.replace("h, c, _", "h, _, _"))
        ),
        mistake("cell_for_h", "the scores of the lstm are made from its cell, expected from its hidden state")(
            ("scores = h @", 'scores = (c if self.cell_type == "lstm" else h) @')
        ),
        mistake("swapped", "hidden state and cell are returned in the wrong order, expected (h, c)")(
            (LOG_LINE, LOG_LINE.replace("(h, c)", "(c, h)"))
        ),
        mistake(
            "scores_of_old_h",
            "the scores are made from the hidden state before this step, expected from the one after it",
        )(("scores = h @", "scores = state[0] @")),
    ),
)

TASKS = (loss, step)
