"""Models as everybody here takes them: from a GGUF file, a folder or the hub, with tokenizer and chat template."""
