"""Several processes, one result: ranks that share the work, and models of which each holds a part."""
