"""Whoever samples from a policy: engines (prompt ids in, sampled ids and log-probabilities out), and trajectories.

engine               what an engine is: transformers_engine, vllm_engine
trajectory           what a policy did from a prompt on; in a single turn
agentic              the same in several turns, with tools; tool_turns: what a tool said, as ids
questions            questions for an environment as prompts
agent_metrics        what trajectories with tools were like, for the log
config, environment_config   the sections of the recipe, without torch
"""
