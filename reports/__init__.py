"""What people and machines read after a run: the HTML report and JUnit, both functions of journal and summary."""
