"""What an answer is worth: samples in, one number each or the reason why there is none. No torch.

    reward                what a reward is, and several weighed into one
    config                the recipe's section `rewards`: one field per kind, each with its weight
    constraint_verdicts   the share of a row's constraints that the answer keeps
    maths_check           whether an answer equals a reference as mathematics (maths_compare, in its own process)
    advantages            from the rewards of a group to the advantage of each of its samples

A reward that could not be computed is None: its sample is left out of its group and counted, never scored 0.
"""
