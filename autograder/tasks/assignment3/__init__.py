"""Tasks of assignment 3, deep nets, normalisation, dropout, convolution: TOPICS, in the order of the notebooks."""

TOPICS = ("layers", "activations", "initializers", "optim", "fc_net", "norm", "dropout", "augment", "conv", "convnet")
