"""What the independent recount found last."""
