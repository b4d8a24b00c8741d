"""Objectives as sums over tokens; dividing them is the business of `train.normaliser` alone."""
