"""Code of the book."""
