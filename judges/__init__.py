"""Judges: a model that scores a text by a guideline, for rewards and for evaluation. No torch.

    fence      what is judged, made safe to show: data between marks that it cannot hold
    guideline  what is asked: a guideline, a scale, the words around them
    verdict    what is read from the reply: a score in the one place where it may stand, or why there is none
    judge      the question put and its reply read
    endpoint   an OpenAI-compatible server to ask, with retries, a store of judgements and a limit of time for a batch

A judgement that cannot be had is None with a fault that is counted, never a low score. Does not cover which answers are
judged, nor what a score is worth: that is the business of rewards/ and eval/.
"""
