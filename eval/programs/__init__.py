"""Programs that a model wrote, run against tests where they can do no harm.

    running      what a run tells, the prelude that programs may count on, and which sandbox is used
    bubblewrap   CPython in Linux namespaces: no network, no files, bounded memory and time (bwrap must be installed)
    interpreter  the interpreter of `constraints.sandbox`: everywhere, but a dialect, so that much is left undecided
    tests        tests of a program: text in and out, or a function called

No program runs anywhere else: where no sandbox can tell, the answer is UNDECIDED.
"""
