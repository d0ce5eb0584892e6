"""Schedules made of schedules: one after another, on another clock, for another horizon, one of several."""
