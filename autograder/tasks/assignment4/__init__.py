"""Tasks of assignment 4, recurrent nets and captions: TOPICS, in the order of the notebooks."""

TOPICS = (
    "rnn_steps",
    "rnn",
    "embedding",
    "temporal",
    "clipping",
    "lstm",
    "gru",
    "captioning",
    "caption_loss",
    "caption_search",
)
