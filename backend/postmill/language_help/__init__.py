"""Help while code is written: completion, hover, definition, diagnostics and formatting from language servers.

A thin bridge: editors speak a few words of our own (``session``), language servers speak their protocol over pipes
(``connection``) from inside the sandbox (``process``). Nothing here decides who may open a session; what a session
may see is decided by ``readable``.
"""
