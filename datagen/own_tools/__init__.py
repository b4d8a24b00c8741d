"""Tools that users bring: functions in Python, OpenAPI files, MCP servers. docs/own_tools.md tells how.

    config        the recipe's section: which files, and whether they may be run
    reading       a file as data, within bounds; what a tools file may hold
    definitions   what all three kinds share: names, descriptions, schemas, what was left out and why
    functions     `tools:` with Python functions; worker and worker_child run them in a process that can be killed
    openapi       operations as tools; http_calls makes the request
    mcp_tools     tools of an MCP server; mcp_session keeps the connection, mcp_guard stands between us and the process
    goals         `goals:` of a tools file, so that scenarios are made of own tools
    recording     every result, so that a row is proven again without running anybody's code
    own_tools     all of it opened and closed together
    saved         what a dataset keeps of its own tools

Nothing of a user's is run, started or called without the flag that allows it.
"""
