"""Shows an object whose repr never ends."""


# %% first cell
class Endless:
    def __repr__(self):
        while True:
            pass


Endless()
