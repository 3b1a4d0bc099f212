"""What the commands of run.py and the book's build are made of.

Nothing in here is imported by the book or its package.
"""
