"""Mixture of experts: the tasks, and the training runs on them."""
