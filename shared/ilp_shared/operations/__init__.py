"""What an operator runs by hand: maintenance with the workers stopped, recovery of a restored database."""
