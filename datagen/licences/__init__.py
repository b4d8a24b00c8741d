"""Under which licence a dataset may leave the house, derived from what its manifest says it was made of.

`derive` asks two questions: do the licences of the sources allow one collection, and do the terms of the models that
answered and judged allow others to train on their outputs. Each "no" and each "not known" is a sentence in
`conflicts`; whoever publishes all the same says so in writing (`Override`), and the card keeps it. This is bookkeeping,
not legal advice: it knows the licences in source_licences.py and the models in models.yaml, and trusts the names it
is given.
"""

from datagen.licences.derive import DerivedLicence, ModelUse, SourceUse, derive
from datagen.licences.terms import ModelTerms, Override, terms_of

__all__ = ["DerivedLicence", "ModelTerms", "ModelUse", "Override", "SourceUse", "derive", "terms_of"]
