"""Verifies an exported audit log with nothing but Python's standard library and, for the signature, openssl.

Usage: verify_export.py DIRECTORY VERIFIER_KEY

Entries that retention removed have no file; a later entry, the tombstone, must say so, and their hashes must lead to the
signed root like all others.

Formats: RFC 6962 (tree), C2SP tlog-tiles (layout), tlog-checkpoint and signed-note (head).
"""

import base64
import hashlib
import json
import pathlib
import shutil
import subprocess
import sys
import tempfile


def fail(sentence):
    print(sentence)
    sys.exit(1)


def leaf_hash(entry):
    return hashlib.sha256(b"\x00" + entry).digest()


def node_hash(left, right):
    return hashlib.sha256(b"\x01" + left + right).digest()


def tree_root(hashes):
    if not hashes:
        return hashlib.sha256(b"").digest()
    while len(hashes) > 1:
        paired = [node_hash(a, b) for a, b in zip(hashes[::2], hashes[1::2])]
        hashes = paired + hashes[len(paired) * 2:]
    return hashes[0]


def tile_name(number, width):
    text = f"{number % 1000:03}"
    while number >= 1000:
        number //= 1000
        text = f"x{number % 1000:03}/{text}"
    return text if width == 256 else f"{text}.p/{width}"


def check_signature(note, verifier_key):
    name, key_id, key = verifier_key.split("+", 2)
    public = base64.b64decode(key)
    assert public[0] == 1, "not an Ed25519 key"
    assert hashlib.sha256(name.encode() + b"\n" + public).digest()[:4].hex() == key_id, "the key does not fit its id"
    text, signatures = note.rsplit("\n\n", 1)
    text += "\n"
    for line in signatures.splitlines():
        dash, signer, signature = line.split(" ")
        raw = base64.b64decode(signature)
        if dash == "\u2014" and signer == name and raw[:4].hex() == key_id:
            if shutil.which("openssl"):
                with tempfile.TemporaryDirectory() as place:
                    place = pathlib.Path(place)
                    # SubjectPublicKeyInfo of RFC 8410: a fixed beginning and the 32 bytes of the key.
                    (place / "key").write_bytes(bytes.fromhex("302a300506032b6570032100") + public[1:])
                    (place / "text").write_text(text, encoding="utf-8")
                    (place / "signature").write_bytes(raw[4:])
                    done = subprocess.run(
                        ["openssl", "pkeyutl", "-verify", "-pubin", "-keyform", "DER", "-inkey", place / "key", "-rawin",
                         "-in", place / "text", "-sigfile", place / "signature"], capture_output=True, check=False)
                    if done.returncode != 0:
                        fail("the signature of the checkpoint is wrong")
            return text
    fail("the checkpoint is not signed with this key")


def main():
    root, verifier_key = pathlib.Path(sys.argv[1]), sys.argv[2]
    note = (root / "checkpoint").read_text(encoding="utf-8")
    origin, size, signed_root = check_signature(note, verifier_key).splitlines()[:3]
    assert origin == verifier_key.split("+")[0], "the checkpoint is of another log"
    size, index, hashes = int(size), 0, []
    gone, allowed = 0, 0
    for number in range((size + 255) // 256):
        width = min(256, size - number * 256)
        tile = (root / "tile/0" / tile_name(number, width)).read_bytes()
        entries = root / "tile/entries" / tile_name(number, width)
        if not entries.exists() and width == 256 and len(tile) == 256 * 32:
            hashes += [tile[at:at + 32] for at in range(0, len(tile), 32)]
            index += width
            gone = index
            continue
        bundle = entries.read_bytes()
        at = 0
        for place in range(width):
            length = int.from_bytes(bundle[at:at + 2], "big")
            entry = bundle[at + 2:at + 2 + length]
            found = leaf_hash(entry)
            at += 2 + length
            if entry.startswith(b'{"action":"audit.tombstone"'):
                event = json.loads(entry)
                to = event["details"].get("to", 0)
                if event["actor"]["kind"] == "system" and event["outcome"] == "done" and to <= index:
                    allowed = max(allowed, to)
            if found != tile[place * 32:place * 32 + 32] or at > len(bundle):
                fail(f"entry {index} is wrong")
            hashes.append(found)
            index += 1
    if gone > allowed:
        fail(f"entries before {gone} are missing, and tombstones speak of those before {allowed} only")
    # Perfect subtrees of equal height pair up from the left; what is left over joins from the right.
    if tree_root(hashes) != base64.b64decode(signed_root):
        fail("the root is not the signed one")
    print("ok", size, tree_root(hashes).hex(), *([f"{gone} removed"] if gone else []))


main()
