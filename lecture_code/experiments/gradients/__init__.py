"""Full-scale runs of the chapters on gradients through discrete choices."""
