"""Tasks of fully_connected.ipynb: the learning rate of an epoch by three schedules."""

from autograder.tasks.spec import Task, mistake, values
from chainrule import optim

__all__ = ["TASKS"]


def draw_schedule(rng):
    return {
        "learning_rate": float(rng.uniform(0.5, 2)),
        "drop": float(rng.uniform(0.2, 0.8)),
        "every": int(rng.integers(3, 6)),
        "rate": float(rng.uniform(0.02, 0.2)),
        "num_epochs": int(rng.integers(7, 15)),
    }


def schedule_task(name, call, checks, mistakes):
    return Task(name, optim, "assignment3", "fully_connected", call, draw_schedule, checks, mistakes)


def every_epoch(function):
    return f"rates = [{function} for epoch in range(25)]"


step_decay = schedule_task(
    "step_decay",
    every_epoch("step_decay(learning_rate, epoch, drop=drop, every=every)"),
    (
        values("25 epochs", 0.5, "rates"),
        values("25 epochs with the defaults", 0.5, "rates", call=every_epoch("step_decay(learning_rate, epoch)")),
    ),
    (
        mistake("smooth", "the rate falls in every epoch: count whole runs with //")(
            ("epoch // every", "epoch / every")
        ),
        mistake("each_epoch", "the rate is multiplied by drop after each epoch, expected after `every` epochs")(
            ("epoch // every", "epoch")
        ),
        mistake("one_early", "the rate falls one epoch too early: epoch 0 is the first of its run")(
            ("(epoch // every)", "((epoch + 1) // every)")
        ),
        mistake("one_late", "the rate falls one epoch too late: epoch `every` is the first with the new rate")(
            ("(epoch // every)", "(max(epoch - 1, 0) // every)")
        ),
        mistake("remainder", "the remainder epoch % every is used, expected the whole runs epoch // every")(
            ("epoch // every", "epoch % every")
        ),
        mistake("multiplied", "drop is multiplied by the number of drops, expected drop to that power")(
            ("drop ** (epoch // every)", "drop * (epoch // every)")
        ),
        mistake("once", "the rate drops once and never again")(("(epoch // every)", "min(epoch // every, 1)")),
        mistake("part_lost", "drop is taken for the part that is lost, expected the part that is left")(
            ("drop **", "(1 - drop) **")
        ),
        mistake("no_rate", "this is the factor alone: multiply it by learning_rate")(("learning_rate * ", "")),
        mistake("default_every", "the default of every is 10")(("every=10", "every=5")),
    ),
)

exponential_decay = schedule_task(
    "exponential_decay",
    every_epoch("exponential_decay(learning_rate, epoch, rate=rate)"),
    (
        values("25 epochs", 0.5, "rates"),
        values("25 epochs with the default", 0.5, "rates", call=every_epoch("exponential_decay(learning_rate, epoch)")),
    ),
    (
        mistake("grows", "the rate grows: the exponent needs a minus sign")(("-rate", "rate")),
        mistake("power", "the rate is multiplied by 1 - rate in every epoch, expected by exp(-rate)")(
            ("np.exp(-rate * epoch)", "(1 - rate) ** epoch")
        ),
        mistake("base", "rate is taken for the base of the power, expected e")(
            ("np.exp(-rate * epoch)", "rate**epoch")
        ),
        mistake("inverse", "this is 1/t decay, 1 / (1 + rate * epoch), expected an exponential")(
            ("np.exp(-rate * epoch)", "1 / (1 + rate * epoch)")
        ),
        mistake("halves", "powers of 2 are used, expected powers of e")(
            ("np.exp(-rate * epoch)", "2 ** (-rate * epoch)")
        ),
        mistake("divided", "the epoch is divided by rate, expected multiplied")(("rate * epoch", "epoch / rate")),
        mistake("one_late", "epoch 0 has the whole rate: the decay starts an epoch too early")(
            ("rate * epoch", "rate * (epoch + 1)")
        ),
        mistake("square", "the square of the epoch is used")(("rate * epoch", "rate * epoch**2")),
        mistake("no_rate", "this is the factor alone: multiply it by learning_rate")(("learning_rate * ", "")),
        mistake("default_rate", "the default of rate is 0.1")(("rate=0.1", "rate=0.05")),
    ),
)

cosine_decay = schedule_task(
    "cosine_decay",
    "rates = [cosine_decay(learning_rate, epoch, num_epochs) for epoch in range(num_epochs)]",
    (
        values("all epochs", 0.5, "rates"),
        values(
            "the end and after it",
            0.5,
            "rates",
            call=every_epoch("cosine_decay(learning_rate, epoch + num_epochs - 2, num_epochs)"),
        ),
    ),
    (
        mistake("comes_back", "after num_epochs the rate rises again: it must stay 0")(
            ("min(epoch / num_epochs, 1)", "epoch / num_epochs")
        ),
        mistake("negative", "the rate becomes negative: the cosine lies between -1 and 1, so add 1 and divide by 2")(
            ("(1 + np.cos(", "(2 * np.cos(")
        ),
        mistake("no_half", "the rate starts at twice learning_rate: divide by 2")((") / 2", ")")),
        mistake("quarter", "a quarter of the wave is used, expected half of it: pi, not pi / 2")(
            ("np.pi *", "np.pi / 2 *")
        ),
        mistake(
            "quarter_alone", "this is cos(pi / 2 * epoch / num_epochs), expected (1 + cos(pi * epoch / num_epochs)) / 2"
        )(("(1 + np.cos(np.pi * min(epoch / num_epochs, 1))) / 2", "np.cos(np.pi / 2 * min(epoch / num_epochs, 1))")),
        mistake("whole_wave", "a whole wave is used, so that the rate comes back: pi, not 2 pi")(
            ("np.pi *", "2 * np.pi *")
        ),
        mistake("no_pi", "the angle lacks the factor pi")(("np.pi * ", "")),
        mistake("rises", "the rate rises: 1 plus the cosine is due, not minus")(("1 + np.cos", "1 - np.cos")),
        mistake("sine", "the sine is taken, expected the cosine")(("np.cos", "np.sin")),
        mistake("straight", "the rate falls along a straight line")(
            ("(1 + np.cos(np.pi * min(epoch / num_epochs, 1))) / 2", "(1 - min(epoch / num_epochs, 1))")
        ),
        mistake("one_short", "num_epochs - 1 is taken for the end: the rate is 0 at epoch num_epochs")(
            ("epoch / num_epochs", "epoch / (num_epochs - 1)")
        ),
        mistake("no_rate", "this is the factor alone: multiply it by learning_rate")(("learning_rate * ", "")),
    ),
)

TASKS = (step_decay, exponential_decay, cosine_decay)
