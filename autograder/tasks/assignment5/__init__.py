"""Tasks of assignment 5, saliency, style transfer, adversarial pairs: TOPICS, in the order of the notebooks."""

TOPICS = (
    "saliency",
    "fooling",
    "class_images",
    "content",
    "gram",
    "style",
    "total_variation",
    "transfer",
    "upsampling",
    "stylizing_init",
    "stylizing_net",
    "perceptual_loss",
    "gan",
    "conv_transpose",
    "gan_losses",
    "gan_nets",
)
