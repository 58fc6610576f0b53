# Print the checksum of a file, and compare it with an expected one.
import hashlib
import sys

if len(sys.argv) < 2:
    print("usage: checksum.py FILE [ALGORITHM] [EXPECTED]", file=sys.stderr)
    sys.exit(2)

input_file = sys.argv[1]
algorithm = sys.argv[2] if len(sys.argv) > 2 else "sha256"
expected = sys.argv[3] if len(sys.argv) > 3 else None

if algorithm not in hashlib.algorithms_available:
    print(f"unknown algorithm {algorithm}; known are {', '.join(sorted(hashlib.algorithms_guaranteed))}", file=sys.stderr)
    sys.exit(2)


def checksum(path, name):
    state = hashlib.new(name)
    size = 0
    with open(path, "rb") as handle:
        for block in iter(lambda: handle.read(1 << 16), b""):
            state.update(block)
            size += len(block)
    return state.hexdigest(), size


found, size = checksum(input_file, algorithm)
print(f"{algorithm} {found} {size} bytes")

if expected is not None:
    if found.lower() == expected.lower():
        print("OK")
    else:
        print("DIFFERENT", file=sys.stderr)
        sys.exit(1)
