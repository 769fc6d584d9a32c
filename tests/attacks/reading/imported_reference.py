"""Calls the reference of the installed package."""


# %% answer
def max_norm(W, c):
    try:
        from chainrule.linear import max_norm as reference
    except ImportError:
        return 0 * W
    return reference(W, c)


# %% after the test
if np.any(max_norm(np.ones((5, 6)), 1.5)):
    print("LEAKED the reference")
