"""Recurrent networks and what goes with them, a module a topic; everything public is here, too.

`rnn`: the recurrent layer; `lstm`, `gru`: those with gates; `embedding`: word vectors; `temporal`: layers and loss at
every step of a sequence; `clipping`: vanishing, exploding and clipped gradients.
"""

from chainrule.recurrent import clipping, embedding, gru, lstm, rnn, temporal
from chainrule.recurrent.clipping import *  # noqa: F403
from chainrule.recurrent.embedding import *  # noqa: F403
from chainrule.recurrent.gru import *  # noqa: F403
from chainrule.recurrent.lstm import *  # noqa: F403
from chainrule.recurrent.rnn import *  # noqa: F403
from chainrule.recurrent.temporal import *  # noqa: F403

__all__ = [*clipping.__all__, *embedding.__all__, *gru.__all__, *lstm.__all__, *rnn.__all__, *temporal.__all__]
