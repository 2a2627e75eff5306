"""holdskey.py FILE KEY...: is any of these private keys in FILE: the secret as bytes,
as digits, in base64 at any offset, or the line of the PEM file? Exit status 0: yes."""
import base64
import sys

data = open(sys.argv[1], "rb").read()
for name in sys.argv[2:]:
    pem = open(name).read().split("-----")[2].strip()
    secret = base64.b64decode(pem)[-32:]
    forms = [secret, secret.hex().encode(), secret.hex().upper().encode(), pem.encode()]
    for shift in range(3):
        forms.append(base64.b64encode(bytes(shift) + secret)[4:40])
    if any(f in data for f in forms):
        sys.exit(0)
sys.exit(1)
