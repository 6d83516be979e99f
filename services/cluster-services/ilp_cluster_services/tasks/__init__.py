"""Follow-up tasks and referrals: the list people work through, and what they do with each."""
