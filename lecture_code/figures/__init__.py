"""What each chapter draws, from results and values to pictures.

Each chapter has a folder, such as `dynamics/epopt/`; its first lines say what each of
its files draws. `landing.py` draws the first picture of the book. The toolkit is the
room `show`.
"""
