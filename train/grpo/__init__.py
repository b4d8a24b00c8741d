"""GRPO and InK-GRPO: rollouts in groups, a clipped objective on their advantages, a gated loss on text beside it."""
