"""What a schedule is: a pure function of the step, stored as data, that can be called, combined and asked."""
