"""The full-scale runs of the chapter *Architecture search*.

table                  every child for digits, trained three times
rule_training          small networks, each trained with an update rule of its own
optimizers             which update rule trains best: all rules of one block
optimizers_transfer    whether their ranks hold elsewhere
replicas               what many children of a gradient buy, what staleness costs
"""
