"""Conversations in which a teacher calls tools: how it is told of them, how its calls are read, how a turn is played.

prompted   tools in a system message and calls in the text, for teachers without tool calling; lenient reading
calling    both ways behind one interface, and the probe that finds out which a teacher knows
playing    the scenario played turn by turn: ask, call, tell the result, ask again
scripted   a teacher that answers as the reference conversation does, for tests
"""
