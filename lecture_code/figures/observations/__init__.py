"""What the chapters on transfer across observations draw."""
