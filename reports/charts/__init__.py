"""Charts drawn on the server: Vega-Lite specs as plain dicts, made into one SVG that serves both themes.

`shapes` has a function per question (fan, curve, roc, …), each giving a `Chart`; `{{ chart }}` in a template draws it.
"""
