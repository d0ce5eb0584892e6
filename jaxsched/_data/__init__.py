"""How a class becomes data: its fields are declared, what a user gives for them is checked, and JAX sees a pytree."""
