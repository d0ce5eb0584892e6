"""How a schedule looks: its outline, its landmarks, and its picture in a notebook, without matplotlib."""
