"""What an answer is worth: samples in, one number each or the reason why there is none. No torch.

    reward                what a reward is, and several weighed into one
    config                the recipe's section `rewards`: one field per kind, each with its weight
    constraint_verdicts   the share of a row's constraints that the answer keeps
    right_answers         word for word, as a number, as an option, as mathematics
    maths_check           whether an answer equals a reference as mathematics (maths_compare, in its own process)
    answer_key            the answer of a question of `environments`, by value
    answer_form           JSON of a schema, tags, purity of the Thai, length
    llm_judge             what a judge model says by a guideline
    own_function          the user's own Python function
    final_answer          which part of what was said is the answer; answer_columns: what a row says is right
    counts                what a batch got, and what could not be computed, by reason
    advantages            from the rewards of a group to the advantage of each of its samples

A reward that could not be computed is None: its sample is left out of its group and counted, never scored 0.
"""
