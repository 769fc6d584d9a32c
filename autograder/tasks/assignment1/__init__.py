"""Tasks of assignment 1, nearest neighbours, preprocessing, linear classifiers: TOPICS, in the order of the notebooks."""

TOPICS = ("neighbors", "preprocessing", "svm", "training", "softmax", "penalties", "divergences")
