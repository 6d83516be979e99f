"""What an operator watches: objectives and alerts (`slo.yaml`), and the rules, tests and dashboards made from them."""
