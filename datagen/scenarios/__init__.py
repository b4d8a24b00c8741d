"""Situations in which an assistant needs tools, each with what must come of it, written before any teacher is asked.

scenario   a situation as data: what the user says, which calls must be made, what the answers must state
goal       what people want of a domain's tools, in several wordings; scenarios are made of goals
"""
