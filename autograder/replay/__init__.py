"""Reproduce a verdict from its record, and show its evidence as text or as a script that fails.

Used by commands; it uses grading and plainfile, and knows nothing of pages.
"""
