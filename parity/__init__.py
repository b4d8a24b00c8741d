"""The parity audit: is what the trainer computes, on a user's own model and data, what the textbook says.

`dense` has the reference formulas, in fp64 and without a line of the trainer's losses; `checks` compares, `audit`
loads model, teacher and rows and goes through the checks, `report` writes what came out. The trainer does not know
this room; only its command line hands over.
"""
