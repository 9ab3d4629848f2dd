"""Tools of languages as plain child processes, where a test needs no walls around them."""

import asyncio

from postmill.languages.tool import ToolCall, ToolEnd


async def plain_tool(call: ToolCall) -> ToolEnd:
    """Runs a tool without isolation, with exactly the environment that the call gives."""
    process = await asyncio.create_subprocess_exec(
        *call.argv,
        cwd=call.cwd,
        env=call.env,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    output, _ = await asyncio.wait_for(process.communicate(), call.timeout_seconds)
    call.log.write(output)
    assert process.returncode is not None
    return ToolEnd(process.returncode)
