# ruff: noqa: E501
# Scripts stand in one line each.
"""What holds for every language of the registry, with the same words in each language."""

import asyncio
import json

import pytest

from postmill.languages.registry import LANGUAGES
from postmill.model.limits import Limits

from .conftest import LIMITS, SHORTEST_SECONDS, Bench, until_said

SCRIPTS: dict[str, dict[str, str]] = {
    "python3": {
        "echo": "def main(x: str):\n    print('said ' + x)\n    return x\n",
        "fail": "def main():\n    print('last words')\n    raise SystemExit(3)\n",
        "sleep": "import time\ndef main():\n    print('asleep')\n    time.sleep(60)\n",
        "stubborn": "import signal, time\ndef main():\n    signal.signal(15, signal.SIG_IGN)\n    print('asleep')\n"
        "    while True: time.sleep(60)\n",
        "hog": "import time\ndef main():\n    x = b'x' * 300000000\n    time.sleep(600)\n",
        "bomb": "import os\ndef main():\n    while True:\n        try: os.fork()\n        except OSError: pass\n",
        "daemon": "import subprocess\ndef main():\n    subprocess.Popen(['sleep', '600'], start_new_session=True)\n"
        "    return 'done'\n",
        "noise": "import os\ndef main():\n    os.write(1, b'\\xff\\x00\\xfe\\n')\n    return 'done'\n",
        "leave": "def main():\n    open('left', 'w').write('x')\n    open('/tmp/left', 'w').write('x')\n    return 'done'\n",
        "look": "import os\ndef main():\n    return ' '.join(os.listdir('.') + os.listdir('/tmp'))\n",
        "where": "import os\ndef main():\n    return os.getcwd() + ' ' + os.environ['WM_WORKSPACE']\n",
        "stream": "def main():\n    print('WM_STREAM: one\\\\n')\n    print('log')\n    print('WM_STREAM: two')\n",
        "signal": "import os\ndef main():\n    os.kill(os.getpid(), 9)\n",
        "large": "def main():\n    return 'x' * 5000000\n",
        "processes": "import os\ndef main():\n    return str(len([p for p in os.listdir('/proc') if p.isdigit()]))\n",
    },
    "bun": {
        "echo": "export function main(x: string) { console.log('said ' + x); return x }\n",
        "fail": "export function main() { console.log('last words'); process.exit(3) }\n",
        "sleep": "export async function main() { console.log('asleep'); await Bun.sleep(60_000) }\n",
        "stubborn": "export async function main() {\n  process.on('SIGTERM', () => {});\n  console.log('asleep');\n"
        "  for (;;) await Bun.sleep(60_000)\n}\n",
        "hog": "export async function main() {\n  const x = new Uint8Array(300_000_000).fill(1); await Bun.sleep(600_000); return x.length\n}\n",
        "bomb": "export function main() { for (;;) try { Bun.spawn(['sleep', '600']) } catch {} }\n",
        "daemon": "import { spawn } from 'node:child_process';\nexport function main() {\n"
        "  spawn('sleep', ['600'], { detached: true, stdio: 'inherit' });\n  return 'done'\n}\n",
        "noise": "import fs from 'node:fs';\nexport function main() {\n"
        "  fs.writeSync(1, Buffer.from([0xff, 0, 0xfe, 10]));\n  return 'done'\n}\n",
        "leave": "import fs from 'node:fs';\nexport function main() {\n  fs.writeFileSync('left', 'x');\n"
        "  fs.writeFileSync('/tmp/left', 'x');\n  return 'done'\n}\n",
        "look": "import fs from 'node:fs';\nexport function main() {\n"
        "  return [...fs.readdirSync('.'), ...fs.readdirSync('/tmp')].join(' ')\n}\n",
        "where": "export function main() { return process.cwd() + ' ' + process.env.WM_WORKSPACE }\n",
        "stream": "export function main() {\n"
        "  console.log('WM_STREAM: one\\\\n'); console.log('log'); console.log('WM_STREAM: two')\n}\n",
        "signal": "export function main() { process.kill(process.pid, 'SIGKILL') }\n",
        "large": "export function main() { return 'x'.repeat(5_000_000) }\n",
        "processes": "import fs from 'node:fs';\nexport function main() {\n"
        "  return String(fs.readdirSync('/proc').filter(name => /^\\d+$/.test(name)).length)\n}\n",
    },
    "deno": {
        "echo": "export function main(x: string) { console.log('said ' + x); return x }\n",
        "fail": "export function main() { console.log('last words'); Deno.exit(3) }\n",
        "sleep": "export async function main() { console.log('asleep'); await new Promise(r => setTimeout(r, 60_000)) }\n",
        "stubborn": "export async function main() {\n  Deno.addSignalListener('SIGTERM', () => {});\n  console.log('asleep');\n"
        "  for (;;) await new Promise(r => setTimeout(r, 60_000))\n}\n",
        "hog": "export async function main() {\n  const x = new Uint8Array(300_000_000).fill(1);\n"
        "  await new Promise(r => setTimeout(r, 600_000)); return x.length\n}\n",
        "bomb": "export function main() {\n  for (;;) try { new Deno.Command('sleep', { args: ['600'] }).spawn() } catch {}\n}\n",
        "daemon": "export function main() {\n  new Deno.Command('setsid', { args: ['sleep', '600'] }).spawn();\n  return 'done'\n}\n",
        "noise": "export function main() {\n  Deno.stdout.writeSync(new Uint8Array([0xff, 0, 0xfe, 10]));\n  return 'done'\n}\n",
        "leave": "export function main() {\n  Deno.writeTextFileSync('left', 'x');\n"
        "  Deno.writeTextFileSync('/tmp/left', 'x');\n  return 'done'\n}\n",
        "look": "export function main() {\n"
        "  return [...Deno.readDirSync('.'), ...Deno.readDirSync('/tmp')].map(entry => entry.name).sort().join(' ')\n}\n",
        "where": "export function main() { return Deno.cwd() + ' ' + Deno.env.get('WM_WORKSPACE') }\n",
        "stream": "export function main() {\n"
        "  console.log('WM_STREAM: one\\\\n'); console.log('log'); console.log('WM_STREAM: two')\n}\n",
        "signal": "export function main() { Deno.kill(Deno.pid, 'SIGKILL') }\n",
        "large": "export function main() { return 'x'.repeat(5_000_000) }\n",
        "processes": "export function main() {\n"
        "  return String([...Deno.readDirSync('/proc')].filter(entry => /^\\d+$/.test(entry.name)).length)\n}\n",
    },
    "bash": {
        "echo": 'x="$1"\necho "said $x"\nprintf "%s\\n" "$x"\n',
        "fail": "echo last words\nexit 3\n",
        "sleep": "echo asleep\nsleep 60\n",
        "stubborn": "trap '' TERM\necho asleep\nwhile true; do sleep 60 || true; done\n",
        "hog": "{ head -c 300000000 /dev/zero; sleep 600; } | tail -c 300000000\n",
        "bomb": "b() { b | b & b; }\nb\n",
        "daemon": "setsid sleep 600 &\necho done\n",
        "noise": "printf '\\xff\\x00\\xfe\\n'\necho done\n",
        "leave": "echo x > left\necho x > /tmp/left\necho done\n",
        "look": "rm main.sh\necho $(ls -A . /tmp | grep -v :)\n",
        "where": 'echo "$(pwd) $WM_WORKSPACE"\n',
        "stream": "echo 'WM_STREAM: one\\n'\necho log\necho 'WM_STREAM: two'\n",
        "signal": "kill -9 $$\n",
        "large": "head -c 5000000 /dev/zero | tr '\\\\0' x > result.out\n",
        "processes": "set -- /proc/[0-9]*\necho $#\n",
    },
    "go": {
        "echo": 'import "fmt"\nfunc main(x string) (string, error) {\n\tfmt.Println("said " + x)\n\treturn x, nil\n}\n',
        "fail": 'import ("fmt"; "os")\nfunc main() error {\n\tfmt.Println("last words")\n\tos.Exit(3)\n\treturn nil\n}\n',
        "sleep": 'import ("fmt"; "time")\nfunc main() {\n\tfmt.Println("asleep")\n\ttime.Sleep(time.Minute)\n}\n',
        "stubborn": 'import ("fmt"; "os/signal"; "syscall"; "time")\nfunc main() {\n\tsignal.Ignore(syscall.SIGTERM)\n'
        '\tfmt.Println("asleep")\n\tfor { time.Sleep(time.Minute) }\n}\n',
        "hog": 'import ("bytes"; "time")\nfunc main() int {\n\tx := bytes.Repeat([]byte("x"), 300000000)\n'
        "\ttime.Sleep(10 * time.Minute)\n\treturn len(x)\n}\n",
        "bomb": 'import "os/exec"\nfunc main() {\n\tfor { exec.Command("sleep", "600").Start() }\n}\n',
        "daemon": 'import ("os/exec"; "syscall")\nfunc main() (string, error) {\n\tcommand := exec.Command("sleep", "600")\n'
        '\tcommand.SysProcAttr = &syscall.SysProcAttr{Setsid: true}\n\treturn "done", command.Start()\n}\n',
        "noise": 'import "os"\nfunc main() string {\n\tos.Stdout.WriteString("\\xff\\x00\\xfe\\n")\n\treturn "done"\n}\n',
        "leave": 'import "os"\nfunc main() string {\n\tos.WriteFile("left", []byte("x"), 0o600)\n'
        '\tos.WriteFile("/tmp/left", []byte("x"), 0o600)\n\treturn "done"\n}\n',
        "look": 'import ("os"; "strings")\nfunc main() string {\n\tos.Remove("args.json")\n\tvar names []string\n'
        '\tfor _, folder := range []string{".", "/tmp"} {\n\t\tfound, _ := os.ReadDir(folder)\n'
        "\t\tfor _, entry := range found { names = append(names, entry.Name()) }\n\t}\n"
        '\treturn strings.Join(names, " ")\n}\n',
        "where": 'import "os"\nfunc main() string {\n\tfolder, _ := os.Getwd()\n\treturn folder + " " + os.Getenv("WM_WORKSPACE")\n}\n',
        "stream": 'import "fmt"\nfunc main() {\n\tfmt.Println("WM_STREAM: one\\\\n")\n\tfmt.Println("log")\n\tfmt.Println("WM_STREAM: two")\n}\n',
        "signal": 'import "syscall"\nfunc main() { syscall.Kill(syscall.Getpid(), syscall.SIGKILL) }\n',
        "large": 'import "strings"\nfunc main() string { return strings.Repeat("x", 5000000) }\n',
        "processes": 'import ("fmt"; "path/filepath")\nfunc main() string {\n\tfound, _ := filepath.Glob("/proc/[0-9]*")\n'
        "\treturn fmt.Sprint(len(found))\n}\n",
    },
}

NOT_HERE = ("powershell", "nativets", "bunnative", "duckdb")
"""Languages whose program test machines do not have, or that have neither files nor processes; each has tests of its own."""

pytestmark = pytest.mark.parametrize(
    "language",
    [name for name in (one.name for one in LANGUAGES if one.runs_in == "process") if name not in NOT_HERE],
)


def test_every_language_is_tested(language: str) -> None:
    assert SCRIPTS[language].keys() == SCRIPTS["python3"].keys()


@pytest.mark.parametrize("text", ["hello", "", "ü 😀 'q' \"d\" $HOME `id` \\", "a\nb", "-n"])
async def test_arguments_come_in_and_results_go_out(bench: Bench, language: str, text: str) -> None:
    ran = await bench.run(language, SCRIPTS[language]["echo"], {"x": text, "undeclared": 1})
    assert ran.end == "success", ran.result
    assert ran.result == (text.split("\n")[-1] if language == "bash" else text)
    assert ran.log.printed.decode().startswith(f"said {text}\n")
    assert b"CODE EXECUTION ---\n" in ran.log.data
    assert ran.outcome.isolation == "sandbox"
    assert ran.outcome.memory_peak_kb > 1000


async def test_a_failure_says_its_exit_code(bench: Bench, language: str) -> None:
    ran = await bench.run(language, SCRIPTS[language]["fail"])
    assert ran.end == "error"
    assert ran.result["exit_code"] == 3
    assert ran.log.printed == b"last words\n"


async def test_time_is_bounded(bench: Bench, language: str) -> None:
    for seconds in SHORTEST_SECONDS:
        limits = Limits(wall_seconds=seconds, grace_seconds=5)
        ran = await bench.run(language, SCRIPTS[language]["sleep"], limits=limits)
        assert ran.end == "timeout"
        assert f"timed out after {seconds:g} s" in ran.result["message"]
        if ran.log.printed:
            break
    assert ran.log.printed == b"asleep\n"


async def test_who_ignores_the_request_to_end_is_ended(bench: Bench, language: str) -> None:
    limits = Limits(wall_seconds=0.5, grace_seconds=0.2)
    ran = await bench.run(language, SCRIPTS[language]["stubborn"], limits=limits)
    assert ran.end == "timeout"


async def test_memory_is_bounded(bench: Bench, language: str) -> None:
    # The scripts stay between the limit and what the process itself is refused, until the watch has looked.
    limits = Limits(wall_seconds=300, memory_bytes=200 * 1024**2)
    ran = await bench.run(language, SCRIPTS[language]["hog"], limits=limits)
    assert ran.end == "memory", ran.result
    assert "more than 200 MB of memory" in ran.result["message"]


async def test_the_number_of_processes_is_bounded(bench: Bench, language: str) -> None:
    limits = Limits(wall_seconds=300, processes=60)
    ran = await bench.run(language, SCRIPTS[language]["bomb"], limits=limits)
    assert ran.end == "killed"
    assert "more than 60 processes" in ran.result["message"]


async def test_a_daemon_does_not_keep_the_job_open(bench: Bench, language: str) -> None:
    ran = await bench.run(language, SCRIPTS[language]["daemon"])
    assert (ran.end, ran.result) == ("success", "done")


async def test_any_bytes_may_be_printed(bench: Bench, language: str) -> None:
    ran = await bench.run(language, SCRIPTS[language]["noise"])
    assert (ran.end, ran.result) == ("success", "done")
    assert ran.log.printed.startswith(b"\xff\x00\xfe\n")


async def test_the_next_job_finds_nothing_of_the_last(bench: Bench, language: str) -> None:
    # Where the checkout lies below /tmp, the way to its interpreter shows there, empty and read-only.
    at_first = await bench.run(language, SCRIPTS[language]["look"])
    for _ in range(6):  # more than there are slots
        left = await bench.run(language, SCRIPTS[language]["leave"])
        assert left.result == "done"
        seen = await bench.run(language, SCRIPTS[language]["look"])
        assert (seen.end, seen.result) == ("success", at_first.result), seen.result


async def test_parallel_jobs_do_not_see_each_other(bench: Bench, language: str) -> None:
    request, waiting = bench.request(SCRIPTS[language]["sleep"])
    task = asyncio.create_task(bench.runtime.run(language, request))
    await until_said(b"asleep", waiting, task)
    seen = await bench.run(language, SCRIPTS[language]["processes"])
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert seen.result == "2"


async def test_a_job_knows_where_it_is(bench: Bench, language: str) -> None:
    ran = await bench.run(language, SCRIPTS[language]["where"])
    assert ran.result == "/job main"


async def test_stream_lines_leave_the_log(bench: Bench, language: str) -> None:
    ran = await bench.run(language, SCRIPTS[language]["stream"])
    assert ran.pieces == ["one\n", "two"]
    assert ran.outcome.streamed == "one\ntwo"
    assert ran.log.printed == b"log\n"


async def test_a_signal_is_named(bench: Bench, language: str) -> None:
    ran = await bench.run(language, SCRIPTS[language]["signal"])
    assert ran.end == "killed"
    assert "SIGKILL" in ran.result["message"]


async def test_a_result_beyond_the_limit_is_a_failure(bench: Bench, language: str) -> None:
    ran = await bench.run(language, SCRIPTS[language]["large"])
    assert ran.end == "result_too_large"
    assert str(LIMITS.result_bytes) in ran.result["message"]


async def test_cancelling_ends_the_processes_first(bench: Bench, language: str) -> None:
    request, ran = bench.request(SCRIPTS[language]["stubborn"])
    task = asyncio.create_task(bench.runtime.run(language, request))
    await until_said(b"asleep", ran, task)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_many_at_once(bench: Bench, language: str) -> None:
    texts = [f"text {number}" for number in range(25)]
    code = SCRIPTS[language]["echo"]
    runs = await asyncio.gather(*(bench.run(language, code, {"x": text}) for text in texts))
    assert [json.loads(ran.outcome.result) for ran in runs] == texts


async def test_an_unknown_language_is_an_outcome(bench: Bench, language: str) -> None:
    ran = await bench.run(f"not-{language}", "x")
    assert ran.end == "error"
    assert "does not know the language" in ran.result["message"]
