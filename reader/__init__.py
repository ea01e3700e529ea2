"""The reading page: a local server (FastAPI on loopback) and plain ES modules, with NiiVue as renderer."""
