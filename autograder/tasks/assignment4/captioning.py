"""Tasks of captioning.ipynb: the captioning network, its loss, and its captions by greedy and by beam search."""

from autograder.tasks.assignment4.caption_draws import GATES, draw_captions, draw_special, task
from autograder.tasks.layer_checks import FIRST_ENTRIES
from autograder.tasks.spec import mistake, untouched, values

__all__ = ["TASKS"]

# split_captions

SPLIT = "captions_in, captions_out, mask = split_captions(captions, null)"


def draw_split(num, length):
    def draw(rng):
        special = draw_special(rng, 9)
        return {"captions": draw_captions(rng, num, length, 9, special), "null": special["null"]}

    return draw


IN_LINE = "captions_in, captions_out = captions[:, :-1], captions[:, 1:]"

split = task(
    "split_captions",
    SPLIT,
    draw_split(5, 8),
    (
        values("what is read, what is to be said", 1, "captions_in", "captions_out"),
        values("mask", 1, "mask", "captions_out"),  # both, so that a wrong mask is told from a wrong captions_out
        values(
            "one caption of one word; a mask of bool",
            0.5,
            *("captions_in", "captions_out", "mask", "of_bool"),
            call=f"{SPLIT}\nof_bool = mask.dtype == bool",
            draw=draw_split(1, 3),
            cases=2,
        ),
        untouched(0.5, "captions"),
    ),
    (
        mistake("same", "what is read and what is to be said are the same: then the network learns to repeat a word")(
            (IN_LINE, "captions_in, captions_out = captions[:, :-1], captions[:, :-1]")
        ),
        mistake("swapped", "what is read is taken for what is to be said: at each step the NEXT word is due")(
            (IN_LINE, "captions_in, captions_out = captions[:, 1:], captions[:, :-1]")
        ),
        mistake("whole_in", "the last column is read, too: nothing comes after it that could be said")(
            (IN_LINE, "captions_in, captions_out = captions, captions[:, 1:]")
        ),
        mistake("whole_out", "START is among the words to be said: leave out the first column")(
            (IN_LINE, "captions_in, captions_out = captions[:, :-1], captions")
        ),
        mistake("two_ahead", "the word after the next is to be said, expected the next one")(
            (IN_LINE, "captions_in, captions_out = captions[:, :-2], captions[:, 2:]")
        ),
        mistake(
            "mask_of_in",
            "the mask tells where a word is read, expected where one is to be said: after END nothing is due",
        )(("captions_out != null", "captions_in != null")),
        mistake("mask_turned", "the mask is True where NULL stands, expected True for the words that count")(
            ("captions_out != null", "captions_out == null")
        ),
        mistake("null_is_0", "the mask looks for the number 0, expected the number of NULL that was given")(
            ("captions_out != null", "captions_out != 0")
        ),
        mistake("larger", "the mask keeps the numbers above that of NULL alone: words with smaller numbers count, too")(
            ("captions_out != null", "captions_out > null")
        ),
        mistake("rows", "a caption is missing: cut off columns, not rows")(
            (IN_LINE, "captions_in, captions_out = captions[:-1], captions[1:]")
        ),
        mistake("numbers", "the mask holds numbers, expected True and False")(
            ("captions_out != null", "(captions_out != null).astype(float)")
        ),
    ),
)

# __init__

MAKE = """
import numpy as np
from chainrule.judging.caption_stubs import vocabulary
sizes = {"input_dim": D, "wordvec_dim": W, "hidden_dim": H, "cell_type": cell_type}
net = CaptioningRNN(vocabulary(V, null, start, end), **sizes)
read = lambda *names: [net.params[name] for name in names if name in net.params]
"""
SHAPES = """
matrices = [size for w in read("W_proj", "W_embed", "Wx", "Wh", "W_vocab") for size in w.shape]
biases = [size for w in read("b_proj", "b", "b_vocab") for size in w.shape]
count = len(net.params)
by_default = CaptioningRNN(vocabulary(V, null, start, end)).params
defaults = [size for name in ("W_proj", "Wx", "Wh") for size in by_default[name].shape]
"""
# Doublings of the standard deviation, for sizes at which no mistake is near a half; 3 is the kurtosis of normal numbers, 1.8 of uniform ones.
WEIGHTS = """
rows = {"W_proj": D, "Wx": W, "Wh": H, "W_vocab": H, "W_embed": 10000}
found = [(w, np.sqrt(count)) for name, count in rows.items() for w in read(name)]
numbers, counts = np.concatenate([np.ravel(w) * root for w, root in found]), [np.size(w) for w, _ in found]
biases = np.concatenate([np.ravel(w) for w in read("b_proj", "b", "b_vocab")])
first_Wx, again = net.params["Wx"], CaptioningRNN(vocabulary(V, null, start, end), **sizes).params["Wx"]
scaled = np.split(numbers, np.cumsum(counts)[:-1])
doublings = [round(float(np.log2(np.std(w) + 1e-9))) for w in scaled]
centred = [bool(abs(np.mean(w)) <= 0.2 * np.std(w)) for w in scaled]
normal = [bool(2.2 < np.mean(w**4) / (np.std(w) ** 4 + 1e-99) < 4.2) for w in scaled]
zeros = float(np.max(np.abs(biases)))
drawn_anew = bool(np.any(again != first_Wx))
"""
DTYPES = f"""
wide = CaptioningRNN(vocabulary(V, null, start, end), dtype=np.float64, **sizes)
of_net, of_wide = {FIRST_ENTRIES.format("net.params")}, {FIRST_ENTRIES.format("wide.params")}
single, double = of_net.dtype == np.float32, of_wide.dtype == np.float64
"""
KEPT = """
numbers = [net._null, net._start, net._end]
kept = [net.cell_type == cell_type, net.dtype == np.float32, net.word_to_idx["<END>"] == end]
backwards = [net.idx_to_word[number] == word for word, number in net.word_to_idx.items()]
"""
REFUSED = """
answers = []
for wrong in ("LSTM", "cnn", "", None):
    try:
        CaptioningRNN(vocabulary(V, null, start, end), D, W, H, cell_type=wrong)
        answers.append(0)
    except ValueError:
        answers.append(1)
    except Exception:
        answers.append(2)
"""


def draw_sizes(cell):
    def draw(rng):
        sizes = {"D": int(rng.integers(50, 60)), "W": int(rng.integers(24, 27)), "H": int(rng.integers(40, 48))}
        V = int(rng.integers(62, 70))
        return sizes | {"V": V, "cell_type": cell} | draw_special(rng, V)

    return draw


CELLS = tuple(draw_sizes(cell) for cell in GATES)
SPECIAL_LINE = '(word_to_idx[word] for word in ("<NULL>", "<START>", "<END>"))'
SCALE_LINE = "/ np.sqrt(shape[0])"


def scaled_by(name, size):
    """Return the edit that scales one matrix differently."""
    scaled = f'{{"{name}": {size}}}.get(name, shape[0])'
    return (SCALE_LINE, f"/ np.sqrt({scaled})")


init = task(
    "CaptioningRNN.__init__",
    MAKE,
    CELLS[0],
    (
        values(
            "names and shapes, for each cell_type; defaults",
            *(1, "matrices", "biases", "count", "defaults"),
            call=MAKE + SHAPES,
            draw=CELLS,
        ),
        values(
            "weights: normal, of the due size; biases 0",
            *(1, "doublings", "centred", "normal", "zeros", "drawn_anew"),
            call=MAKE + WEIGHTS,
            draw=CELLS,
            proves=False,
        ),
        values("of type dtype", 0.5, "single", "double", call=MAKE + DTYPES, cases=1, proves=False),
        values("what is kept", 1, "numbers", "kept", "backwards", call=MAKE + KEPT, draw=CELLS[1:], cases=2),
        values("another cell_type raises ValueError", 0.5, "answers", call=MAKE + REFUSED, cases=1, proves=False),
    ),
    (
        mistake(
            "four_gates_always", "Wx, Wh and b have four blocks for every cell_type: an rnn needs one, a gru three"
        )(('{"rnn": 1, "lstm": 4, "gru": 3}[cell_type]', "4")),
        mistake("one_block_always", "Wx, Wh and b have one block for every cell_type: an lstm needs four, a gru three")(
            ('{"rnn": 1, "lstm": 4, "gru": 3}[cell_type]', "1")
        ),
        mistake("gru_like_lstm", "a gru gets the four blocks of an lstm, expected three")(('"gru": 3', '"gru": 4')),
        mistake("gru_of_two", "a gru gets two blocks, expected three: two gates and the candidate")(
            ('"gru": 3', '"gru": 2')
        ),
        mistake("short_bias", "b has H entries for every cell_type, expected one for each column of Wx")(
            ('"b": np.zeros(G * H)', '"b": np.zeros(H)')
        ),
        mistake("no_b_vocab", "the bias of the scores, b_vocab, is missing")((', "b_vocab": np.zeros(V)', "")),
        mistake("no_b_proj", "the bias of the projection, b_proj, is missing")(('"b_proj": np.zeros(H), ', "")),
        mistake("embedding_turned", "W_embed is (wordvec_dim, V), expected a row for each word: (V, wordvec_dim)")(
            ("randn(V, wordvec_dim)", "randn(wordvec_dim, V)")
        ),
        mistake("vocab_turned", "W_vocab is (V, H), expected (H, V): hidden states are multiplied from the left")(
            ('"W_vocab": (H, V)', '"W_vocab": (V, H)')
        ),
        mistake("wx_of_hidden", "Wx has H rows, but it is word vectors that it multiplies: wordvec_dim rows")(
            ('"Wx": (wordvec_dim, G * H)', '"Wx": (H, G * H)')
        ),
        mistake("not_scaled", "the weights are not divided by the square root of their number of rows")(
            (SCALE_LINE, "")
        ),
        mistake("no_root", "the weights are divided by the number of rows itself, expected its square root")(
            (SCALE_LINE, "/ shape[0]")
        ),
        mistake("all_small", "all weights have the size 0.01: only those of W_embed should")((SCALE_LINE, "* 0.01")),
        mistake(
            "embedding_large", "W_embed is as large as the other weights allow, expected a standard deviation of 0.01"
        )(("0.01 * np.random.randn(V, wordvec_dim)", "np.random.randn(V, wordvec_dim) / np.sqrt(wordvec_dim)")),
        mistake("uniform", "the weights are uniform random numbers, expected normal ones: np.random.randn")(
            (f"np.random.randn(*shape) {SCALE_LINE}", "np.random.uniform(-1, 1, shape) / np.sqrt(shape[0] / 3)")
        ),
        mistake("same_numbers", "every network gets the same random numbers: do not seed the generator here")(
            ("V, H = len", "np.random.seed(0)\n    V, H = len")
        ),
        mistake("random_biases", "the biases are not zeros")(('"b": np.zeros(G * H)', '"b": np.full(G * H, 0.1)')),
        mistake("double", "the parameters are float64 whatever dtype is: use astype(dtype)")(
            ("value.astype(dtype)", "value")
        ),
        mistake("single", "the parameters are float32 whatever dtype is: use astype(dtype)")(
            ("value.astype(dtype)", "value.astype(np.float32)")
        ),
        mistake(
            "numbers_fixed",
            "NULL, START and END are taken to be 0, 1 and 2, expected the numbers word_to_idx gives them",
        )((SPECIAL_LINE, "(0, 1, 2)")),
        mistake("start_end_swapped", "START and END are exchanged")(
            ('"<NULL>", "<START>", "<END>"', '"<NULL>", "<END>", "<START>"')
        ),
        mistake("any_cell", "a cell_type that does not exist is accepted, expected ValueError")(
            ('if cell_type not in ("rnn", "lstm", "gru")', "if False"),
            ('"gru": 3}[cell_type]', '"gru": 3}.get(cell_type, 1)'),
        ),
        mistake("wrong_error", "a cell_type that does not exist raises another error, expected ValueError")(
            ("raise ValueError(", "raise KeyError(")
        ),
    ),
)

TASKS = (split, init)
