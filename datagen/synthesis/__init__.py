"""Constraint synthesis (AutoIF steps 1 to 5): seed constraints in, a constraint pack out.

`seeds` and `ideas` find what to ask for, `functions` and `cases` have the teacher write verifiers and examples,
`agreement` cross-validates them, `mutation` breaks answers and sees who notices, `meaning` translates functions back
and compares, `wording` says it in Thai, `synthesize` runs the steps in this order and `output` writes the pack.
"""
