"""Tasks of assignment 3, deep nets, normalisation, dropout, convolution: TOPICS, in the order of the notebooks."""

TOPICS = (
    "layers",
    "scores",
    "activations",
    "maxout",
    "initializers",
    "optim",
    "schedules",
    "fc_net_init",
    "fc_net",
    "norm_rows",
    "norm_images",
    "norm",
    "dropout",
    "augment",
    "conv",
    "pooling",
    "conv_affine",
    "convnet",
)
