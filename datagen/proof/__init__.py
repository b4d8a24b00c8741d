"""Proof of a finished trajectory against its scenario: every call is run again, offline, and no model is asked.

prove       the checks in their order: (scenario, messages, tools) -> one verdict each
reasons     every reason code a check can give, in a line
played      messages -> turns of calls and replies, and what is wrong with their order
replay      the calls run again in a fresh world
matching    made calls against expected ones: each once, in its turn, after what it needs
arguments   expected arguments against given ones, and what kind of mistake a difference is
mentions    the numbers, dates and times that stand in a text
amounts     numbers in digits and in Thai words; clock_times times as they are written and spoken
known       what a reply may mention: the conversation, the results, what follows plainly from them
labels      a value told under the name of its opposite, or denied
values      replies state what was returned and invent nothing
replies     a reply asks, declines or reports as its turn wants; no scaffold of a tool call in it
manners     polite Thai, one speaker, no foreign script
"""
