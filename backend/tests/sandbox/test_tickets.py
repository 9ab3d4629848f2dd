"""Tickets for runs that a process has been given ahead."""

import os

from postmill.sandbox.tickets import Tickets


def test_each_ticket_is_read_once() -> None:
    tickets = Tickets()
    tickets.give([1, 2, 3])
    assert os.read(tickets.descriptor, 4) == b"\0\0\0\1"
    assert tickets.take_back() == {2, 3}
    tickets.give([4])
    tickets.close()
    assert tickets.left == {4}


def test_a_process_that_changes_what_it_shares_keeps_nobody_waiting() -> None:
    tickets = Tickets()
    os.set_blocking(tickets.descriptor, True)
    assert tickets.take_back() == set()
    tickets.give([7])
    assert tickets.take_back() == {7}
    tickets.close()
    assert tickets.left == set()
