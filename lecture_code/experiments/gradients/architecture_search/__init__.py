"""The full-scale runs of the chapter *Architecture search*.

table           every child for digits, trained three times
table_facts     what this table says before any search
searchers       what each way to search finds with 500 queries
single_search   one repeat of one searcher
"""
