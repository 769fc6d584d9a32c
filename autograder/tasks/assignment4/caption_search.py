"""Tasks of captioning.ipynb: captions by greedy and by beam search."""

import numpy as np

from autograder.tasks.assignment4.caption_draws import NAMES, NET, draw_weights, task
from autograder.tasks.spec import mistake, untouched, values

__all__ = ["TASKS"]

# sample and beam_search: long enough to go through every word, and wide enough that END comes at different steps.

SAMPLE = NET + "captions = until_end(net.sample(features, max_length), end, null)\n"


def draw_images(cell, num=6, max_length=10, V=9, large=1.0, rarer=0.5, **extra_inputs):
    """Features and weights; small biases, so that the captions of the images differ, and END comes sooner or later."""

    def draw(rng):
        inputs = draw_weights(rng, cell, D=4, W=6, H=5, V=V, large=large)
        inputs = {name: value / 2 if name.startswith("b") else value for name, value in inputs.items()}
        inputs["b_vocab"][inputs["end"]] -= rarer
        return inputs | {"features": 2 * rng.normal(size=(num, 4)), "max_length": max_length} | extra_inputs

    return draw


PROJECT_LINE = 'affine_forward(features, self.params["W_proj"], self.params["b_proj"])'
STEP_LINE = "log_probs, state = self.step(words, state)"
CAPTION_LINE = "captions[~ended, t] = words[~ended]"
ENDED_LINE = "ended = ended | (words == self._end)"
DEFAULT = """
captions = until_end(net.sample(features), end, null)
width = captions.shape[1]
whole = captions.dtype.kind == "i"
"""

sample = task(
    "CaptioningRNN.sample",
    SAMPLE,
    draw_images("rnn"),
    (
        values("rnn", 1, "captions"),
        values("lstm", 1, "captions", draw=draw_images("lstm")),
        values("gru", 0.5, "captions", draw=draw_images("gru")),
        values("one image", 0.5, "captions", draw=draw_images("lstm", num=1), cases=3),
        values(
            "30 words by default, whole numbers",
            *(0.5, "captions", "width", "whole"),
            call=NET + DEFAULT,
            draw=draw_images("lstm"),
            cases=1,
        ),
        untouched(0.5, "features", *NAMES),
    ),
    (
        mistake("from_null", "the first word that is read is NULL, expected START")(
            ("len(features), self._start", "len(features), self._null")
        ),
        mistake("from_end", "the first word that is read is END, expected START")(
            ("len(features), self._start", "len(features), self._end")
        ),
        mistake("start_again", "START is read at every step, expected the word that was said before")(
            (STEP_LINE, STEP_LINE.replace("words", "np.full(len(features), self._start)"))
        ),
        mistake(
            "state_not_carried", "every step begins from the first hidden state: carry the state from step to step"
        )((STEP_LINE, "log_probs, _ = self.step(words, state)")),
        mistake(
            "cell_not_carried", "the cell of the lstm is set to zeros at every step: carry it on like the hidden state"
        )((STEP_LINE, f"{STEP_LINE}\n        state = state[0], 0 * state[1]")),
        mistake(
            "cell_from_features",
            "the cell starts as the projected features, expected zeros: it is h that starts from them",
        )(("h, np.zeros_like(h)", "h, h")),
        mistake(
            "h0_zero", "the images are not looked at: the first hidden state is zeros, expected the projected features"
        )(("state = h, np.zeros_like(h)", "state = np.zeros_like(h), np.zeros_like(h)")),
        mistake("no_b_proj", "the bias b_proj is not added in the projection")(
            (PROJECT_LINE, PROJECT_LINE.replace('self.params["b_proj"]', "0"))
        ),
        mistake(
            "h0_tanh", "a tanh stands between the projection and the first hidden state: the projection is affine alone"
        )(("state = h, ", "state = np.tanh(h), ")),
        mistake("least_likely", "the least likely word is said: expected the most likely one")(
            ("np.argmax", "np.argmin")
        ),
        mistake("start_said", "START stands first in the captions, expected the first word that is said")(
            ("return captions", "return np.column_stack([np.full(len(features), self._start), captions[:, :-1]])")
        ),
        mistake("first_lost", "the first word is lost: the captions begin with the second")(
            ("return captions", "return np.column_stack([captions[:, 1:], np.full(len(features), self._null)])")
        ),
        mistake("end_not_said", "END is missing from the captions: write it down, then stop")(
            (f"{CAPTION_LINE}\n        {ENDED_LINE}", f"{ENDED_LINE}\n        {CAPTION_LINE}")
        ),
        mistake("all_stop", "all captions stop as soon as one of them has its END: the others must go on")(
            (ENDED_LINE, "ended = ended | np.any(words == self._end)")
        ),
        mistake("one_short", "the last of max_length words is missing")(("range(max_length)", "range(max_length - 1)")),
        mistake("first_image", "every caption is about the first image: each row has features of its own")(
            ("state = h, ", "state = np.repeat(h[:1], len(h), axis=0), ")
        ),
    ),
)

BEAM = NET + "captions = until_end(net.beam_search(features, beam_width, max_length), end, null)\n"
GREEDY = """
captions = until_end(net.beam_search(features.copy(), 1, max_length), end, null)
default = until_end(net.beam_search(features), end, null)
"""


def draw_beam(cell, **settings):
    sizes = {"num": 10, "max_length": 7, "V": 7, "large": 0.7, "rarer": 0, "beam_width": 3}
    return draw_images(cell, **sizes | settings)


def draw_ranked(rng):
    """A network whose caption with n beams is the n-th likeliest first word, then END. Scores depend on the last word only.

    The likelier a first word is, the less likely END is after it.
    """
    V, null, start, end, *words = 9, *rng.permutation(9)
    scores = rng.uniform(-0.1, 0.1, (V, V))
    scores[:, [null, start]] = scores[words, words] = scores[start] = -9
    scores[start, words] = -0.1 * np.arange(6)
    ends = np.array([0.05, 0.3, 0.5, 0.7, 0.85, 0.97])
    scores[words, end] = np.log(5 * ends / (1 - ends))
    H, identity = np.zeros(V), np.eye(V)
    weights = {
        "W_proj": rng.normal(size=(4, V)),
        "b_proj": H,
        "W_embed": identity,
        "Wx": 9 * identity,
        "Wh": 0 * identity,
        "b": H,
    }
    special = {"null": int(null), "start": int(start), "end": int(end)}
    inputs = {"cell_type": "rnn", "features": rng.normal(size=(1, 4)), "max_length": 7}
    return weights | {"W_vocab": scores, "b_vocab": H} | special | inputs


FREE_LINE = "log_probs[ended, self._null] = 0"
TOTAL_LINE = "total = worth[:, None] + log_probs"
BEAM_PROJECT_LINE = 'affine_forward(features[n : n + 1], self.params["W_proj"], self.params["b_proj"])'

beam = task(
    "CaptioningRNN.beam_search",
    BEAM,
    draw_beam("rnn"),
    (
        values("rnn, three beams", 1.5, "captions", cases=4),
        values("lstm, three beams", 1, "captions", draw=draw_beam("lstm")),
        values("gru, two beams", 0.5, "captions", draw=draw_beam("gru", beam_width=2)),
        values("more beams than words", 0.5, "captions", draw=draw_beam("rnn", num=4, beam_width=12), cases=2),
        values(
            "one beam; 30 words by default",
            1,
            *("captions", "default"),
            call=NET + GREEDY,
            draw=(draw_beam("lstm", num=1), draw_ranked),
            cases=2,
        ),
        untouched(0.5, "features", *NAMES),
    ),
    (
        mistake(
            "last_step_alone", "the beams are ranked by the last step alone, expected by the sum over all their words"
        )((TOTAL_LINE, "total = 0 * worth[:, None] + log_probs")),
        mistake(
            "scores_added",
            "the scores are added up, expected log-probabilities: scores of different steps cannot be compared",
        )(
            (
                TOTAL_LINE,
                'log_probs = np.where(ended[:, None], log_probs, state[0] @ self.params["W_vocab"] + self.params["b_vocab"])\n'
                f"            {TOTAL_LINE}",
            )
        ),
        mistake(
            "probabilities_added",
            "probabilities are added up, expected their logarithms: a product of probabilities is due",
        )((TOTAL_LINE, "total = worth[:, None] + np.exp(log_probs)")),
        mistake("dropped", "a beam that is finished is dropped: it must stay in the race as it is")(
            (FREE_LINE, "pass"), ("log_probs[ended] = -np.inf", "log_probs[ended] = -1e9")
        ),
        mistake("goes_on", "a beam that is finished goes on paying for words after its END: its worth stays as it is")(
            ("log_probs[ended] = -np.inf", "pass"), (FREE_LINE, "pass")
        ),
        mistake(
            "first_end_wins",
            "the search ends with the first beam that is finished: one that is longer may be more likely",
        )(
            (
                "state = tuple(",
                "if np.any(words == self._end):\n"
                "                captions[n, : beams.shape[1] - 1] = beams[np.argmax(words == self._end), 1:]\n"
                "                break\n"
                "            state = tuple(",
            ),
            ("captions[n] = beams[0, 1:]", "else:\n            captions[n] = beams[0, 1:]"),
        ),
        mistake("by_length", "the sums are divided by the length of the sentence, expected the plain sums")(
            (
                "captions[n] = beams[0, 1:]",
                "lengths = 1 + np.sum(np.cumsum(beams == self._end, axis=1) == 0, axis=1)\n"
                "        captions[n] = beams[np.argmax(worth / lengths), 1:]",
            )
        ),
        mistake(
            "state_not_moved",
            "the hidden states stay where they were: each new beam takes over the state of the beam it continues",
        )(("part[rows] for part in state", "part[np.arange(len(rows)) % len(part)] for part in state")),
        mistake(
            "words_not_moved",
            "the words said so far stay where they were: each new beam takes over those of the beam it continues",
        )(("[beams[rows], words]", "[beams[np.arange(len(rows)) % len(beams)], words]")),
        mistake("one_child", "each beam is continued by its best word alone, expected by every word of the vocabulary")(
            (
                TOTAL_LINE,
                f"{TOTAL_LINE}\n            if len(beams) == beam_width:\n"
                "                total[total < np.max(total, axis=1, keepdims=True)] = -np.inf",
            )
        ),
        mistake("greedy", "there is only one beam at each step: this is the greedy search, keep beam_width of them")(
            ("[:beam_width]", "[:1]")
        ),
        mistake("worst_beam", "the last of the beams is the answer, expected the one with the largest sum")(
            ("captions[n] = beams[0, 1:]", "captions[n] = beams[-1, 1:]")
        ),
        mistake("least_likely", "the least likely beginnings are kept, expected the most likely ones")(
            ("np.argsort(-total, axis=None)", "np.argsort(np.where(np.isinf(total), np.inf, total), axis=None)")
        ),
        mistake("first_image", "every caption is about the first image: each row has features of its own")(
            ("features[n : n + 1]", "features[:1]")
        ),
        mistake(
            "h0_zero", "the images are not looked at: the first hidden state is zeros, expected the projected features"
        )(("state = h, ", "state = np.zeros_like(h), ")),
        mistake("no_b_proj", "the bias b_proj is not added in the projection")(
            (BEAM_PROJECT_LINE, BEAM_PROJECT_LINE.replace('self.params["b_proj"]', "0"))
        ),
        mistake("from_null", "the first word that is read is NULL, expected START")(
            ("np.array([[self._start]])", "np.array([[self._null]])")
        ),
        mistake("start_said", "START stands first in the captions, expected the first word that is said")(
            ("captions[n] = beams[0, 1:]", "captions[n] = beams[0, :-1]")
        ),
    ),
)

TASKS = (sample, beam)
