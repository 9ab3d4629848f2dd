import os

from postmill.kernel.ids import new_job_id


def test_ids_are_distinct_and_in_order_of_time() -> None:
    ids = [new_job_id() for _ in range(1_000)]
    assert len(set(ids)) == len(ids)
    moments = [job_id.int >> 80 for job_id in ids]
    assert moments == sorted(moments)


def test_a_child_does_not_give_the_ids_of_its_parent() -> None:
    new_job_id()  # so that random bits are at hand that both would take
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.write(writing, new_job_id().bytes[6:])
        os._exit(0)
    os.waitpid(child, 0)
    assert os.read(reading, 10) != new_job_id().bytes[6:]
    os.close(reading)
    os.close(writing)
