"""What a dataset has to pass before it leaves the house, and what is shown of it: the rules of `typhoon-data publish`.

`outgoing` says which files go, `scan` looks for leaks in them, `invented` tells what a program made up, `row_changes`
compares rows with those on the Hub, `checks` puts the order together. Sending and fetching is the business of `hub`.
"""
