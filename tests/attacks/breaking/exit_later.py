"""Ends the process half a second after its cell, again and again."""

# %% first cell
import os
import threading

threading.Timer(0.5, os._exit, [0]).start()
