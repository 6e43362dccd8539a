"""What people and machines read after a run: the HTML page and JUnit, functions of journal and summary."""
