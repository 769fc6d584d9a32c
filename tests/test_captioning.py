import itertools

import numpy as np
import pytest

from chainrule.captioning import CaptioningRNN, split_captions
from chainrule.gradcheck import check_gradient

CELLS = ("rnn", "lstm", "gru")
WORDS = {"<NULL>": 3, "<START>": 1, "<END>": 0, "a": 2, "red": 4, "circle": 5}
NULL, START, END, A, RED, CIRCLE = 3, 1, 0, 2, 4, 5
CAPTIONS = np.array([[START, A, RED, CIRCLE, END], [START, A, END, NULL, NULL]])


@pytest.fixture(autouse=True)
def _seeded():
    np.random.seed(0)


def net_of(cell_type, dtype=np.float64):
    net = CaptioningRNN(WORDS, input_dim=4, wordvec_dim=3, hidden_dim=5, cell_type=cell_type, dtype=dtype)
    rng = np.random.default_rng(1)
    net.params = {name: rng.normal(size=w.shape).astype(dtype) for name, w in net.params.items()}
    return net


def features(num=2):
    return np.random.default_rng(2).normal(size=(num, 4))


def test_captions_are_split_by_hand():
    captions_in, captions_out, mask = split_captions(CAPTIONS, NULL)
    assert captions_in.tolist() == [[START, A, RED, CIRCLE], [START, A, END, NULL]]
    assert captions_out.tolist() == [[A, RED, CIRCLE, END], [A, END, NULL, NULL]]
    assert mask.tolist() == [[True] * 4, [True, True, False, False]]


@pytest.mark.parametrize("cell_type", CELLS)
def test_an_untrained_network_has_the_loss_log_v_per_word(cell_type):
    net = net_of(cell_type)
    net.params["W_vocab"][:], net.params["b_vocab"][:] = 0, 0
    loss, _ = net.loss(features(), CAPTIONS)
    assert loss == pytest.approx((4 + 2) / 2 * np.log(6), rel=1e-12)  # 4 and 2 words are to be said, END among them


@pytest.mark.parametrize("cell_type", CELLS)
def test_gradients_agree_with_numerical_ones(cell_type):
    net, X = net_of(cell_type), features()
    _, grads = net.loss(X, CAPTIONS)
    assert grads.keys() == net.params.keys()
    for name, w in net.params.items():
        report = check_gradient(lambda _: net.loss(X, CAPTIONS)[0], w, grads[name])
        assert report.verdict == "pass", f"{name}: {report}"


def test_loss_and_gradients_agree_with_pytorch():
    torch = pytest.importorskip("torch", reason="PyTorch is the second oracle")
    net, X = net_of("lstm"), features()
    p = {name: torch.tensor(w, requires_grad=True) for name, w in net.params.items()}
    h = torch.tensor(X) @ p["W_proj"] + p["b_proj"]
    c, loss = torch.zeros_like(h), 0
    cell = torch.nn.LSTMCell(3, 5, dtype=torch.float64)
    order = np.concatenate([np.arange(5 * k, 5 * k + 5) for k in (0, 1, 3, 2)])  # PyTorch: i f g o
    weights = {"weight_ih": p["Wx"].T[order], "weight_hh": p["Wh"].T[order]}
    weights |= {"bias_ih": p["b"][order], "bias_hh": torch.zeros(20, dtype=torch.float64)}
    for t in range(CAPTIONS.shape[1] - 1):
        x = p["W_embed"][CAPTIONS[:, t]]
        h, c = torch.func.functional_call(cell, weights, (x, (h, c)))
        scores, due = h @ p["W_vocab"] + p["b_vocab"], torch.tensor(CAPTIONS[:, t + 1])
        loss = loss + torch.nn.functional.cross_entropy(scores, due, ignore_index=NULL, reduction="sum") / 2
    loss.backward()
    ours, grads = net.loss(X, CAPTIONS)
    assert ours == pytest.approx(loss.item(), rel=1e-12)
    for name, grad in grads.items():
        np.testing.assert_allclose(grad, p[name].grad.numpy(), rtol=1e-10, atol=1e-12, err_msg=name)


@pytest.mark.parametrize("cell_type", CELLS)
def test_the_steps_add_up_to_the_loss(cell_type):
    net, X = net_of(cell_type), features()
    h = X @ net.params["W_proj"] + net.params["b_proj"]
    state, total = (h, np.zeros_like(h)), 0.0
    for t in range(4):
        log_probs, state = net.step(CAPTIONS[:, t], state)
        np.testing.assert_allclose(np.exp(log_probs).sum(axis=1), 1, rtol=1e-12)
        due = CAPTIONS[:, t + 1]
        total -= np.sum(log_probs[[0, 1], due] * (due != NULL)) / 2
    assert total == pytest.approx(net.loss(X, CAPTIONS)[0], rel=1e-12)


class Scripted(CaptioningRNN):
    """A net whose next word depends on the last one only: chances[word] are the probabilities of the next words."""

    chances = {
        START: {A: 0.6, RED: 0.4},
        A: {RED: 0.5, CIRCLE: 0.5 - 1e-9},
        RED: {CIRCLE: 0.9, END: 0.1},
        CIRCLE: {END: 1.0},
        END: {A: 1.0},  # only a search that goes on behind END asks for these two
        NULL: {A: 1.0},
    }

    def step(self, words, state):
        log_probs = np.full((len(words), 6), -100.0)
        for row, word in zip(log_probs, words, strict=True):
            for after, chance in self.chances[word].items():
                row[after] = np.log(chance)
        return log_probs, state


def test_greedy_and_beam_search_by_hand():
    # Greedy: a (0.6) red (0.5) circle (0.9) END: 0.27. Better: a (0.6) circle (0.5) END: 0.3. Best: red (0.4)
    # circle (0.9) END: 0.36.
    net = Scripted(WORDS, 4, 3, 5)
    X = features().astype(np.float32)
    assert net.sample(X, 5).tolist() == [[A, RED, CIRCLE, END, NULL]] * 2
    assert net.beam_search(X, 1, 5).tolist() == [[A, RED, CIRCLE, END, NULL]] * 2
    assert net.beam_search(X, 3, 5).tolist() == [[RED, CIRCLE, END, NULL, NULL]] * 2
    assert net.sample(X).shape == net.beam_search(X).shape == (2, 30)


@pytest.mark.parametrize("cell_type", CELLS)
def test_a_beam_as_wide_as_all_sentences_finds_the_best_of_them(cell_type):
    net, X, length = net_of(cell_type), features(1), 3

    def log_probability(words):
        h = X @ net.params["W_proj"] + net.params["b_proj"]
        state, last, total = (h, np.zeros_like(h)), START, 0.0
        for word in words:
            log_probs, state = net.step(np.array([last]), state)
            last, total = word, total + log_probs[0, word]
        return total

    sentences = [words for words in itertools.product(range(6), repeat=length) if END not in words]
    sentences += [(*w, END) for n in range(length) for w in itertools.product(range(6), repeat=n) if END not in w]
    best = max(sentences, key=log_probability)
    assert net.beam_search(X, 6**length, length)[0].tolist() == [*best, *[NULL] * (length - len(best))]


@pytest.mark.parametrize("cell_type", CELLS)
def test_one_beam_is_the_greedy_search_and_images_are_independent(cell_type):
    net, X = net_of(cell_type), features(6)
    np.testing.assert_array_equal(net.sample(X, 8), net.beam_search(X, 1, 8))
    np.testing.assert_array_equal(net.beam_search(X, 4, 8)[4], net.beam_search(X[4:5], 4, 8)[0])
    assert net.sample(X, 8).dtype.kind == "i"


@pytest.mark.parametrize("cell_type", CELLS)
def test_float32_stays_float32(cell_type):
    net = net_of(cell_type, np.float32)
    loss, grads = net.loss(features().astype(np.float32), CAPTIONS)
    assert {grad.dtype for grad in grads.values()} == {np.dtype(np.float32)}


def test_an_unknown_cell_is_refused():
    with pytest.raises(ValueError, match="expected 'rnn', 'lstm' or 'gru', got 'LSTM'"):
        CaptioningRNN(WORDS, cell_type="LSTM")
