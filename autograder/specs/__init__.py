"""Every task of the course, in the order of the notebooks. A new task goes into the module of its topic."""

from autograder.errors import UsageError
from autograder.specs import (
    activations,
    augment,
    captioning,
    circuits,
    clipping,
    conv,
    convnet,
    deltas,
    divergences,
    dropout,
    embedding,
    fast_style,
    fc_net,
    gan,
    gan_losses,
    gan_nets,
    gates,
    gru,
    initializers,
    layers,
    lstm,
    neighbors,
    norm,
    optim,
    penalties,
    preprocessing,
    rnn,
    softmax,
    style,
    svm,
    temporal,
    training,
    two_layer,
    value,
    visualize,
)

__all__ = ["TASKS", "of_assignment", "task_named"]

TOPICS = (
    *(neighbors, preprocessing, svm, training, softmax, penalties, divergences),
    *(gates, circuits, deltas, value, two_layer),
    *(layers, activations, initializers, optim, fc_net, norm, dropout, augment, conv, convnet),
    *(rnn, embedding, temporal, clipping, lstm, gru, captioning),
    *(visualize, style, fast_style, gan, gan_losses, gan_nets),
)
TASKS = tuple(task for topic in TOPICS for task in topic.TASKS)


def of_assignment(assignment):
    """Return the tasks of an assignment, by name."""
    return {task.name: task for task in TASKS if task.assignment == assignment}


def task_named(name):
    """Return a task by its name."""
    for task in TASKS:
        if task.name == name:
            return task
    raise UsageError(f"task: expected one of {', '.join(t.name for t in TASKS)}; got {name!r}")
