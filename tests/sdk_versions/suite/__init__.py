"""The contract suite: drives one version of the vendor's SDK, sync and async, through everything in scope.

It runs as a program under the interpreter of that version's own environment, so nothing that it imports
may need more than the standard library and what the SDK brings.
"""
