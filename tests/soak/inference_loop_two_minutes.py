"""The inference loop under two minutes of load, as the project promises it: run by `test_soak.py`."""

from scenarios.inference_loop import inference_loop

scenario = inference_loop(rps=50, seconds=120, workers=6)
