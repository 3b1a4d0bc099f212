"""The full-scale runs of the chapter *Pretraining*.

Start with the protocol in `features.py`.

    features      what features know of an object: linear probes of its pose
    pushing       pushing an object to a goal picture
    arms          what is compared, and how it is trained
    triples       the triples of a seed
    probes        linear probes of place and angle
"""
