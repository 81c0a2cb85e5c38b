print("PICKED-UP conftest.py")
