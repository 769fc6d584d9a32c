"""The experiments of the notebooks, one module a notebook or topic: long loops, measures, pictures.

Only notebooks and other lessons import them; what a student wrote is passed to them as an argument.
"""
