"""Makes a version folder signed by the official OpenSSF tool, which the registry has to accept.

    pip install model-signing==1.1.1 pyopenssl
    python3 make_signature.py

The private key is made here and thrown away. Signing again gives another signature of the same content.
"""

import hashlib
import pathlib
import subprocess
import sys
import tempfile

here = pathlib.Path(__file__).parent
version = here / "models" / "fraud" / "1"
(version / "plots").mkdir(parents=True, exist_ok=True)
files = {
    "model.json": b'{"kind":"sample"}\n',
    "plots/curve.svg": b"<svg/>\n",
    "plots-extra.txt": b"sorts before plots/ by bytes, after it by folders\n",
}
for path, content in files.items():
    (version / path).write_bytes(content)
sums = "".join(
    f"{hashlib.sha256(files[path]).hexdigest()}  {path}\n" for path in sorted(files, key=str.encode)
)
(version / "SHA256SUMS").write_text(sums)

with tempfile.TemporaryDirectory() as folder:
    key = f"{folder}/key.pem"
    subprocess.run(
        ["openssl", "ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", key], check=True
    )
    subprocess.run(
        ["openssl", "ec", "-in", key, "-pubout", "-out", str(here / "public.pem")], check=True
    )
    subprocess.run(
        [
            sys.executable, "-m", "model_signing", "sign", "key", str(version),
            "--private_key", key, "--signature", str(version) + ".sig",
        ],
        check=True,
    )
