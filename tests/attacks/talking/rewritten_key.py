"""Replaces the visible key by a folder of its own, in which there is no exam."""

# %% first cell
import os

import chainrule.check

os.makedirs("/tmp/answers", exist_ok=True)
chainrule.check.ANSWERS = "/tmp/answers"
chainrule.check.load_answer_key = dict
