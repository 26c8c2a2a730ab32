"""Times the tool as whole processes: how long commands take that talk to nobody, and what a package costs.

    cargo build --release -p zappa-rs-cli
    python3 cli/benches/commands.py target/release/zappa-rs
    python3 cli/benches/commands.py target/release/zappa-rs zappa chalice

Prints the median of 21 runs after one that is not counted, and the peak memory of the package command; of other tools that
are named, `--help` in the same run, as a ratio too.
"""

import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

RUNS = 21
STAGES = 20
BINARY = 10 * 1000 * 1000


def timed(command, folder):
    times = []
    for run in range(RUNS + 1):
        begun = time.perf_counter()
        subprocess.run(command, cwd=folder, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        if run:
            times.append(time.perf_counter() - begun)
    return statistics.median(times) * 1000


def project(folder):
    (folder / "src").mkdir()
    (folder / "src/main.rs").write_text("fn main() { zappa_rs::run() }\n")
    (folder / "Cargo.toml").write_text('[package]\nname = "app"\nversion = "0.1.0"\nedition = "2024"\n\n[workspace]\n')
    stages = [
        f'[stage.s{number}]\nextends = "base"\nenvironment = {{ NUMBER = "{number}" }}\n' for number in range(STAGES - 1)
    ]
    base = (
        '[stage.base]\naws_region = "eu-west-1"\narchitecture = "x86_64"\nbuilder = "cargo"\n'
        'keep_warm = 2\npermissions = [{ actions = ["s3:GetObject"], resources = ["*"] }]\n'
    )
    (folder / "zappa_settings.toml").write_text('[project]\nname = "app"\n' + base + "".join(stages))


def binary(tool, folder):
    """A small program, filled up to size with code behind its end."""
    path = folder / "target/x86_64-unknown-linux-gnu/release/app"
    path.parent.mkdir(parents=True)
    source = folder / "small.rs"
    source.write_text("fn main() {}\n")
    subprocess.run(["rustc", "-O", "-o", path, source], check=True)
    program = path.read_bytes()
    code = tool.read_bytes()
    filling = code * (BINARY // len(code) + 1)
    path.write_bytes(program + filling[: BINARY - len(program)])
    path.chmod(0o755)


def main():
    tool = pathlib.Path(sys.argv[1]).resolve()
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        project(folder)
        help_time = timed([tool, "--help"], folder)
        print(f"--help                      {help_time:7.1f} ms")
        for other in sys.argv[2:]:
            time_of_other = timed([other, "--help"], folder)
            print(f"  of {pathlib.Path(other).name:22} {time_of_other:7.1f} ms  {time_of_other / help_time:.0f} times as long")
        print(f"check, {STAGES} stages            {timed([tool, 'check'], folder):7.1f} ms")
        binary(tool, folder)
        package = [tool, "package", "base", "--no-build"]
        print(f"package, {BINARY // 1000 // 1000} MB binary       {timed(package, folder):7.1f} ms")
        metadata = ["cargo", "metadata", "--no-deps", "--format-version", "1"]
        print(f"  of which cargo metadata   {timed(metadata, folder):7.1f} ms")
        # In a process of its own, whose children are these alone; cargo is one of them.
        subprocess.run([sys.executable, "-c", PEAK, str(tool), name], check=True)


PEAK = """
import resource, subprocess, sys
subprocess.run([sys.argv[1], 'package', 'base', '--no-build'], cwd=sys.argv[2], check=True, capture_output=True)
print(f"  peak memory               {resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024:7.1f} MB")
"""

if __name__ == "__main__":
    main()
