"""Tasks of assignment 2, gates, circuits, backpropagation, the two-layer net: TOPICS, in the order of the notebooks."""

TOPICS = (
    "gates",
    "circuits",
    "matrices",
    "deltas",
    "value",
    "value_backward",
    "two_layer_init",
    "two_layer",
    "two_layer_train",
    "tuning",
)
