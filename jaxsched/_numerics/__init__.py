"""Arithmetic that stays exact, finite and differentiable in float32."""
