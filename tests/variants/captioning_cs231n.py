"""CaptioningRNN in the style of CS231n's exercises: long methods, and sampling that goes on after END."""

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


def split_captions(captions, null):
    T = captions.shape[1] - 1
    captions_in = captions[:, :T].copy()
    captions_out = captions[:, 1:].copy()
    mask = np.ones(captions_out.shape, dtype=bool)
    mask[captions_out == null] = False
    return captions_in, captions_out, mask


class CaptioningRNN:
    def __init__(self, word_to_idx, input_dim=512, wordvec_dim=128, hidden_dim=128, cell_type="rnn", dtype=np.float32):
        gates = {"rnn": 1, "lstm": 4, "gru": 3}.get(cell_type)
        if gates is None:
            raise ValueError("no such cell: " + str(cell_type))
        self.cell_type, self.dtype, self.word_to_idx = cell_type, dtype, word_to_idx
        self.idx_to_word = dict(zip(word_to_idx.values(), word_to_idx.keys(), strict=True))
        self._null = word_to_idx["<NULL>"]
        self._start = word_to_idx.get("<START>")
        self._end = word_to_idx.get("<END>")
        V, D, W, H = len(word_to_idx), input_dim, wordvec_dim, hidden_dim
        params = {"W_embed": np.random.randn(V, W) / 100}
        params["W_proj"], params["b_proj"] = np.random.randn(D, H) / D**0.5, np.zeros(H)
        params["Wx"], params["Wh"] = np.random.randn(W, gates * H) / W**0.5, np.random.randn(H, gates * H) / H**0.5
        params["b"] = np.zeros(gates * H)
        params["W_vocab"], params["b_vocab"] = np.random.randn(H, V) / H**0.5, np.zeros(V)
        self.params = {k: v.astype(dtype) for k, v in params.items()}

    def loss(self, features, captions):
        captions_in = captions[:, :-1]
        captions_out = captions[:, 1:]
        mask = captions_out != self._null
        W_proj, b_proj = self.params["W_proj"], self.params["b_proj"]
        W_embed = self.params["W_embed"]
        Wx, Wh, b = self.params["Wx"], self.params["Wh"], self.params["b"]
        W_vocab, b_vocab = self.params["W_vocab"], self.params["b_vocab"]
        grads = {}
        h0, proj_cache = affine_forward(features, W_proj, b_proj)
        words, embed_cache = word_embedding_forward(captions_in, W_embed)
        if self.cell_type == "rnn":
            h, cell_cache = rnn_forward(words, h0, Wx, Wh, b)
        elif self.cell_type == "lstm":
            h, cell_cache = lstm_forward(words, h0, Wx, Wh, b)
        else:
            h, cell_cache = gru_forward(words, h0, Wx, Wh, b)
        scores, vocab_cache = temporal_affine_forward(h, W_vocab, b_vocab)
        loss, dout = temporal_softmax_loss(scores, captions_out, mask)
        dout, grads["W_vocab"], grads["b_vocab"] = temporal_affine_backward(dout, vocab_cache)
        if self.cell_type == "rnn":
            dwords, dh0, grads["Wx"], grads["Wh"], grads["b"] = rnn_backward(dout, cell_cache)
        elif self.cell_type == "lstm":
            dwords, dh0, grads["Wx"], grads["Wh"], grads["b"] = lstm_backward(dout, cell_cache)
        else:
            dwords, dh0, grads["Wx"], grads["Wh"], grads["b"] = gru_backward(dout, cell_cache)
        grads["W_embed"] = word_embedding_backward(dwords, embed_cache)
        dfeatures, grads["W_proj"], grads["b_proj"] = affine_backward(dh0, proj_cache)
        return loss, grads

    def sample(self, features, max_length=30):
        N = features.shape[0]
        captions = self._null * np.ones((N, max_length), dtype=np.int32)
        W_proj, b_proj = self.params["W_proj"], self.params["b_proj"]
        W_embed = self.params["W_embed"]
        Wx, Wh, b = self.params["Wx"], self.params["Wh"], self.params["b"]
        W_vocab, b_vocab = self.params["W_vocab"], self.params["b_vocab"]
        h, _ = affine_forward(features, W_proj, b_proj)
        c = np.zeros_like(h)
        word = self._start * np.ones((N, 1), dtype=np.int32)
        for t in range(max_length):
            embedded, _ = word_embedding_forward(word, W_embed)
            x = embedded[:, 0, :]
            if self.cell_type == "rnn":
                h, _ = rnn_step_forward(x, h, Wx, Wh, b)
            elif self.cell_type == "lstm":
                h, c, _ = lstm_step_forward(x, h, c, Wx, Wh, b)
            else:
                h, _ = gru_step_forward(x, h, Wx, Wh, b)
            scores, _ = temporal_affine_forward(h[:, None, :], W_vocab, b_vocab)
            word = scores.argmax(axis=2)
            captions[:, t] = word[:, 0]
        return captions

    def step(self, words, state):
        h, c = state
        x = self.params["W_embed"][words]
        Wx, Wh, b = self.params["Wx"], self.params["Wh"], self.params["b"]
        if self.cell_type == "rnn":
            h = rnn_step_forward(x, h, Wx, Wh, b)[0]
        elif self.cell_type == "lstm":
            h, c = lstm_step_forward(x, h, c, Wx, Wh, b)[:2]
        else:
            h = gru_step_forward(x, h, Wx, Wh, b)[0]
        scores = h.dot(self.params["W_vocab"]) + self.params["b_vocab"]
        scores = scores - scores.max(axis=1, keepdims=True)
        return scores - np.log(np.exp(scores).sum(axis=1, keepdims=True)), [h, c]

    def beam_search(self, features, beam_width=3, max_length=30):
        """Lists of finished and open beams, an image at a time."""
        out = self._null * np.ones((features.shape[0], max_length), dtype=np.int32)
        for n, feature in enumerate(features):
            h = feature.dot(self.params["W_proj"]) + self.params["b_proj"]
            beams = [(0.0, [self._start], h, np.zeros_like(h))]
            for _ in range(max_length):
                candidates = []
                for total, words, h, c in beams:
                    if words[-1] == self._end:
                        candidates.append((total, words, h, c))
                        continue
                    log_probs, (new_h, new_c) = self.step(np.array(words[-1:]), (h[None], c[None]))
                    for v, log_prob in enumerate(log_probs[0]):
                        candidates.append((total + log_prob, words + [v], new_h[0], new_c[0]))
                beams = sorted(candidates, key=lambda beam: -beam[0])[:beam_width]
            words = beams[0][1][1:]
            out[n, : len(words)] = words
        return out
