"""Floor 9: claims jobs, runs them in isolated processes of their language, and reports how they ended.

`loop` is the process, `exchange` its dialogue with the queue, `execute` the way of one job.
"""
