"""Tools that a row's assistant may call: what the teacher is told of each, and the simulator that answers its calls.

    tool       a tool: name, domain, JSON Schema in Thai and English, the function that answers
    world      what tools read and change: a date, a seed for everything that is looked up, the state calls leave
    execute    one call as a model wrote it -> what the model sees: checked, run, bounded
    words      dates and amounts as Thai people type them

The shipped tools are in datagen/domains.
"""
