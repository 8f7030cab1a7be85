#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# certificates.sh DIR: what tests of TLS need, by openssl: a CA, ca.pem; signed by it here.pem, for
# 127.0.0.1 and localhost, and elsewhere.pem, for another host; client.pem, which names the user ci;
# other-ca.pem, which signed nothing. NAME.key is the key of each. Silent where all goes well.
set -e
cd "$1"

make() { # NAME CN [more of `openssl req`]
  name="$1" cn="$2"
  shift 2
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj "/CN=$cn" \
    -keyout "$name.key" -out "$name.pem" "$@" 2>openssl.log || { cat openssl.log >&2; exit 1; }
}

signed() {
  make "$@" -CA ca.pem -CAkey ca.key -addext basicConstraints=critical,CA:FALSE
}

make ca "the CA of a test" -addext keyUsage=critical,keyCertSign
make other-ca "another CA" -addext keyUsage=critical,keyCertSign
signed here here -addext "subjectAltName=IP:127.0.0.1,DNS:localhost"
signed elsewhere elsewhere -addext "subjectAltName=DNS:elsewhere.example"
signed client ci
