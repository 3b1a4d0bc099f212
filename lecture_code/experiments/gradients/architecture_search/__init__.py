"""The full-scale runs of the chapter *Architecture search*.

table                  every child for digits, trained five times
table_facts            what this table says before any search
searchers              what each way to search finds with 500 queries
single_search          one repeat of one searcher
characters             the text and the language models that judge recurrent cells
cells                  searches for a recurrent cell
trained_cells          the two best cells beside LSTM, GRU and plain recurrent net
rule_training          small networks, each trained with an update rule of its own
optimizers             which update rule trains best: all rules of one block
optimizers_transfer    the best rules in longer trainings and other networks
"""
