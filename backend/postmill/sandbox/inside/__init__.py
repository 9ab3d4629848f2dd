"""What runs on the inner side of the wall: standard library only, any Python from 3.10 on.

These modules are loaded by the bare interpreter of a job (``python -I -S``), where nothing of the worker's
environment is installed. They never import anything else of Postmill.
"""
