"""Situations in which an assistant needs tools, each with what must come of it, written before any teacher is asked.

scenario   a situation as data: what the user says, which calls must be made, what the answers must state
goal       what people want of a domain's tools, in several wordings; scenarios are made of goals
library    tools and goals, and what each goal is good for
kinds      goals put into turns, a function for each kind of scenario
drawing    scenario number n of a seed
reference  a scenario carried out as it should be: calls, results, state, a plain conversation
speaker, phrases, offer   who asks, the Thai around requests, what else is on offer
"""
