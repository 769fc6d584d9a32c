"""Tasks of assignment 3, deep nets, normalisation, dropout, convolution; course.toml lists the modules in order."""
