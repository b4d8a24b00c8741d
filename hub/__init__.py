"""What leaves the house for the Hugging Face Hub: looking for leaks, comparing, sending in one commit, looking again.

Used by `typhoon-data publish` and `typhoon-train publish`, which know what their files mean; nothing here does.
`repository.py` alone talks to the Hub, through the official client. Tokens are the client's own business: its login,
or HF_TOKEN. They are on no command line, in no file and in no message of ours.
"""
