"""The full-scale runs of the chapter *Pretraining*.

Start with the protocol in `features.py`.

    features      what features know of an object: linear probes of its pose
    longer        the same after a training that is three times as long
    collapse      what keeps features from becoming all the same
    pushing       pushing an object to a goal picture
    arms          what is compared, and how it is trained
    limits        what slowness keeps, and what no features can tell
    told          an inverse model that is told the poses
    kept          networks that are kept for the page
    triples       the triples of a seed
    probes        linear probes of place and angle
"""
