"""The full-scale runs of the chapter *(CAD)²RL*.

Start with the protocol in `flights.py`.

    flights    the comparison: who flies how far in which looks
    variants   other lenses, fewer textures, and other questions to the classifier
    steering   three directions, with the right answers and with roll-outs
    looks      which part of a "real" look makes flights shorter
    arms       what is trained, and rules that need no training
    weights    the networks of one seed in 8 bits
"""
