"""The dataset card's template (`dataset_card.md.j2`) and the card of the shipped sample dataset."""
