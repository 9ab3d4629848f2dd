"""npm in the frontend, with the Node.js of the environment; installs the locked packages first when they changed."""

import sys
from pathlib import Path

from web_build import WebBuild, WebBuildFailed


def main(arguments: list[str]) -> int:
    web = WebBuild(Path(__file__).resolve().parent.parent)
    try:
        web.install_packages()
    except WebBuildFailed as error:
        print(error, file=sys.stderr)
        return 1
    return web.npm_status(*arguments)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
