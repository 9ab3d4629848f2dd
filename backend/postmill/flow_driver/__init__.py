"""Floor 7: makes decisions about flows durable. It decides and evaluates outside of transactions and commits once.

`driver.Driver` is what workers use. `unit` collects what one commit writes; `values`, `contexts` and `documents` fetch
what decisions and expressions need; `children` turns what a step does into jobs.
"""
