"""Speed, memory and worth of what riskcode does, measured: ``python -m benchmarks NAME``."""
