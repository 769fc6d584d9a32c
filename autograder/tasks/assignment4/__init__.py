"""Tasks of assignment 4, recurrent nets and captions: TOPICS, in the order of the notebooks."""

TOPICS = ("rnn", "embedding", "temporal", "clipping", "lstm", "gru", "captioning")
