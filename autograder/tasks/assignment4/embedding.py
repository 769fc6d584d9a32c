"""Tasks of rnn.ipynb: the word embedding."""

from autograder.tasks.layer_checks import CHANGES_DOUT, DOUT_MISSING, FLOAT64, float32, in_float32, with_dtype_check
from autograder.tasks.spec import gradient, mistake, task_factory, values
from chainrule.recurrent import embedding

__all__ = ["TASKS"]

task = task_factory("assignment4", "rnn", embedding)


def draw_words(rng, N=3, T=5, V=7, D=4):
    """Some words occur twice or more, one does not occur."""
    x = rng.integers(0, V - 1, (N, T))
    return {"x": x, "W": rng.normal(size=(V, D)), "dout": rng.normal(size=(N, T, D))}


def draw_one_word(rng):
    return draw_words(rng, 1, 1)


def draw_one_sentence(rng):
    return draw_words(rng, 1, 4, 9, 3)


def draw_repeated(rng):
    """Two sentences of one repeated word, except for one other word."""
    inputs = draw_words(rng, 2, 6)
    inputs["x"][:] = 3
    inputs["x"][1, 4] = 5
    return inputs


FORWARD = "out, cache = word_embedding_forward(x, W)"
LOSS = f"{FORWARD}\nloss = (out * dout).sum()\n"
BACKWARD = LOSS + "dW, again = [word_embedding_backward(given, cache) for given in (dout.copy(), dout)]"

LOOKUP = "return W[x],"

word_embedding_forward = task(
    "word_embedding_forward",
    FORWARD,
    draw_words,
    (
        values("vectors of words", 0.5, "out"),
        values("one sentence, one word", 0.5, "out", draw=(draw_one_sentence, draw_one_word), cases=2),
        values(
            "float32 kept, inputs unchanged",
            0.5,
            *("out", "float32_kept", "x", "W"),
            call=with_dtype_check(FORWARD, "out"),
            draw=float32(draw_words),
            layout="strided",
        ),
    ),
    (
        mistake("from_one", "words are counted from 1, but word v has row v of W")((LOOKUP, "return W[x - 1],")),
        mistake("flat", "out is left flat, (N * T, D): expected (N, T, D)")((LOOKUP, "return W[x.ravel()],")),
        mistake("time_first", "out has the axes (T, N, D), expected (N, T, D)")((LOOKUP, "return W[x.T],")),
        mistake("vectors_last", "out has the axes (N, D, T), expected (N, T, D)")(
            (LOOKUP, "return W[x].swapaxes(1, 2),")
        ),
        mistake("bag", "the vectors of a sentence are added up, expected one for each word")(
            (LOOKUP, "return W[x].sum(axis=1),")
        ),
        mistake("first_word", "every step has the vector of the sentence's first word")(
            (LOOKUP, "return W[0 * x + x[:, :1]],")
        ),
        mistake("positions", "out holds the vectors of the positions 0 .. T-1, expected of the words")(
            (LOOKUP, "return W[0 * x + np.arange(x.shape[1])],")
        ),
        mistake("one_hot", "out holds one-hot rows of length V, expected rows of W")(
            (LOOKUP, "return np.eye(len(W), dtype=W.dtype)[x],")
        ),
        mistake("float64", FLOAT64)((LOOKUP, "return W[x].astype(np.float64),")),
        mistake("changes_W", "W is changed by the call")((LOOKUP, "W[x] *= 2\n    return W[x] / 2,")),
    ),
)

ADD = "np.add.at(dW, x, dout)"
FOUND = f"{ADD}\n    return dW"

word_embedding_backward = task(
    "word_embedding_backward",
    BACKWARD,
    draw_words,
    (
        gradient("dW against numeric", 1, "dW", "loss", "W"),
        values("words that occur many times", 1, "dW", draw=draw_repeated, cases=2),
        values("one sentence, one word", 0.5, "dW", draw=(draw_one_sentence, draw_one_word), cases=2),
        in_float32(
            "a second time: same, float32, inputs unchanged",
            0.5,
            *("dW", "again", "float32_kept", "dout", "x", "W"),
            call=with_dtype_check(BACKWARD, "dW"),
            draw=draw_words,
        ),
    ),
    (
        mistake(
            "last_wins",
            "a word that occurs twice keeps only its last gradient: dW[x] = and dW[x] += write once, np.add.at adds up",
        )((ADD, "dW[x] += dout")),
        mistake("first_wins", "a word that occurs twice keeps only its first gradient, expected their sum")(
            (ADD, "words, at = np.unique(x, return_index=True)\n    dW[words] = dout.reshape(-1, shape[1])[at]")
        ),
        mistake("mean_of_word", "the gradients of a word are averaged over its occurrences, expected their sum")(
            (
                FOUND,
                f"{ADD}\n    return dW / np.maximum(np.bincount(x.ravel(), minlength=shape[0]), 1)[:, None].astype(dW.dtype)",
            )
        ),
        mistake("divided_by_N", "dW is divided by N: a mean belongs to the loss")(
            (FOUND, f"{ADD}\n    return dW / len(x)")
        ),
        mistake("divided_by_NT", "dW is divided by N * T: a mean belongs to the loss")(
            (FOUND, f"{ADD}\n    return dW / x.size")
        ),
        mistake("not_looked_up", "dW is dout as it stands: it has the shape of W, (V, D)")((FOUND, "return dout * 1")),
        mistake("words_that_occur", "dW has rows for the words that occur alone, expected all V words")(
            (FOUND, f"{ADD}\n    return dW[np.unique(x)]")
        ),
        mistake("transposed", "dW is transposed: it has the shape of W, (V, D)")((FOUND, f"{ADD}\n    return dW.T")),
        mistake("counts", DOUT_MISSING)((ADD, "np.add.at(dW, x, 1)")),
        mistake("reversed", "the gradients go to the words in the reversed order of the steps")(
            ("dW, x, dout", "dW, x[:, ::-1], dout")
        ),
        mistake("minus", "dW has the wrong sign")((ADD, "np.add.at(dW, x, -dout)")),
        mistake("float64", FLOAT64)(("dtype=dout.dtype", "dtype=np.float64")),
        mistake("changes_dout", CHANGES_DOUT)((FOUND, f"{ADD}\n    dout *= 0\n    return dW")),
    ),
)

TASKS = (word_embedding_forward, word_embedding_backward)
