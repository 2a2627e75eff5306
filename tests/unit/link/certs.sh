#!/bin/sh
# certs.sh DIR — a CA, a relay named localhost, an agent acme/box and an empty
# CRL, for the tests of link. Prints nothing unless it fails.
set -eu
cd "$1"
umask 077

leaf() # name subject extensions...
{
	name=$1 subject=$2
	shift 2
	printf '%s\n' "$@" >"$name.ext"
	openssl req -newkey ed25519 -nodes -keyout "$name.key" -subj "$subject" \
	    -out "$name.csr" 2>openssl.log
	openssl x509 -req -in "$name.csr" -CA ca.pem -CAkey ca.key -days 30 \
	    -extfile "$name.ext" -out "$name.pem" 2>openssl.log
}

openssl req -x509 -newkey ed25519 -nodes -keyout ca.key -out ca.pem -days 30 \
    -subj "/CN=atlax test CA" -addext keyUsage=critical,keyCertSign,cRLSign \
    2>openssl.log
leaf relay "/CN=relay" "extendedKeyUsage=serverAuth" \
    "keyUsage=critical,digitalSignature" "subjectAltName=DNS:localhost"
leaf agent "/CN=acme" "extendedKeyUsage=clientAuth" \
    "keyUsage=critical,digitalSignature" "subjectAltName=URI:atlax://acme/box"
: >index.txt
echo 01 >crlnumber
cat >ca.conf <<END
[ca]
default_ca = d
[d]
database = $PWD/index.txt
crlnumber = $PWD/crlnumber
default_md = default
default_crl_days = 30
END
openssl ca -gencrl -config ca.conf -keyfile ca.key -cert ca.pem -out crl.pem \
    2>openssl.log
