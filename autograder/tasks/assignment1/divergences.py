"""Tasks of softmax.ipynb: how far one distribution is from another."""

import numpy as np

from autograder.tasks.spec import Task, mistake, values
from chainrule import linear

__all__ = ["TASKS"]


def draw_distributions(rng):
    p, q = rng.dirichlet(np.ones(6), 2)
    return {"p": p, "q": q}


def draw_zero_p(rng):
    p = np.append(rng.dirichlet(np.ones(4)), [0.0, 0.0])
    return {"p": p, "q": np.append(rng.dirichlet(np.ones(5)), 0.0)}


def draw_zero_q(rng):
    return {"p": rng.dirichlet(np.ones(4)), "q": np.append(rng.dirichlet(np.ones(3)), 0.0)}


def divergence_task(name, mistakes):
    zero = mistake("zero_p", "0 log 0 counts 0: leave out the terms where p is 0")(("p > 0", "p >= 0"))
    clipped = mistake("clipped", "where q is 0 and p is not, the result is infinite: do not add a small number")(
        ("q[support])", "q[support] + 1e-12)")
    )
    return Task(
        name,
        linear,
        "assignment1",
        "softmax",
        f"value = {name}(p, q)",
        draw_distributions,
        (
            values("value", 1, "value"),
            values("0 log 0 is 0", 1, "value", draw=draw_zero_p),
            values("infinite where q is 0 and p is not", 1, "value", draw=draw_zero_q, proves=False),
        ),
        (*mistakes, zero, clipped),
    )


KL = "np.log(p[support]) - np.log(q[support])"
kl_divergence = divergence_task(
    "kl_divergence",
    (
        mistake("swapped", "this is D(q || p): p and q have changed places")(
            ("support = p > 0", "p, q = q, p\n    support = p > 0")
        ),
        mistake("wrong_sign", "the sign is wrong: log(p / q), not log(q / p)")(
            (KL, "np.log(q[support]) - np.log(p[support])")
        ),
        mistake("cross_entropy", "this is the cross-entropy H(p, q): the entropy of p is not subtracted")(
            (KL, "-np.log(q[support])")
        ),
        mistake("base_two", "the logarithm is to base 2, expected the natural one")(("np.log(", "np.log2(")),
        mistake("mean", "this is the mean of the terms, expected their sum")(("np.sum(", "np.mean(")),
        mistake("not_weighted", "the logarithms are not weighted with p")(("p[support] * (", "(")),
    ),
)
cross_entropy = divergence_task(
    "cross_entropy",
    (
        mistake("swapped", "this is H(q, p): p and q have changed places")(
            ("support = p > 0", "p, q = q, p\n    support = p > 0")
        ),
        mistake("wrong_sign", "the minus sign is missing")(("return -np.sum", "return np.sum")),
        mistake("kl", "this is D(p || q): the entropy of p is missing")(
            ("np.log(q[support])", "(np.log(q[support]) - np.log(p[support]))")
        ),
        mistake("base_two", "the logarithm is to base 2, expected the natural one")(("np.log(", "np.log2(")),
        mistake("mean", "this is the mean of the terms, expected their sum")(("np.sum(", "np.mean(")),
    ),
)

TASKS = (kl_divergence, cross_entropy)
