"""Tasks of assignment 1, nearest neighbours, preprocessing, linear classifiers; course.toml lists the modules in order."""
