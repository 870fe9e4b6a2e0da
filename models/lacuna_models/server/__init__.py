"""A department's server as an engine: vLLM on the hospital's own network, off by default.

`wire` speaks HTTPS with the one host that is allowed; `requests` words what is asked, in vLLM's
documented form, and reads what comes back, trusting none of it; `remote` is the engine.
"""
