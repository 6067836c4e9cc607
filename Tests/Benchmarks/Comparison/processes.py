"""A program that is measured or needed for it, with all of its processes."""
import ctypes
import glob
import re
import select
import signal
import subprocess
import time

PATIENCE = 10  # seconds for anything that takes milliseconds
running = []
libc = ctypes.CDLL(None)


class Failure(Exception):
    """What ends the comparison, in words."""


class Program:
    def __init__(self, command, environment, log):
        self.command, self.log = command, log
        self.started = time.monotonic()
        with open(log, "w") as errors:
            self.process = subprocess.Popen(
                command, env=environment, stdout=subprocess.PIPE, stderr=errors)
        running.append(self)

    def lines(self, count):
        """The first lines of its output, which says no more for now."""
        text = b""
        while text.count(b"\n") < count:
            left = self.started + PATIENCE - time.monotonic()
            if left <= 0 or not select.select([self.process.stdout], [], [], left)[0]:
                raise Failure(f"{self.command[0]} did not start in {PATIENCE} s")
            piece = self.process.stdout.read1()
            if not piece:
                with open(self.log) as errors:
                    raise Failure(f"{self.command[0]} ended: {errors.read()[-500:]}")
            text += piece
        return text.decode().splitlines()

    def pids(self):
        found = [self.process.pid]
        for path in glob.glob(f"/proc/{self.process.pid}/task/*/children"):
            with open(path) as children:
                found += map(int, children.read().split())
        return found

    def cpu_seconds(self):
        """User and kernel time of all processes, to the nanosecond; /proc/PID/stat has ticks of 10 ms."""
        clock, total = ctypes.c_int(), 0
        for pid in self.pids():
            if libc.clock_getcpuclockid(pid, ctypes.byref(clock)) != 0:
                raise Failure(f"{self.command[0]} has ended")
            total += time.clock_gettime(clock.value)
        return total

    def memory_kib(self, field):
        """`VmRSS`, what is resident now, or `VmHWM`, the most that was. Pages that processes share count for each."""
        total = 0
        for pid in self.pids():
            with open(f"/proc/{pid}/status") as status:
                total += int(re.search(rf"^{field}:\s+(\d+) kB", status.read(), re.MULTILINE)[1])
        return total

    def settled_kib(self):
        """What is resident once that has not changed for a while: workers may still be starting."""
        before, deadline = None, time.monotonic() + 2
        while (now := self.memory_kib("VmRSS")) != before and time.monotonic() < deadline:
            before = now
            time.sleep(0.15)
        return now

    def stop(self):
        running.remove(self)
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.process.stdout.close()


def stop_all():
    for program in running[::-1]:
        program.stop()
