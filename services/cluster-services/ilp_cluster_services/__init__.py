"""cluster-services: who acts on a finding. Opens follow-up tasks and referrals from screenings and tracks them."""
