"""LLM endpoints: the chat client, the answer store, the embedded teacher, the scripted server for tests."""
