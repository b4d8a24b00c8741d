"""Rows of tool use in the forms that others read.

template_form  what a model's chat template takes: calls side by side or one at a time, or none at all
chat_input     a row -> the messages and tools that `tokenizer.apply_chat_template` wants, in that form
prompted       calls and results as text, for templates that know no tools
layouts        a row as a line of another data set's layout (messages, xlam, toolace), or why it has none
xlam, toolace  those two layouts
jsonl          the rows of a dataset as lines, and a count of those left out
"""
