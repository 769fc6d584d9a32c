"""A verdict reproduced from its record, with what it rests on, as text or as a script that fails.

For commands; it uses grading and plainfile, and knows nothing of pages.
"""
