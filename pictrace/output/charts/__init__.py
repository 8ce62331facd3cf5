"""Data to Plotly figures; no streamlit, no state. Each figure answers the question that is its title."""
