"""How a prompt and its constraints become the turns of a row: templates as data, plans, and the check of the result.

`templates` words and places constraints (templates.yaml holds the words); `plan` draws what holds for which turn, a
second user turn included; `stated` proves that a rendered row states every constraint it is checked for. Does not ask
anybody anything: answers are the business of `respond` and `follow_up`.
"""
