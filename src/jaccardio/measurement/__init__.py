"""Measurements of an ECG, the statements that they make true or false, and findings defined by statements."""
