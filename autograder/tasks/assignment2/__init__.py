"""Tasks of assignment 2, gates, circuits, backpropagation, the two-layer net: TOPICS, in the order of the notebooks."""

TOPICS = ("gates", "circuits", "deltas", "value", "two_layer")
