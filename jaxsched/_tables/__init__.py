"""Many schedules at many steps: tables of configurations, stacks, blocks of values."""
