"""What each chapter draws, from results and values to pictures.

Each chapter has a file or a folder.
"""
