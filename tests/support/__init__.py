"""What several suites share: strict fakes of AWS and of the gateway, and a world that puts the real code on them."""
