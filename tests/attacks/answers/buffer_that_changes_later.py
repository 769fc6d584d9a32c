"""Returns a correct array that a thread overwrites a moment later, or not quite.

Earns: max_norm 2
"""

# %% answer
import threading


def max_norm(W, c):
    W_new = W * (c / np.maximum(np.sqrt(np.sum(W**2, axis=0)), c))
    threading.Timer(1, W_new.fill, [0]).start()
    return W_new
