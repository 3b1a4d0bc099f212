"""The full-scale runs of the chapter *Fine-tuning*.

Start with the protocol in `grid.py`.

    source      the digits of a seed, and the network that has learnt print
    trials      one trial, and a run that does one after the other
    grid        how many layers, for how long, with how many labels
    cures       what makes a network forget less
    further     longer training, scans that are turned, a probe to convergence
    splits      where a network is cut: the curves AnB and BnB
"""
