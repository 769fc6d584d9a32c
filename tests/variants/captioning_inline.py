"""CaptioningRNN without the layers: every formula inside, one sentence at a time, lists instead of arrays."""

import numpy as np


def split_captions(captions, null):
    rows_in = [list(row)[:-1] for row in captions]
    rows_out = [list(row)[1:] for row in captions]
    return np.array(rows_in), np.array(rows_out), np.array([[word != null for word in row] for row in rows_out])


def squash(z):
    return 0.5 * (1 + np.tanh(0.5 * z))


class CaptioningRNN:
    def __init__(self, word_to_idx, input_dim=512, wordvec_dim=128, hidden_dim=128, cell_type="rnn", dtype=np.float32):
        blocks = dict(rnn=1, lstm=4, gru=3)
        if cell_type not in blocks:
            raise ValueError(cell_type)
        self.word_to_idx, self.cell_type, self.dtype = word_to_idx, cell_type, dtype
        self.idx_to_word = sorted(word_to_idx, key=word_to_idx.get)
        self._null, self._start, self._end = word_to_idx["<NULL>"], word_to_idx["<START>"], word_to_idx["<END>"]
        wide, V = blocks[cell_type] * hidden_dim, len(word_to_idx)
        rng = np.random.default_rng(np.random.randint(2**31))
        self.params = {
            "W_proj": rng.normal(0, input_dim**-0.5, (input_dim, hidden_dim)),
            "b_proj": np.zeros(hidden_dim),
            "W_embed": rng.normal(0, 0.01, (V, wordvec_dim)),
            "Wx": rng.normal(0, wordvec_dim**-0.5, (wordvec_dim, wide)),
            "Wh": rng.normal(0, hidden_dim**-0.5, (hidden_dim, wide)),
            "b": np.zeros(wide),
            "W_vocab": rng.normal(0, hidden_dim**-0.5, (hidden_dim, V)),
            "b_vocab": np.zeros(V),
        }
        for name in self.params:
            self.params[name] = self.params[name].astype(dtype)

    def cell(self, x, h, c):
        """One step, and a function that sends gradients back through it."""
        p, H = self.params, self.params["Wh"].shape[0]
        Wx, Wh = p["Wx"], p["Wh"]
        if self.cell_type == "rnn":
            new = np.tanh(x @ Wx + h @ Wh + p["b"])

            def back(dh, dc):
                dz = dh * (1 - new**2)
                return dz, dz @ Wh.T, dc, np.einsum("nh,nk->hk", h, dz)

            return new, c, back
        if self.cell_type == "lstm":
            z = x @ Wx + h @ Wh + p["b"]
            i, f, o = (squash(z[:, k * H : (k + 1) * H]) for k in range(3))
            g = np.tanh(z[:, 3 * H :])
            new_c = f * c + i * g
            t = np.tanh(new_c)

            def back(dh, dc):
                dc = dc + dh * o * (1 - t * t)
                dz = np.hstack([dc * g * i * (1 - i), dc * c * f * (1 - f), dh * t * o * (1 - o), dc * i * (1 - g * g)])
                return dz, dz @ Wh.T, dc * f, np.einsum("nh,nk->hk", h, dz)

            return o * t, new_c, back
        a = x @ Wx + p["b"]
        u, r = squash(a[:, :H] + h @ Wh[:, :H]), squash(a[:, H : 2 * H] + h @ Wh[:, H : 2 * H])
        k = np.tanh(a[:, 2 * H :] + (r * h) @ Wh[:, 2 * H :])

        def back(dh, dc):
            dk = dh * u * (1 - k * k)
            dkept = dk @ Wh[:, 2 * H :].T
            dur = np.hstack([dh * (k - h) * u * (1 - u), dkept * h * r * (1 - r)])
            dWh = np.hstack([np.einsum("nh,nk->hk", h, dur), np.einsum("nh,nk->hk", r * h, dk)])
            return np.hstack([dur, dk]), dh * (1 - u) + dkept * r + dur @ Wh[:, : 2 * H].T, dc, dWh

        return u * k + (1 - u) * h, c, back

    def loss(self, features, captions):
        p = self.params
        N, T = len(captions), captions.shape[1] - 1
        h = features @ p["W_proj"] + p["b_proj"]
        c, loss, tape = np.zeros_like(h), 0.0, []
        rows = np.arange(N)
        for t in range(T):
            x = p["W_embed"][captions[:, t]]
            h, c, back = self.cell(x, h, c)
            s = h @ p["W_vocab"] + p["b_vocab"]
            e = np.exp(s - s.max(axis=1)[:, None])
            q = e / e.sum(axis=1)[:, None]
            counts = (captions[:, t + 1] != self._null) / np.array(N, dtype=h.dtype)
            loss -= np.sum(np.log(q[rows, captions[:, t + 1]]) * counts)
            q[rows, captions[:, t + 1]] -= 1
            tape.append((x, h, back, q * counts.astype(h.dtype)[:, None]))
        grads = {name: np.zeros_like(value) for name, value in p.items()}
        dh, dc = np.zeros_like(h), np.zeros_like(h)
        for t in range(T)[::-1]:
            x, h, back, ds = tape[t]
            grads["W_vocab"] += h.T @ ds
            grads["b_vocab"] += ds.sum(axis=0)
            dz, dh, dc, dWh = back(dh + ds @ p["W_vocab"].T, dc)
            grads["Wh"] += dWh
            grads["Wx"] += x.T @ dz
            grads["b"] += dz.sum(axis=0)
            for n in range(N):
                grads["W_embed"][captions[n, t]] += p["Wx"] @ dz[n]
        grads["W_proj"] += features.T @ dh
        grads["b_proj"] += dh.sum(axis=0)
        return loss, grads

    def step(self, words, state):
        h, c, _ = self.cell(self.params["W_embed"][words], *state)
        s = h @ self.params["W_vocab"] + self.params["b_vocab"]
        return s - np.logaddexp.reduce(s, axis=1)[:, None], (h, c)

    def sample(self, features, max_length=30):
        captions = []
        for feature in features:
            h = feature[None] @ self.params["W_proj"] + self.params["b_proj"]
            state, said = (h, np.zeros_like(h)), [self._start]
            while len(said) <= max_length:
                log_probs, state = self.step(said[-1:], state)
                said.append(int(np.argmax(log_probs)))
                if said[-1] == self._end:
                    break
            captions.append(said[1:] + [self._end] * (max_length + 1 - len(said)))
        return np.array(captions)

    def beam_search(self, features, beam_width=3, max_length=30):
        """Sentences as tuples in a dict with their worth; states are worked out anew from the words."""
        answers = []
        for feature in features:
            h = feature[None] @ self.params["W_proj"] + self.params["b_proj"]
            beams = {(): 0.0}
            for _ in range(max_length):
                longer = {said: worth for said, worth in beams.items() if self._end in said}
                for said in beams.keys() - longer.keys():
                    state = h, np.zeros_like(h)
                    for word in (self._start, *said):
                        log_probs, state = self.step([word], state)
                    longer |= {(*said, v): beams[said] + log_probs[0, v] for v in range(log_probs.shape[1])}
                beams = dict(sorted(longer.items(), key=lambda item: item[1])[-beam_width:])
            best = max(beams, key=beams.get)
            answers.append([*best, *[self._null] * (max_length - len(best))])
        return np.array(answers)
