"""The flows that the programs of the client tests run."""

from typing import Any

from platform_process import Platform

GREET: dict[str, Any] = {
    "path": "u/admin/greet",
    "summary": "Greet",
    "description": "",
    "value": {
        "modules": [
            {
                "id": "a",
                "value": {
                    "type": "rawscript",
                    "language": "python3",
                    "content": "def main(name: str):\n    return f'hello {name}'\n",
                    "input_transforms": {"name": {"type": "javascript", "expr": "flow_input.name"}},
                },
            },
            {
                "id": "b",
                "value": {
                    "type": "script",
                    "path": "u/admin/upper",
                    "input_transforms": {"text": {"type": "javascript", "expr": "results.a"}},
                },
            },
        ]
    },
    "schema": {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "type": "object",
        "properties": {"name": {"type": "string"}},
        "required": ["name"],
    },
}

ASK: dict[str, Any] = {
    "path": "u/admin/ask",
    "summary": "Ask",
    "description": "",
    "value": {
        "modules": [
            {
                "id": "a",
                "suspend": {"required_events": 1, "timeout": 600},
                "value": {
                    "type": "rawscript",
                    "language": "python3",
                    "content": "import wmill\n\ndef main():\n    return wmill.get_resume_urls('ann')\n",
                    "input_transforms": {},
                },
            },
            {
                "id": "b",
                "value": {
                    "type": "rawscript",
                    "language": "python3",
                    "content": "def main(answer, approvers):\n    return [answer, approvers]\n",
                    "input_transforms": {
                        "answer": {"type": "javascript", "expr": "resume"},
                        "approvers": {"type": "javascript", "expr": "approvers"},
                    },
                },
            },
        ]
    },
}


def deploy_flows(platform: Platform) -> None:
    platform.deploy("u/admin/upper", "def main(text: str):\n    return text.upper()\n")
    for flow in (GREET, ASK):
        platform.post("flows/create", flow)
