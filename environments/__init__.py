"""Environments with tools for agentic rollouts and agentic tasks. No torch: trainer and harness bring the model.

    corpus            sections that a user gives, as JSONL: read, checked, hashed
    index             BM25 over Thai words, in an order that never changes
    environment       what a rollout needs: tools, a question, calls answered by bounded observations
    search_read       the shipped environment: `search` finds sections, `read` shows one
    workers           episodes in processes that may hang, crash or be killed; worker_process is what runs in them
    steps             calls that were made, and what was read after a search
    answers           whether a reply says the answer of a question
    choices           which option a reply chooses, by its letter
    question          a question with its answer
    municipal         the shipped corpus: an invented Thai municipal code, and 200 questions about it
    server            the corpus over HTTP on loopback, for other trainers

docs/environments.md tells how to bring a corpus and an environment.
"""
