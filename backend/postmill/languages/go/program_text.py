"""The files that a Go script is compiled from. Pure.

The script is a package of its own; beside it lies a file that finds its entry function by reflection, so that no
type of its parameters has to be named, and in the folder above the program that reads arguments and writes the result.
"""

import hashlib
import json
import re

from postmill.signatures.go import infer_go
from postmill.signatures.go_modules import as_package

MODULE = "mymod"
SCRIPT = "inner/main.go"
SUMS_MARK = "//go.sum"

_MAIN = """package main

import (
	"encoding/json"
	"fmt"
	"os"

	"mymod/inner"
)

func main() {
	text, err := os.ReadFile("args.json")
	fail(err)
	var args map[string]json.RawMessage
	fail(json.Unmarshal(text, &args))
	result, err := inner.PostmillRun(args)
	fail(err)
	text, err = json.Marshal(result)
	fail(err)
	fail(os.WriteFile("result.json", text, 0o600))
}

func fail(err error) {
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
}
"""

_ENTRY = """package inner

import (
	"encoding/json"
	"fmt"
	"reflect"
)

// PostmillRun calls the script's function with the arguments of these names.
func PostmillRun(given map[string]json.RawMessage) (any, error) {
	names := []string{NAMES}
	function := reflect.ValueOf(FUNCTION)
	values := make([]reflect.Value, len(names))
	for i, name := range names {
		value := reflect.New(function.Type().In(i))
		if text, ok := given[name]; ok {
			if err := json.Unmarshal(text, value.Interface()); err != nil {
				return nil, fmt.Errorf("argument %s: %w", name, err)
			}
		}
		values[i] = value.Elem()
	}
	var answers []reflect.Value
	if function.Type().IsVariadic() {
		answers = function.CallSlice(values)
	} else {
		answers = function.Call(values)
	}
	if n := len(answers); n > 0 && answers[n-1].Type() == reflect.TypeOf((*error)(nil)).Elem() {
		if err, failed := answers[n-1].Interface().(error); failed {
			return nil, err
		}
		answers = answers[:n-1]
	}
	if len(answers) == 0 {
		return nil, nil
	}
	return answers[0].Interface(), nil
}
"""

FORM = hashlib.sha256((_MAIN + _ENTRY).encode()).hexdigest()
"""Changes whenever the files around the script do."""


def program_files(code: str, entrypoint: str, go_mod: str, go_sum: str) -> dict[str, str]:
    """Content by path. Raises InvalidSignature for code whose parameters cannot be read."""
    names = ", ".join(json.dumps(arg.name, ensure_ascii=False) for arg in infer_go(code, entrypoint).args)
    return {
        "go.mod": go_mod,
        "go.sum": go_sum,
        "main.go": _MAIN,
        SCRIPT: as_package(code),
        "inner/postmill_run.go": _ENTRY.replace("NAMES", names).replace("FUNCTION", entrypoint),
    }


def go_mod_text(language: str, required: tuple[tuple[str, str], ...] = ()) -> str:
    """A ``go.mod`` for a version of the language (``1.26``)."""
    lines = [f"module {MODULE}", "", f"go {language}"]
    lines += (
        ["", "require (", *(f"\t{module} {version}" for module, version in required), ")"] if required else []
    )
    return "\n".join(lines) + "\n"


def lock_text(go_mod: str, go_sum: str) -> str:
    """The lock of a script: both files, with a mark between them."""
    return f"{go_mod.rstrip()}\n{SUMS_MARK}\n{go_sum}"


def split_lock(lock: str) -> tuple[str, str]:
    """``go.mod`` and ``go.sum`` of a lock; what comes without sums has an empty second part."""
    go_mod, _, go_sum = lock.replace("\r\n", "\n").partition(f"\n{SUMS_MARK}")
    return go_mod.rstrip() + "\n", go_sum.lstrip("\n")


def required_modules(lock: str) -> int:
    """How many modules a lock names, those that others need among them."""
    return len(re.findall(r"^\s*(?:require\s+)?[^\s/]+\.\S+\s+v\d", split_lock(lock)[0], re.MULTILINE))


def users_words(output: str) -> str:
    """What the compiler printed, without the lines that name our own packages."""
    lines = [line for line in output.splitlines() if not re.fullmatch(r"# mymod(/inner)?", line.strip())]
    return "\n".join(lines)
