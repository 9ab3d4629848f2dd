"""Files of the workspace and what steps of flows ask for, through the public clients inside of runs."""

import pytest
from platform_process import Platform

PYTHON = """
import io
import httpx
import wmill

def main(key: str):
    written = wmill.write_s3_file({"s3": key}, b"hello", content_type="text/plain")
    wmill.write_s3_file(f"s3:///{key}.copy", io.BufferedReader(io.BytesIO(b"x" * 300_000)))
    with wmill.load_s3_file_reader(f"s3:///{key}.copy") as file:
        length = len(file.read())
    public = httpx.get(wmill.get_presigned_s3_public_url({"s3": key})).text
    wmill.delete_s3_object({"s3": f"{key}.copy"})
    try:
        wmill.load_s3_file(f"s3:///{key}.copy")
        gone = False
    except httpx.HTTPStatusError as error:
        gone = error.response.status_code == 404
    named = wmill.write_s3_file(None, b"somewhere")["s3"]
    return [written["s3"], wmill.load_s3_file({"s3": key}).decode(), length, public, gone, bool(named)]
"""

TYPESCRIPT = """
import * as wmill from "windmill-client";

export async function main(key: string) {
  const written = await wmill.writeS3File({ s3: key }, "hello");
  await wmill.writeS3File({ s3: `${key}.copy` }, new Blob(["x".repeat(300_000)]));
  const length = (await wmill.loadS3File({ s3: `${key}.copy` }))!.length;
  const answer = await fetch(await wmill.getPresignedS3PublicUrl({ s3: key }));
  await wmill.deleteS3File({ s3: `${key}.copy` });
  const missing = wmill.loadS3File({ s3: `${key}.copy` });
  const gone = await missing.then(() => false, (error) => error.message.includes("404"));
  const named = (await wmill.writeS3File(undefined, "somewhere")).s3;
  const text = new TextDecoder().decode(await wmill.loadS3File({ s3: key }));
  return [written.s3, text, length, await answer.text(), gone, Boolean(named)];
}
"""

STEP = """
import wmill

def main():
    wmill.set_flow_user_state("seen", {"n": 1})
    return [wmill.get_flow_user_state("seen"), sorted(wmill.get_resume_urls("ann")), wmill.cancel_running()]
"""


@pytest.mark.parametrize(
    ("language", "code"),
    [("python3", PYTHON), ("bun", TYPESCRIPT), ("deno", TYPESCRIPT), ("bunnative", TYPESCRIPT)],
)
def test_scripts_write_and_read_files(platform: Platform, language: str, code: str) -> None:
    path = f"u/admin/files_{language}"
    platform.deploy(path, code, language=language)
    key = f"clients/{language}/a file.txt"
    assert platform.run(path, {"key": key}) == [key, "hello", 300_000, "hello", True, True]


def test_a_step_of_a_flow_without_a_path_does_not_cancel_its_own_flow(platform: Platform) -> None:
    step = {"type": "rawscript", "language": "python3", "content": STEP, "input_transforms": {}}
    flow = {"value": {"modules": [{"id": "a", "value": step}]}, "args": {}}
    job = platform.wait_for(platform.post("jobs/run/preview_flow", flow).text)
    assert job["result"] == [{"n": 1}, ["approvalPage", "cancel", "resume"], {}]
