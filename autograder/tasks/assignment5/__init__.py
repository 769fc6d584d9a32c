"""Tasks of assignment 5, saliency, style transfer, adversarial pairs: TOPICS, in the order of the notebooks."""

TOPICS = ("visualize", "style", "fast_style", "gan", "gan_losses", "gan_nets")
