"""What is left of the work on a flow when it is committed."""

import gc

from postmill.flow_driver.unit import Unit
from tests.flow_driver.conftest import Works
from tests.flow_driver.test_flows import prepare, script
from tests.job_makers import until


async def test_a_unit_goes_with_its_commit(works: Works) -> None:
    """It holds results, which may be long: they go at once, not when the collector of cycles comes round."""
    prepare(works)

    async def none_is_left() -> bool:
        return not any(type(thing) is Unit for thing in gc.get_objects())

    gc.collect()
    gc.disable()
    try:
        async with works.working():
            done = await works.run(script("a", n=1), script("b", "double", n="results.a"))
            assert done == ("success", 2)
            await until(none_is_left)
    finally:
        gc.enable()
