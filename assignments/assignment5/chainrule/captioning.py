"""Image captioning: a recurrent network that starts from the features of an image and puts out a sentence.

`split_captions` cuts captions into what goes in, what is due and what counts; `CaptioningRNN` has the weights, loss,
one step, and greedy and beam search (Vinyals et al., 2015; Karpathy and Fei-Fei, 2015).
"""

import numpy as np

from chainrule.layers import affine_backward, affine_forward
from chainrule.recurrent import (
    gru_backward,
    gru_forward,
    gru_step_forward,
    lstm_backward,
    lstm_forward,
    lstm_step_forward,
    rnn_backward,
    rnn_forward,
    rnn_step_forward,
    temporal_affine_backward,
    temporal_affine_forward,
    temporal_softmax_loss,
    word_embedding_backward,
    word_embedding_forward,
)

__all__ = ["CaptioningRNN", "split_captions"]


def split_captions(captions, null):
    """What the network reads, what it is to say, and where that counts.

    captions: (N, T) word numbers, each row START, the words, END, then null up to T. The network reads each word but
    the last, and at each step is to say the word that comes next.
    Returns (captions_in, captions_out, mask), each (N, T - 1): captions without their last column, captions without
    their first, and a mask of bool, True where the word to be said is not null.
    """
    captions_in, captions_out = captions[:, :-1], captions[:, 1:]
    return captions_in, captions_out, captions_out != null


class CaptioningRNN:
    """Image features - affine - first hidden state; words - embedding - recurrent cell - affine - scores of next words.

    Attributes: params, a dict of the weights by name; word_to_idx, the vocabulary, and idx_to_word, its reverse;
    cell_type, "rnn", "lstm" or "gru"; dtype; _null, _start and _end, the numbers of "<NULL>", "<START>" and "<END>".
    """

    def __init__(self, word_to_idx, input_dim=512, wordvec_dim=128, hidden_dim=128, cell_type="rnn", dtype=np.float32):
        """Draw the weights and keep the settings.

        word_to_idx: dict from the V words, "<NULL>", "<START>" and "<END>" among them, to their numbers 0 .. V-1.
        cell_type: "rnn", "lstm" or "gru"; any other raises ValueError.
        self.params gets, with H = hidden_dim and G = 1 (rnn), 4 (lstm) or 3 (gru):
        W_proj (input_dim, H), b_proj (H,); W_embed (V, wordvec_dim); Wx (wordvec_dim, G * H), Wh (H, G * H),
        b (G * H,); W_vocab (H, V), b_vocab (V,). All are of type dtype. Biases are zeros, weights normal random
        numbers (np.random) with the standard deviation 1 / sqrt(rows of the matrix); only that of W_embed is 0.01.
        """
        if cell_type not in ("rnn", "lstm", "gru"):
            raise ValueError(f"cell_type: expected 'rnn', 'lstm' or 'gru', got {cell_type!r}")
        self.cell_type, self.dtype = cell_type, dtype
        self.word_to_idx = word_to_idx
        self.idx_to_word = {number: word for word, number in word_to_idx.items()}
        self._null, self._start, self._end = (word_to_idx[word] for word in ("<NULL>", "<START>", "<END>"))

        V, H = len(word_to_idx), hidden_dim
        G = {"rnn": 1, "lstm": 4, "gru": 3}[cell_type]
        shapes = {"W_proj": (input_dim, H), "Wx": (wordvec_dim, G * H), "Wh": (H, G * H), "W_vocab": (H, V)}
        params = {name: np.random.randn(*shape) / np.sqrt(shape[0]) for name, shape in shapes.items()}
        params["W_embed"] = 0.01 * np.random.randn(V, wordvec_dim)
        params |= {"b_proj": np.zeros(H), "b": np.zeros(G * H), "b_vocab": np.zeros(V)}
        self.params = {name: value.astype(dtype) for name, value in params.items()}

    def loss(self, features, captions):
        """The loss of true captions for a batch of images, and its gradients.

        features: (N, D) of the images; captions: (N, T) word numbers: START, the words, END, then NULL up to T.
        The first hidden state comes from the features. The loss is the cross-entropy of each next word, summed over
        the words of a caption and averaged over the N captions; where NULL is to be said, nothing counts.
        Returns (loss, grads), grads with the names and shapes of self.params.
        """
        p, grads = self.params, {}
        layers = {
            "rnn": (rnn_forward, rnn_backward),
            "lstm": (lstm_forward, lstm_backward),
            "gru": (gru_forward, gru_backward),
        }
        forward, backward = layers[self.cell_type]
        captions_in, captions_out, mask = split_captions(captions, self._null)

        h0, proj_cache = affine_forward(features, p["W_proj"], p["b_proj"])
        x, embed_cache = word_embedding_forward(captions_in, p["W_embed"])
        h, cell_cache = forward(x, h0, p["Wx"], p["Wh"], p["b"])
        scores, vocab_cache = temporal_affine_forward(h, p["W_vocab"], p["b_vocab"])
        loss, dscores = temporal_softmax_loss(scores, captions_out, mask)

        dh, grads["W_vocab"], grads["b_vocab"] = temporal_affine_backward(dscores, vocab_cache)
        dx, dh0, grads["Wx"], grads["Wh"], grads["b"] = backward(dh, cell_cache)
        grads["W_embed"] = word_embedding_backward(dx, embed_cache)
        _, grads["W_proj"], grads["b_proj"] = affine_backward(dh0, proj_cache)
        return loss, grads

    def step(self, words, state):
        """Read one word for each of M sentences, and say how likely each next word is.

        words: (M,) word numbers. state: a pair (h, c), each (M, H), the hidden state and the cell before this step; a
        cell of zeros before the first. An rnn or gru has no cell: its state is h, and c is handed back as it is.
        Returns (log_probs, state): log_probs (M, V), the logarithm of the softmax of the scores, finite for scores
        of 1e4, too; and the pair (h, c) after this step.
        """
        p, (h, c) = self.params, state
        x = p["W_embed"][words]
        if self.cell_type == "lstm":
            h, c, _ = lstm_step_forward(x, h, c, p["Wx"], p["Wh"], p["b"])
        elif self.cell_type == "gru":
            h, _ = gru_step_forward(x, h, p["Wx"], p["Wh"], p["b"])
        else:
            h, _ = rnn_step_forward(x, h, p["Wx"], p["Wh"], p["b"])
        scores = h @ p["W_vocab"] + p["b_vocab"]
        shifted = scores - np.max(scores, axis=1, keepdims=True)
        return shifted - np.log(np.sum(np.exp(shifted), axis=1, keepdims=True)), (h, c)

    def sample(self, features, max_length=30):
        """Say a caption for each image, greedily: at each step the most likely word, which is read at the next step.

        features: (N, D). The first hidden state comes from them, as in `loss`; the first word read is START.
        Returns captions (N, max_length), whole numbers: the words said, without START, with END where it was said.
        What stands after the first END of a row does not matter; here it is NULL.
        """
        h, _ = affine_forward(features, self.params["W_proj"], self.params["b_proj"])
        state = h, np.zeros_like(h)
        words = np.full(len(features), self._start)
        captions = np.full((len(features), max_length), self._null)
        ended = np.zeros(len(features), dtype=bool)
        for t in range(max_length):
            log_probs, state = self.step(words, state)
            words = np.argmax(log_probs, axis=1)
            captions[~ended, t] = words[~ended]
            ended = ended | (words == self._end)
        return captions

    def beam_search(self, features, beam_width=3, max_length=30):
        """Say a caption for each image, keeping the beam_width most likely beginnings at each step.

        features: (N, D). For each image by itself: a beginning is worth the sum of the log-probabilities of its words
        (END included; not divided by the length). At each step every beginning without END is continued by each of the
        V words; one that has its END is finished, and stays in the race as it is. The beam_width best of all these
        go on. After max_length steps the best one is the answer, finished or not. beam_width 1 is `sample`.
        Returns captions (N, max_length) as `sample` does.
        """
        captions = np.full((len(features), max_length), self._null)
        for n in range(len(features)):
            h, _ = affine_forward(features[n : n + 1], self.params["W_proj"], self.params["b_proj"])
            state = h, np.zeros_like(h)
            beams, worth = np.array([[self._start]]), np.zeros(1)
            for _ in range(max_length):
                log_probs, state = self.step(beams[:, -1], state)
                ended = np.any(beams == self._end, axis=1)
                log_probs[ended] = -np.inf
                log_probs[ended, self._null] = 0  # a finished beam goes on as it is, at no cost
                total = worth[:, None] + log_probs
                best = np.argsort(-total, axis=None)[:beam_width]
                rows, words = np.divmod(best, total.shape[1])
                beams, worth = np.column_stack([beams[rows], words]), total[rows, words]
                state = tuple(part[rows] for part in state)
            captions[n] = beams[0, 1:]  # the best comes first
        return captions
