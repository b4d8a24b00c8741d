"""What a stage takes of the machine: memory and work by formulas, and what a step is measured to take."""
