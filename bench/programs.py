"""The programs that are measured, how they are set up, and how each is started."""

import json
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).parent
ENVIRONMENT = HERE / ".venv"
PYTHON = ENVIRONMENT / "bin" / "python"
FLOOR = "floor"
LOTE = "Lote"
PACKAGES = {"pyvips": "pyvips", "OpenCV": "opencv-python-headless", FLOOR: "simplejpeg"}


@dataclass
class Program:
    name: str
    version: str
    # What comes before the arguments that all peers have in common (peers/job.py); for Lote, the
    # program itself.
    command: list

    def arguments(self, folder, filters, output, jobs, quality):
        common = ["--jobs", str(jobs), "--quality", str(quality), "--output", str(output)]
        if self.name != LOTE:
            return [*self.command, *common, str(folder), *filters]
        chains = [word for name in filters for word in ("--filter", f"{name}={name}")]
        return [*self.command, "run", "--quiet", *common, *chains, str(folder)]


def _output(*command):
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        # The last line says it as a rule: of pip, of a Python traceback, of npm.
        reason = (done.stderr or done.stdout).strip().splitlines()[-1:]
        raise RuntimeError(reason[0] if reason else f"exit code {done.returncode}")
    return done.stdout


def _install_python_packages():
    """Returns what could not be installed, and why."""
    requirements = HERE / "requirements.txt"
    installed = ENVIRONMENT / "installed.txt"
    if installed.is_file() and installed.read_text() == requirements.read_text():
        return {}
    if not PYTHON.is_file():
        _output(sys.executable, "-m", "venv", str(ENVIRONMENT))
    failed = {}
    for requirement in requirements.read_text().split():
        try:
            _output(str(PYTHON), "-m", "pip", "install", "--quiet", requirement)
        except RuntimeError as error:
            failed[requirement.split("=")[0].split("[")[0]] = str(error)
    if not failed:
        shutil.copyfile(requirements, installed)
    return failed


def _python_peer(name, file, module, version):
    code = f"import {module}; print({version})"
    found = _output(str(PYTHON), "-c", code).strip()
    return Program(name, found, [str(PYTHON), str(HERE / "peers" / file)])


def _sharp():
    if not shutil.which("node") or not shutil.which("npm"):
        raise RuntimeError("node and npm are not on the PATH")
    wanted = json.loads((HERE / "package.json").read_text())["dependencies"]["sharp"]
    installed = HERE / "node_modules" / "sharp" / "package.json"
    if not installed.is_file() or json.loads(installed.read_text())["version"] != wanted:
        quiet = ("--no-audit", "--no-fund", "--no-package-lock", "--loglevel=error")
        _output("npm", "install", "--prefix", str(HERE), *quiet)
    return Program("sharp", wanted, ["node", str(HERE / "peers" / "sharp_peer.mjs")])


def _imagemagick():
    program = shutil.which("magick") or shutil.which("convert")
    if not program:
        raise RuntimeError("neither magick nor convert is on the PATH")
    # There are other programs of the name "convert".
    version = _output(program, "-version").split()
    if version[:2] != ["Version:", "ImageMagick"]:
        raise RuntimeError(f"{program} is not ImageMagick")
    peer = [str(PYTHON), str(HERE / "peers" / "imagemagick_peer.py")]
    return Program("ImageMagick", version[2], peer)


def _lote(path):
    return Program(LOTE, _output(str(path), "--version").split()[-1], [str(path.resolve())])


def set_up(lote, with_origin):
    """Returns the programs, Lote first, and those left out with the reason."""
    failed = _install_python_packages()
    for needed in ("numpy", "pillow"):
        if needed in failed:
            raise RuntimeError(f"{needed}, which verifies results, is missing: {failed[needed]}")
    makers = {
        "Pillow": lambda: _python_peer("Pillow", "pillow_peer.py", "PIL", "PIL.__version__"),
        "pyvips": lambda: _python_peer(
            "pyvips", "vips_peer.py", "pyvips",
            "pyvips.__version__, 'with libvips', '.'.join(str(pyvips.version(i)) for i in range(3))",
        ),
        "OpenCV": lambda: _python_peer("OpenCV", "opencv_peer.py", "cv2", "cv2.__version__"),
        "sharp": _sharp,
        "ImageMagick": _imagemagick,
        FLOOR: lambda: _python_peer(
            FLOOR, "floor_peer.py", "simplejpeg, importlib.metadata",
            "'simplejpeg', importlib.metadata.version('simplejpeg')",
        ),
    }  # fmt: skip
    if with_origin:
        makers["origin"] = lambda: _python_peer(
            "origin", "origin_peer.py", "PIL", "'its way, with Pillow', PIL.__version__"
        )
    programs, left_out = [_lote(lote)], {}
    for name, make in makers.items():
        try:
            programs.append(make())
        except (RuntimeError, OSError) as error:
            left_out[name] = failed.get(PACKAGES.get(name), str(error))
    return programs, left_out
