"""Tasks of assignment 5, saliency, style transfer, adversarial pairs; course.toml lists the modules in order."""
