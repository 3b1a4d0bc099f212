"""Small Sphinx extensions of the book's own.

Each module is one; `_config.yml` lists them.
"""
