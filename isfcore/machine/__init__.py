"""The computer beneath the method: devices, threads, processes, seeds, files, and what code ran on which machine."""
