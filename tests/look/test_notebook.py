"""Cells of a notebook that end in a schedule show its picture; others show what they did."""

import ast
from html import escape
from typing import Any

import pytest


pytest.importorskip("ipykernel", reason="ipykernel is not installed")
nbclient = pytest.importorskip("nbclient", reason="nbclient is not installed")
nbformat = pytest.importorskip("nbformat", reason="nbformat is not installed")

SETUP = """
import jax, numpy as np, jaxsched as js
wsd = js.wsd(peak_value=0.1, warmup_steps=100, cooldown_steps=200, total_steps=1000)
"""

PICTURES = {
    "a curve": "js.Linear(1.0, 0.0, 100)",
    "a recipe": "wsd",
    "a stack": "js.Linear([1.0, 2.0], 0.0, 100)",
    "a composition": "js.shift(wsd, 10) * 2",
    "a function": "js.FromFunction(lambda t: 1.0 / (t + 1.0))",
    "numbers of JAX": "jax.tree.map(jax.numpy.asarray, wsd)",
}

TEXTS = {
    "a list": "[wsd, wsd]",
    "configurations": "js.grid(peak_value=[0.1, 0.2])",
    "results": "js.Results(js.grid(peak_value=[0.1, 0.2]), {'loss': np.array([1.0, 2.0])})",
    "landmarks": "js.landmarks(wsd, 1000)",
    "an empty stack": "js.Constant([])",
    "what is no number": "js.FromFunction(lambda t: jax.numpy.nan * t)",
}


def displayed(sources: list[str]) -> list[dict[str, Any]]:
    """What each cell displays, by its type; an error in a cell is one here."""
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source) for source in sources])
    nbclient.NotebookClient(notebook, timeout=120, kernel_name="python3").execute()
    nbformat.validate(notebook)
    for cell in notebook.cells:
        assert all(output.output_type == "execute_result" for output in cell.outputs), cell.outputs
    return [cell.outputs[0].data if cell.outputs else {} for cell in notebook.cells]


def test_a_notebook_shows_pictures_of_schedules_and_the_text_of_all_else():
    reprs = f"[repr(x) for x in ({', '.join(PICTURES.values())})]"
    _, texts, *shown = displayed([SETUP, reprs, *PICTURES.values(), *TEXTS.values()])
    outputs = dict(zip([*PICTURES, *TEXTS], shown, strict=True))
    for name, text in zip(PICTURES, ast.literal_eval(texts["text/plain"]), strict=True):
        assert set(outputs[name]) == {"text/html", "text/plain"}, name
        assert outputs[name]["text/plain"] == text, name
        page = outputs[name]["text/html"]
        assert page.startswith("<div><svg ") and page.count("</svg>") == 1 and escape(text) in page, name
    for name in TEXTS:
        assert outputs[name]["text/plain"] and "text/html" not in outputs[name], name
    assert "step 800: 0.1: Linear begins" in outputs["a recipe"]["text/html"]
    assert "2 rows" in outputs["a stack"]["text/html"].split("\n")
    assert outputs["a list"]["text/plain"].count("wsd(") == 2
