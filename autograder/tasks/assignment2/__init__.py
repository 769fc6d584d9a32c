"""Tasks of assignment 2, gates, circuits, backpropagation, the two-layer net; course.toml lists the modules in order."""
