"""Payloads of all domain events, by domain and major version. Additive inside a major; breaking means a new one."""
