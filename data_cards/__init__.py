"""The dataset card's template, `dataset_card.md.j2`; filled from a build's manifest by `datagen.card`."""
