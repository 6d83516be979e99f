"""Policy packs as the API shows them."""
